-- The few functions that differ between SQL engines; everything else keeps to standard SQL.

-- An IPv4 address that an IPv6 socket calls ::ffff:a.b.c.d, as a.b.c.d; other addresses as they are.
CREATE MACRO plain_address(address) AS CASE WHEN address LIKE '::ffff:%.%' THEN substr(address, 8) ELSE address END;

-- Median, 95th and 99th percentile of a group's values, interpolated between neighbours (percentile_cont), as a list: one pass.
CREATE MACRO quantiles_of(value) AS quantile_cont(value, [0.5, 0.95, 0.99]);

-- The words of _steps.held_by; plain text where an engine has no enumerations.
CREATE TYPE held_by AS ENUM ('recovery', 'cwnd', 'rwnd', 'pacing', 'application', 'idle');

-- The quotient of two whole numbers without its fraction; NULL where the divisor is 0.
CREATE MACRO whole_quotient(number, divisor) AS number // divisor;

-- A sum that is the same whatever the order of its addends, which a sum of doubles is not: of billionths, in whole numbers.
CREATE MACRO exact_sum(value) AS sum((value * 1e9)::HUGEINT)::DOUBLE / 1e9;

-- Seconds as whole nanoseconds, for sums of many that are sums of the same; and back.
CREATE MACRO nanoseconds(seconds) AS (seconds * 1e9)::BIGINT;
CREATE MACRO seconds_of(nanoseconds) AS nanoseconds::DOUBLE / 1e9;

-- A mean of values that are whole multiples of 1/grain, each weighted by whole nanoseconds: exact, so of equal values it is that value.
CREATE MACRO mean_over_time(value, grain, held_ns) AS
  sum(round(value * grain)::HUGEINT * held_ns)::DOUBLE / nullif(grain * sum(CASE WHEN value IS NOT NULL THEN held_ns END)::DOUBLE, 0);

-- The number of windows in a stretch of time, if all stretches together (`total`) have so few that they can be worked on.
CREATE MACRO so_many_windows(number, total) AS CASE
  WHEN total > 10000000 THEN error('tcpprobe_plus: ' || total::HUGEINT || ' windows, at most 10000000')
  ELSE number
END;

-- The number of the window in which a moment lies.
CREATE MACRO window_of(moment_s, window_s) AS floor(moment_s / window_s)::BIGINT;
