-- Congestion events: each time that a connection's congestion state became Recovery, Loss or CWR, in which the kernel
-- lowers the window. What was under way as the capture began has no row, nor has anything of a source that tells no
-- congestion states (captures.sees_ca_state).
-- needs: _trace, _connections, captures, episodes, rto_events, losses
-- capture          USMALLINT  file
-- flow             UINTEGER   connection
-- episode          BIGINT     number of the run of the state on its connection, as in `episodes`
-- t                DOUBLE     seconds since the capture began: when the packet or timer was handled that began it; of
--                             a source that leaves records out, and where crosses_gap, not before
-- cause            VARCHAR    'loss' (duplicate ACKs, SACKs or RACK told of it: Recovery), 'RTO' (Loss; rarely a peer
--                             that takes back what it SACKed), 'ECN' (CWR, at a segment with ECE), 'local queue' (CWR
--                             without such a segment: a queue of this host was full), 'congestion signal' (CWR, and
--                             the source cannot tell which)
-- state_before     VARCHAR    congestion state before it; NULL where records are lost or left out there, for what
--                             tracepoints tell first of a connection that had begun before the capture, and where a
--                             change that they tell can be lost since the last
-- cwnd_before      UINTEGER   congestion window, packets, as the kernel reacted; NULL where the record of that moment
--                             is lost, left out or not made (tracepoints tell none of the timer)
-- cwnd_after       UINTEGER   that of the first record of the state: 1 or a little more for RTO, else on its way down
--                             (proportional rate reduction); NULL where that record tells none
-- cwnd_end         UINTEGER   that of the first record behind the run; NULL likewise, and where there is none
-- ssthresh_before  UINTEGER   slow-start threshold, packets, NULL as cwnd_before; 2147483647: none yet
-- ssthresh_after   UINTEGER   what the algorithm made of it, packets, NULL as cwnd_after; 2147483647 likewise
-- beta             DOUBLE     ssthresh_after over cwnd_before: what the algorithm left of the window; NULL where one
--                             of them is not known, where the kernel did not set the threshold anew (in a reduction
--                             that was under way already; BBR never does), and where it cannot be told whether it did
-- recovery_s       DOUBLE     until the state was left, seconds; NULL where the trace ends before, and of a source
--                             that leaves records out
-- retransmits      BIGINT     segments retransmitted in it; NULL where the source does not count them, or likewise
-- srtt_before_us   DOUBLE     smoothed RTT that the connection told last before it, us; NULL before the first
--                             measurement
-- undone           BOOLEAN    as the state was left, the kernel took its reaction back: window and threshold were what
--                             they had been (of RTO: rto_events.spurious). An undo that comes later shows in neither.
--                             NULL where the trace does not show it, or an undo would not show
-- crosses_gap      BOOLEAN    records of the capture were lost inside it, so its times and counts are approximate
-- at_least         VARCHAR    the columns, separated by commas, whose number is the least that it can be
-- about            VARCHAR    those whose number is approximate
WITH
  states AS (
    SELECT
      _trace.capture,
      flow,
      ord,
      nanoseconds(t) AS t_ns,
      type,
      step_ns,
      before_ord,
      -- Of a source that tells changes, a record of one tells the state behind it.
      CASE
        WHEN counts_packets THEN coalesce(held_ca_state, ca_state)
        ELSE held_ca_state
      END AS ca_state,
      previous_ca_state AS state_before,
      snd_cwnd,
      ssthresh,
      snd_una
    FROM
      _trace
      JOIN captures ON captures.capture = _trace.capture
    WHERE
      flow IS NOT NULL
  ),
  -- The first record of each run.
  changes AS (
    SELECT
      *
    FROM
      states
    WHERE
      ca_state IS NOT NULL
      AND (
        state_before IS NULL
        OR ca_state <> state_before
      )
  ),
  runs AS (
    SELECT
      *,
      row_number() OVER in_order AS episode,
      lag(state_before) OVER in_order AS state_before_that,
      -- Its first record shows a state after the change: from the change on, another can be lost.
      lag(t_ns - coalesce(step_ns, 0)) OVER in_order AS changed_ns,
      lead(
        CASE
          WHEN type <> 'ca_state' THEN snd_cwnd
        END
      ) OVER in_order AS next_cwnd,
      lead(
        CASE
          WHEN type <> 'ca_state' THEN ssthresh
        END
      ) OVER in_order AS next_ssthresh
    FROM
      changes
    WINDOW
      in_order AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          ord
      )
  ),
  events AS (
    SELECT
      runs.*,
      -- A record shows what was held since the one before, which is of the packet, or of the change itself.
      t_ns - step_ns AS begin_ns,
      tells_samples,
      counts_packets,
      sampled
    FROM
      runs
      JOIN captures ON captures.capture = runs.capture
    WHERE
      ca_state IN ('Recovery', 'Loss', 'CWR')
      -- What a connection's first record shows had begun before. A source that tells changes tells no other state.
      AND (
        state_before IS NOT NULL
        OR (
          NOT counts_packets
          AND step_ns IS NOT NULL
        )
      )
  ),
  before AS (
    SELECT
      events.*,
      nanoseconds(told.t) AS told_ns,
      told.type AS told_type,
      told.tcp_flags AS told_flags,
      told.snd_cwnd AS told_cwnd,
      told.ssthresh AS told_ssthresh,
      told.snd_una AS told_una,
      nullif(told.srtt_us, 0) AS srtt_before_us,
      EXISTS (
        SELECT
          1
        FROM
          losses
        WHERE
          losses.capture = events.capture
          AND can_be_in(from_s, to_s, coalesce(told.t, begin_ns / 1e9), t_ns / 1e9)
      ) AS crosses_gap_at_once
    FROM
      events
      LEFT JOIN (
        SELECT
          capture,
          flow,
          ord,
          t,
          type,
          tcp_flags,
          snd_cwnd,
          ssthresh,
          snd_una,
          srtt_us
        FROM
          _trace
      ) AS told ON told.capture = events.capture
      AND told.flow = events.flow
      AND told.ord = before_ord
  ),
  placed AS (
    SELECT
      *,
      -- Whether that record shows what the kernel reacted to: it is of the packet or timer itself, or nothing was
      -- acknowledged meanwhile, which alone makes the window grow. A timer of RACK's fires later than 1 ms.
      tells_samples
      AND NOT crosses_gap_at_once
      AND (
        CASE
          WHEN ca_state = 'Loss' THEN told_type = 'timeout'
          ELSE told_type <> 'recv'
          -- Where no record is of the change itself, the next one is by when it had come.
          OR CASE
            WHEN counts_packets
            AND told_ns = begin_ns THEN t_ns
            ELSE begin_ns
          END - told_ns <= 1000000
          OR snd_una = told_una
        END
      ) AS is_told
    FROM
      before
  ),
  told AS (
    SELECT
      *,
      CASE
        WHEN is_told THEN told_cwnd
      END AS cwnd_before,
      CASE
        WHEN is_told THEN told_ssthresh
      END AS ssthresh_before,
      CASE
        WHEN tells_samples
        AND NOT crosses_gap_at_once
        AND type <> 'ca_state' THEN snd_cwnd
      END AS cwnd_after,
      CASE
        WHEN tells_samples
        AND NOT crosses_gap_at_once
        AND type <> 'ca_state' THEN ssthresh
      END AS ssthresh_after
    FROM
      placed
  ),
  known AS (
    SELECT
      told.*,
      CASE
        WHEN tells_samples
        AND NOT crosses_gap_at_once
        AND (
          counts_packets
          OR has_start
          OR state_before_that IS NOT NULL
          -- It is taken for Open, and may be Disorder, where no change was told of it.
          OR told.state_before <> 'Open'
        )
        -- Where only changes are told, each that is lost makes the state another.
        AND (
          counts_packets
          OR NOT EXISTS (
            SELECT
              1
            FROM
              losses
            WHERE
              losses.capture = told.capture
              AND can_be_in(from_s, to_s, coalesce(changed_ns / 1e9, _connections.start_s), begin_ns / 1e9)
          )
        ) THEN told.state_before
      END AS known_state_before,
      episodes.duration_s AS recovery_s,
      episodes.retransmits,
      episodes.crosses_gap,
      cong,
      CASE
        WHEN tells_samples
        AND NOT episodes.crosses_gap THEN next_cwnd
      END AS told_cwnd_end,
      CASE
        WHEN tells_samples
        AND NOT episodes.crosses_gap THEN next_ssthresh
      END AS told_ssthresh_end
    FROM
      told
      JOIN _connections ON _connections.capture = told.capture
      AND _connections.flow = told.flow
      LEFT JOIN episodes ON episodes.capture = told.capture
      AND episodes.flow = told.flow
      AND episodes.episode = told.episode
  ),
  followed AS (
    SELECT
      *,
      -- The threshold that the event before set, if it was seen to last until its end.
      lag(
        CASE
          WHEN told_ssthresh_end = ssthresh_after THEN ssthresh_after
        END
      ) OVER in_order AS left_behind,
      lag(begin_ns) OVER in_order AS previous_ns
    FROM
      known
    WINDOW
      in_order AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          ord
      )
  ),
  in_force AS (
    SELECT
      *,
      -- The threshold that was in force. What is told is never below 3/4 of the window (tcp_current_ssthresh), which
      -- hides a lower one; then it is what the event before had left.
      CASE
        WHEN ssthresh_before > whole_quotient(cwnd_before, 2) + whole_quotient(cwnd_before, 4) THEN ssthresh_before
        WHEN left_behind < 2147483647
        AND NOT EXISTS (
          SELECT
            1
          FROM
            losses
          WHERE
            losses.capture = followed.capture
            AND can_be_in(from_s, to_s, previous_ns / 1e9, begin_ns / 1e9)
        ) THEN left_behind
      END AS in_force
    FROM
      followed
  ),
  judged AS (
    SELECT
      *,
      ssthresh_after <= cwnd_before
      AND CASE
        WHEN known_state_before NOT IN ('Open', 'Disorder') THEN ssthresh_after < ssthresh_before
        WHEN known_state_before IS NULL THEN NULL
        WHEN cong IS NOT NULL THEN cong NOT LIKE 'bbr%'
        ELSE ssthresh_after <> in_force
      END AS is_set_anew
    FROM
      in_force
  )
SELECT
  judged.capture,
  judged.flow,
  episode,
  begin_ns / 1e9 AS t,
  CASE
    WHEN judged.ca_state = 'Recovery' THEN 'loss'
    WHEN judged.ca_state = 'Loss' THEN 'RTO'
    WHEN NOT is_told
    OR (
      told_type = 'recv'
      AND told_flags IS NULL
    ) THEN 'congestion signal'
    WHEN told_type = 'recv'
    AND told_flags & 64 = 64 THEN 'ECN'
    ELSE 'local queue'
  END AS cause,
  known_state_before AS state_before,
  judged.cwnd_before,
  judged.cwnd_after,
  told_cwnd_end AS cwnd_end,
  judged.ssthresh_before,
  judged.ssthresh_after,
  CASE
    WHEN is_set_anew THEN judged.ssthresh_after / nullif(judged.cwnd_before, 0)::DOUBLE
  END AS beta,
  CASE
    WHEN tells_samples THEN recovery_s
  END AS recovery_s,
  CASE
    WHEN tells_samples THEN judged.retransmits
  END AS retransmits,
  srtt_before_us,
  CASE
    WHEN judged.ca_state = 'Loss' THEN spurious
    WHEN NOT coalesce(is_set_anew, false) THEN NULL
    WHEN told_cwnd_end < judged.cwnd_before THEN false
    WHEN judged.ssthresh_after < judged.ssthresh_before THEN told_ssthresh_end >= judged.ssthresh_before
  END AS undone,
  judged.crosses_gap,
  CASE
    WHEN sampled
    OR judged.crosses_gap
    OR crosses_gap_at_once THEN 't'
    ELSE ''
  END AS at_least,
  CASE
    WHEN judged.crosses_gap
    OR crosses_gap_at_once THEN 'recovery_s, retransmits, srtt_before_us'
    WHEN sampled THEN 'srtt_before_us'
    ELSE ''
  END AS about
FROM
  judged
  LEFT JOIN rto_events ON rto_events.capture = judged.capture
  AND rto_events.flow = judged.flow
  AND nanoseconds(rto_events.t) = begin_ns
  AND judged.ca_state = 'Loss';
