-- The few functions that differ between SQL engines; everything else keeps to standard SQL.

-- An IPv4 address that an IPv6 socket calls ::ffff:a.b.c.d, as a.b.c.d; other addresses as they are.
CREATE MACRO plain_address(address) AS CASE WHEN address LIKE '::ffff:%.%' THEN substr(address, 8) ELSE address END;

-- Nanoseconds since 1970 as a UTC timestamp.
CREATE MACRO timestamp_of_ns(ns) AS make_timestamp_ns(ns);

-- The 64-bit number nearest to `middle` that is `number` modulo 2^32, counted from `zero`. See _connections.sql.
CREATE MACRO unwrapped(number, zero, middle) AS
  ((number::BIGINT - middle + 2147483648) & 4294967295) + (middle - zero - 2147483648);

-- Median, 95th and 99th percentile of a group's values, interpolated between neighbours (percentile_cont), as a list: one pass.
CREATE MACRO quantiles_of(value) AS quantile_cont(value, [0.5, 0.95, 0.99]);

-- The words of _steps.held_by; plain text where an engine has no enumerations.
CREATE TYPE held_by AS ENUM ('recovery', 'cwnd', 'rwnd', 'pacing', 'application', 'idle');

-- The quotient of two whole numbers without its fraction; NULL where the divisor is 0.
CREATE MACRO whole_quotient(number, divisor) AS number // divisor;
