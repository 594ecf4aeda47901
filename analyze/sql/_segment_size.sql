-- Size of a full segment of each connection, for sources that tell neither it nor the number of packets in flight.
-- What is sent in full segments is acknowledged in whole numbers of them, most of the time one or two (RFC 5681, 4.2),
-- so an advance of snd_una that is common, and whose double is too, is one segment. Where no two advances are such,
-- the commonest one is a whole number of segments, and the window tells of how many: the kernel lets it grow only when
-- that was what limited it (tcp_is_cwnd_limited), so then bytes in flight per packet of the window are about a
-- segment. Less than the kernel's smallest segment (TCP_MIN_SND_MSS, 48 bytes) is none.
-- needs: _byte_records
-- capture        USMALLINT file
-- flow           UINTEGER  connection; none of which no segment was acknowledged
-- segment_bytes  DOUBLE    estimate, bytes
WITH
  advances AS (
    SELECT
      capture,
      flow,
      snd_una - known_snd_una AS advance,
      count(*) AS times
    FROM
      _byte_records
    WHERE
      flow IS NOT NULL
      AND snd_una - known_snd_una >= 48
    GROUP BY
      capture,
      flow,
      snd_una - known_snd_una
  ),
  ranked AS (
    SELECT
      *,
      row_number() OVER (
        PARTITION BY
          capture,
          flow
        ORDER BY
          times DESC NULLS LAST,
          advance NULLS FIRST
      ) AS place
    FROM
      advances
  ),
  -- Of the four commonest advances, one and its double.
  pairs AS (
    SELECT
      one.capture,
      one.flow,
      one.advance,
      row_number() OVER (
        PARTITION BY
          one.capture,
          one.flow
        ORDER BY
          one.times + two.times DESC NULLS LAST,
          one.advance NULLS FIRST
      ) AS place
    FROM
      ranked AS one
      JOIN ranked AS two ON two.capture = one.capture
      AND two.flow = one.flow
      AND two.advance = 2 * one.advance
    WHERE
      one.place <= 4
      AND two.place <= 4
  ),
  full_windows AS (
    SELECT
      capture,
      flow,
      percentile_cont(0.75) WITHIN GROUP (
        ORDER BY
          (known_snd_nxt - known_snd_una)::DOUBLE / nullif(known_cwnd, 0)
      ) AS packet_bytes
    FROM
      _byte_records
    WHERE
      flow IS NOT NULL
      AND snd_cwnd > known_cwnd
      AND known_snd_nxt > known_snd_una
      AND (
        held_ca_state IS NULL
        OR held_ca_state = 'Open'
      )
    GROUP BY
      capture,
      flow
    HAVING
      count(*) >= 4
  ),
  sized AS (
    SELECT
      ranked.capture,
      ranked.flow,
      coalesce(
        pairs.advance,
        ranked.advance / nullif(greatest(round(ranked.advance / nullif(packet_bytes, 0)), 1), 0),
        ranked.advance
      )::DOUBLE AS segment_bytes
    FROM
      ranked
      LEFT JOIN pairs ON pairs.capture = ranked.capture
      AND pairs.flow = ranked.flow
      AND pairs.place = 1
      LEFT JOIN full_windows ON full_windows.capture = ranked.capture
      AND full_windows.flow = ranked.flow
    WHERE
      ranked.place = 1
  )
SELECT
  capture,
  flow,
  segment_bytes
FROM
  sized
WHERE
  segment_bytes >= 48;
