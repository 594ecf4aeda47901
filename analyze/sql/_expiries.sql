-- Expiries of the retransmission timer, and for each the few records of its connection around it that tell what came
-- before and after. To find those, a connection's records are taken in pieces (of 2048 records of the capture) whose
-- extremes are known, so that each question reads one piece.
-- needs: _trace, captures
CREATE MACRO piece_of(ord) AS ord >> 11;

-- Each expiry; from tracepoints, which see no timer, each time that the congestion state became Loss.
CREATE TABLE _expiries AS
WITH rare AS MATERIALIZED (
  -- The scan makes this comparison before it reads the other columns.
  SELECT * FROM _trace WHERE type NOT IN ('recv', 'send')
)
SELECT rare.capture, sees_timers, flow, ord, t, snd_una, snd_nxt, packets_out, rto_ms, snd_cwnd, ssthresh, retrans,
  CASE WHEN sees_timers THEN ca_state END AS ca_state,
  CASE
    WHEN coalesce(timer, CASE WHEN packets_out = 0 THEN 'probe' ELSE 'rto' END) = 'probe' THEN 'window probe'
    WHEN timer = 'rto_zero_window' THEN 'zero-window retransmission'
    ELSE 'retransmission'
  END AS kind
FROM rare JOIN captures USING (capture)
WHERE flow IS NOT NULL AND (type = 'timeout' OR (type = 'ca_state' AND ca_state = 'Loss' AND NOT sees_timers));

-- The pieces of the connections that have any. `reached` is the highest number acknowledged.
CREATE TABLE _expiry_pieces AS
SELECT flow, piece_of(ord) AS piece,
  max(greatest(snd_una, CASE WHEN type = 'recv' THEN ack_num END)) AS reached,
  max(CASE WHEN snd_cwnd IS NOT NULL THEN ord END) AS last_telling, min(CASE WHEN snd_cwnd IS NOT NULL THEN ord END) AS first_telling,
  min(CASE WHEN type = 'recv' THEN ord END) AS first_received,
  max(CASE WHEN ca_state <> 'Loss' THEN ord END) AS last_out_of_loss
FROM _trace
WHERE flow IN (SELECT flow FROM _expiries)
GROUP BY flow, piece;

-- Pieces in which lie: the last segment received before the expiry, the last record before it and the first after it that
-- tell the window, the first after it out of Loss and the next that tells the window from there.
CREATE TABLE _expiry_places AS
WITH places AS (
  SELECT _expiries.flow, ord, piece_of(ord) AS own_piece,
    max(CASE WHEN first_received < ord THEN piece END) AS ack_piece,
    max(CASE WHEN first_telling < ord THEN piece END) AS before_piece,
    min(CASE WHEN last_telling > ord THEN piece END) AS after_piece,
    min(CASE WHEN last_out_of_loss > ord THEN piece END) AS exit_piece
  FROM _expiries JOIN _expiry_pieces USING (flow) GROUP BY _expiries.flow, ord
)
SELECT places.flow, ord, own_piece, ack_piece, before_piece, after_piece, exit_piece,
  -- The record that tells the window may lie in the piece of the exit, or in the next that has any.
  min(CASE WHEN piece > exit_piece AND first_telling IS NOT NULL THEN piece END) AS exit_next_piece
FROM places JOIN _expiry_pieces USING (flow)
GROUP BY places.flow, ord, own_piece, ack_piece, before_piece, after_piece, exit_piece;

CREATE TABLE _expiry_records AS
SELECT _trace.flow, _trace.ord, piece_of(_trace.ord) AS piece, t, type = 'recv' AS received, ca_state, snd_cwnd, ssthresh, retrans, snd_una, snd_nxt
FROM _trace
JOIN (
  SELECT DISTINCT flow, unnest([ack_piece, before_piece, after_piece, exit_piece, exit_next_piece]) AS piece FROM _expiry_places
) AS wanted ON wanted.flow = _trace.flow AND wanted.piece = piece_of(_trace.ord);

-- Each expiry with what those records tell. `una` and `high`: what was acknowledged and what was sent as the timer fired.
CREATE TABLE _expiry_states AS
WITH last_acks AS (
  SELECT places.flow, places.ord, max(near.t) AS ack_s
  FROM _expiry_places AS places JOIN _expiry_records AS near ON near.flow = places.flow AND near.piece = ack_piece
  WHERE received AND near.ord < places.ord
  GROUP BY places.flow, places.ord
), befores AS (
  SELECT places.flow, places.ord, max(near.ord) AS before_ord
  FROM _expiry_places AS places JOIN _expiry_records AS near ON near.flow = places.flow AND near.piece = before_piece
  WHERE snd_cwnd IS NOT NULL AND near.ord < places.ord
  GROUP BY places.flow, places.ord
), afters AS (
  SELECT places.flow, places.ord, min(near.ord) AS after_ord
  FROM _expiry_places AS places JOIN _expiry_records AS near ON near.flow = places.flow AND near.piece = after_piece
  WHERE snd_cwnd IS NOT NULL AND near.ord > places.ord
  GROUP BY places.flow, places.ord
), exits AS (
  SELECT places.flow, places.ord, exit_piece, exit_next_piece, min(near.ord) AS exit_ord, min(near.t) AS exit_s
  FROM _expiry_places AS places JOIN _expiry_records AS near ON near.flow = places.flow AND near.piece = exit_piece
  WHERE ca_state <> 'Loss' AND near.ord > places.ord
  GROUP BY places.flow, places.ord, exit_piece, exit_next_piece
), exit_states AS (
  SELECT exits.flow, exits.ord, any_value(exit_s) AS exit_s, min(near.ord) AS state_ord
  FROM exits JOIN _expiry_records AS near ON near.flow = exits.flow AND near.piece IN (exit_piece, exit_next_piece)
  WHERE snd_cwnd IS NOT NULL AND near.ord >= exit_ord
  GROUP BY exits.flow, exits.ord
)
SELECT _expiries.*, ack_s,
  coalesce(_expiries.snd_una, after.snd_una) AS una, coalesce(_expiries.snd_nxt, after.snd_nxt) AS high,
  coalesce(_expiries.snd_cwnd, before.snd_cwnd) AS cwnd_before, coalesce(_expiries.ssthresh, before.ssthresh) AS ssthresh_before,
  CASE WHEN NOT sees_timers THEN 'Loss' ELSE after.ca_state END AS ca_state_after,
  after.snd_cwnd AS cwnd_after, after.ssthresh AS ssthresh_after,
  exit_s, exit_state.snd_una AS exit_una, exit_state.snd_cwnd AS exit_cwnd, exit_state.ssthresh AS exit_ssthresh, exit_state.retrans AS exit_retrans
FROM _expiries
LEFT JOIN last_acks USING (flow, ord)
LEFT JOIN befores USING (flow, ord)
LEFT JOIN _expiry_records AS before ON before.flow = _expiries.flow AND before.ord = before_ord
LEFT JOIN afters USING (flow, ord)
LEFT JOIN _expiry_records AS after ON after.flow = _expiries.flow AND after.ord = after_ord
LEFT JOIN exit_states USING (flow, ord)
LEFT JOIN _expiry_records AS exit_state ON exit_state.flow = _expiries.flow AND exit_state.ord = state_ord;

-- When new data was acknowledged after each expiry, and when all that was outstanding.
CREATE TABLE _expiry_recoveries AS
WITH pieces AS (
  SELECT states.flow, states.ord,
    min(CASE WHEN reached > una THEN piece END) AS progress_piece, min(CASE WHEN reached >= high THEN piece END) AS recovery_piece
  FROM _expiry_states AS states JOIN _expiry_pieces ON _expiry_pieces.flow = states.flow AND piece >= piece_of(states.ord)
  GROUP BY states.flow, states.ord
), near AS MATERIALIZED (
  -- DuckDB 1.5 fails to plan this as part of the query below where several flows have expiries and none of them recovers.
  SELECT _trace.flow, _trace.ord, piece_of(_trace.ord) AS piece, t, greatest(snd_una, CASE WHEN type = 'recv' THEN ack_num END) AS reached
  FROM _trace
  JOIN (SELECT DISTINCT flow, unnest([progress_piece, recovery_piece]) AS piece FROM pieces) AS wanted
    ON wanted.flow = _trace.flow AND wanted.piece = piece_of(_trace.ord)
)
SELECT states.flow, states.ord,
  min(CASE WHEN near.piece = progress_piece AND near.reached > una THEN near.t END) AS progress_at,
  min(CASE WHEN near.piece = recovery_piece AND near.reached >= high THEN near.t END) AS recovered_at
FROM _expiry_states AS states
JOIN pieces USING (flow, ord)
JOIN near ON near.flow = states.flow AND near.piece IN (progress_piece, recovery_piece)
WHERE near.ord > states.ord
GROUP BY states.flow, states.ord;
