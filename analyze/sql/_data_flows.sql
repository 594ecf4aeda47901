-- What of each connection was acknowledged, and whether it carries data: so not the receiving end of a one-way
-- transfer, nor a control connection.
-- needs: _connections
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- acked_bytes    BIGINT               as in flows
-- carries_data   BOOLEAN              at least a hundredth of the bytes of the one with most of its capture; or it
--                                     sent again and nothing was acknowledged
SELECT
  capture,
  flow,
  acked_bytes,
  carries_data(
    acked_bytes,
    max(coalesce(acked_bytes, 0)) OVER (
      PARTITION BY
        capture
    )
  )
  OR (
    coalesce(acked_bytes, 0) <= 0
    AND (
      retransmit_events > 0
      OR coalesce(retrans, 0) > 0
    )
  ) AS carries_data
FROM
  (
    -- A SYN that nobody answered leaves both at the sequence number behind it.
    SELECT
      capture,
      flow,
      retrans,
      retransmit_events,
      greatest(least(highest_una, fin_seq), syn_end) - greatest(lowest_una, syn_end) AS acked_bytes
    FROM
      _connections
  );
