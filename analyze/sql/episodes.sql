-- Maximal runs of one congestion state, per connection.
-- needs: intervals, _connections, captures, losses
-- capture      USMALLINT  file
-- flow         UINTEGER   connection
-- episode      BIGINT     number of the run on its connection, from 1
-- ca_state     VARCHAR    Open | Disorder | CWR | Recovery | Loss
-- start_s      DOUBLE     seconds since the capture began: when the packet or timer was handled that changed the
--                         state; for the first run, the connection's first record, or from when on its state is known.
--                         Not before that moment where the capture left out records
-- duration_s   DOUBLE     seconds; NULL where the trace ends inside the run without the connection's end, and where
--                         the capture left out records, as all that follows
-- retransmits  BIGINT     segments retransmitted in it; NULL where the source does not count them
-- cwnd_before  UINTEGER   congestion window before the change that began it, as the record before tells it, packets;
--                         NULL for the first run and where none told it
-- cwnd_end     UINTEGER   the last in it; NULL likewise
-- ssthresh_before  UINTEGER  slow-start threshold before that change, likewise
-- undone       BOOLEAN    of Recovery and Loss: the kernel took its reaction back (tcp_undo_cwnd_reduction), so
--                         nothing had been lost: threshold and window were no lower behind it than before, of a
--                         connection whose recoveries lower them; or Recovery was left sooner than any round trip
--                         takes, so by an acknowledgement of what was sent first. NULL where that cannot be told, as
--                         of algorithms that never lower the threshold (BBR), and of other states
-- crosses_gap  BOOLEAN    records of the capture were lost inside it, so its numbers are approximate
-- at_least     VARCHAR    the columns, separated by commas, whose number is the least that it can be: also of a run
--                         that can have begun before the capture
-- about        VARCHAR    those whose number is approximate
WITH
  changes AS (
    -- With what the record before each run told; a connection's first run has none.
    SELECT
      capture,
      flow,
      ca_state,
      ord,
      coalesce(since_s, t) AS changed_s,
      previous_cwnd AS cwnd_before,
      previous_ssthresh AS ssthresh_before,
      snd_cwnd AS cwnd_behind,
      ssthresh AS ssthresh_behind,
      CASE
        WHEN since_s IS NULL THEN retrans
        ELSE previous_retrans
      END AS retrans_before
    FROM
      intervals
    WHERE
      ca_state IS NOT NULL
      AND (
        previous_ca_state IS NULL
        OR ca_state <> previous_ca_state
      )
  ),
  lowered AS (
    -- Whether the connection's recoveries lower the threshold, and its smallest RTT.
    SELECT
      capture,
      flow,
      count(
        CASE
          WHEN lowers_window THEN 1
        END
      ) * 2 > count(lowers_window) AS lowering,
      min(coalesce(rtt_sample_us, srtt_us)) AS shortest_us
    FROM
      intervals
    GROUP BY
      capture,
      flow
  ),
  runs AS (
    SELECT
      changes.capture,
      changes.flow,
      ca_state,
      changed_s AS start_s,
      lives_to_s AS last_s,
      sampled,
      sees_timers,
      has_start,
      cwnd_before,
      ssthresh_before,
      lead(cwnd_behind) OVER so_far AS cwnd_behind,
      lead(ssthresh_behind) OVER so_far AS ssthresh_behind,
      lead(ca_state) OVER so_far AS next_state,
      lowering,
      -- The shortest round trip is known of a connection that was seen from its beginning.
      has_start
      AND lead(changed_s) OVER so_far - changed_s < shortest_us / 1e6 AS too_short,
      row_number() OVER so_far AS episode,
      coalesce(lead(changed_s) OVER so_far, done_s) AS end_s,
      rise_of(coalesce(lead(retrans_before) OVER so_far, retrans), retrans_before) AS retransmits,
      CASE
        WHEN lead(changed_s) OVER so_far IS NULL THEN last_cwnd
        ELSE lead(cwnd_before) OVER so_far
      END AS cwnd_end
    FROM
      changes
      JOIN _connections ON _connections.capture = changes.capture
      AND _connections.flow = changes.flow
      JOIN captures ON captures.capture = changes.capture
      LEFT JOIN lowered ON lowered.capture = changes.capture
      AND lowered.flow = changes.flow
    WINDOW
      so_far AS (
        PARTITION BY
          changes.capture,
          changes.flow
        ORDER BY
          ord
      )
  ),
  told AS (
    SELECT
      capture,
      flow,
      episode,
      ca_state,
      start_s,
      CASE
        WHEN NOT sampled THEN end_s - start_s
      END AS duration_s,
      CASE
        WHEN NOT sampled THEN retransmits::BIGINT
      END AS retransmits,
      CASE
        WHEN NOT sampled THEN cwnd_before
      END AS cwnd_before,
      CASE
        WHEN NOT sampled THEN cwnd_end
      END AS cwnd_end,
      CASE
        WHEN NOT sampled THEN ssthresh_before
      END AS ssthresh_before,
      CASE
        WHEN sampled THEN NULL
        WHEN ca_state = 'Recovery'
        AND next_state <> 'Loss'
        AND too_short THEN true
        WHEN ca_state IN ('Recovery', 'Loss')
        AND lowering
        -- The window's floor of 2 is what it was, too.
        AND cwnd_before > 2
        AND next_state NOT IN ('Recovery', 'Loss') THEN cwnd_behind >= cwnd_before
        AND ssthresh_behind >= ssthresh_before
      END AS undone,
      EXISTS (
        SELECT
          1
        FROM
          losses
        WHERE
          losses.capture = runs.capture
          AND can_be_in(from_s, to_s, start_s, coalesce(end_s, last_s))
      ) AS crosses_gap,
      sampled,
      sees_timers,
      has_start,
      next_state
    FROM
      runs
  )
SELECT
  capture,
  flow,
  episode,
  ca_state,
  start_s,
  duration_s,
  retransmits,
  cwnd_before,
  cwnd_end,
  ssthresh_before,
  undone,
  crosses_gap,
  CASE
    WHEN sampled THEN 'start_s'
    WHEN episode = 1
    AND NOT has_start
    AND NOT crosses_gap THEN 'duration_s, retransmits'
    ELSE ''
  END AS at_least,
  concat_ws(
    ', ',
    CASE
      WHEN crosses_gap THEN 'start_s, duration_s, retransmits'
    END,
    -- Where nothing tells of the timer, these are of the segment before it.
    CASE
      WHEN crosses_gap
      OR (
        ca_state = 'Loss'
        AND NOT sees_timers
      ) THEN 'cwnd_before, ssthresh_before'
    END,
    CASE
      WHEN crosses_gap
      OR (
        next_state = 'Loss'
        AND NOT sees_timers
      ) THEN 'cwnd_end'
    END
  ) AS about
FROM
  told;
