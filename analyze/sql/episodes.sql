-- Maximal runs of one congestion state, per connection.
-- needs: _steps, trace, losses
-- capture      USMALLINT  file
-- flow         UINTEGER   connection
-- episode      BIGINT     number of the run on its connection, from 1
-- ca_state     ca_state   Open | Disorder | CWR | Recovery | Loss
-- start_s      DOUBLE     seconds since the capture began: when the packet or timer was handled that changed the state; for the
--                         first run, the connection's first record
-- duration_s   DOUBLE     seconds; NULL where the trace ends inside the run without the connection's end
-- retransmits  BIGINT     segments retransmitted in it; NULL where the source does not count them
-- cwnd_before  UINTEGER   congestion window before the change that began it, packets; NULL for the first run and where the source
--                         does not tell it then
-- cwnd_end     UINTEGER   the last in it; NULL likewise
-- crosses_gap  BOOLEAN    records of the capture were lost inside it, so its times are bounds
CREATE TEMP TABLE episodes AS
WITH changes AS (
  SELECT capture, flow, ca_state, ord, since_s, coalesce(since_s, t) AS start_s
  FROM _steps
  WHERE ca_state IS NOT NULL AND (previous_ca_state IS NULL OR ca_state <> previous_ca_state)
), befores AS (
  -- What the record before each run told. It is found by its time, which is the very same number.
  SELECT changes.flow, changes.ord, max_by(trace.retrans, trace.ord) AS retrans_before, max_by(trace.snd_cwnd, trace.ord) AS previous_cwnd
  FROM changes JOIN trace ON trace.flow = changes.flow AND trace.t = start_s
  WHERE (trace.ord < changes.ord OR since_s IS NULL) AND (trace.snd_cwnd IS NOT NULL OR trace.retrans IS NOT NULL)
  GROUP BY changes.flow, changes.ord
), lives AS (
  SELECT flow, max(t) AS last_s, max(CASE WHEN type = 'done' THEN t END) AS done_s, max(retrans) AS retrans, max_by(snd_cwnd, ord) AS snd_cwnd
  FROM trace WHERE flow IS NOT NULL GROUP BY flow
), runs AS (
  SELECT capture, flow, ca_state, start_s, last_s,
    row_number() OVER so_far AS episode,
    coalesce(lead(start_s) OVER so_far, done_s) AS end_s,
    coalesce(lead(retrans_before) OVER so_far, retrans) - retrans_before AS retransmits,
    CASE WHEN since_s IS NOT NULL THEN previous_cwnd END AS cwnd_before,
    CASE WHEN lead(start_s) OVER so_far IS NULL THEN snd_cwnd ELSE lead(previous_cwnd) OVER so_far END AS cwnd_end
  FROM changes JOIN lives USING (flow) LEFT JOIN befores USING (flow, ord)
  WINDOW so_far AS (PARTITION BY flow ORDER BY ord)
)
SELECT capture, flow, episode, ca_state::ca_state AS ca_state, start_s, end_s - start_s AS duration_s, retransmits::BIGINT AS retransmits, cwnd_before, cwnd_end,
  EXISTS (
    SELECT 1 FROM losses WHERE losses.capture = runs.capture
      AND coalesce(from_s, start_s) <= coalesce(end_s, last_s) AND coalesce(to_s, start_s) >= start_s
  ) AS crosses_gap
FROM runs;
