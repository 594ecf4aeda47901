-- What of each connection was acknowledged, and whether it carries data: so not the receiving end of a one-way
-- transfer, nor a control connection.
-- needs: _connections, captures, losses
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- acked_bytes    BIGINT               as in flows
-- is_born        BOOLEAN              it began during the capture
-- tail_unseen    BOOLEAN              the source shows nothing of what was acknowledged behind its close
-- carries_data   BOOLEAN              at least a hundredth of the bytes of the one with most of its capture; or it
--                                     sent again and nothing was acknowledged. NULL where it closed before anything
--                                     was told of its bytes, and where nothing was acknowledged of what it sent and
--                                     the source does not tell whether it sent that again
SELECT
  capture,
  flow,
  acked_bytes,
  is_born,
  tail_unseen,
  CASE
    WHEN acked_bytes IS NULL
    AND tail_unseen THEN NULL
    -- A FIN alone is less than a byte in flight on average.
    WHEN coalesce(acked_bytes, 0) <= 0
    AND NOT sees_retransmits
    AND coalesce(inflight_mean_bytes, 1) >= 1 THEN NULL
    ELSE carries_data(
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
    )
  END AS carries_data
FROM
  (
    -- A SYN that nobody answered leaves both at the sequence number behind it.
    SELECT
      born.capture,
      flow,
      retrans,
      retransmit_events,
      is_born,
      sees_retransmits,
      inflight_mean_bytes,
      closing_s IS NOT NULL
      AND NOT counts_packets AS tail_unseen,
      greatest(
        least(
          highest_una,
          fin_seq,
          -- The record of a FIN can be missing. Then the last number that was acknowledged may be the FIN's.
          CASE
            WHEN polled
            OR fin_seq IS NOT NULL THEN NULL
            WHEN sampled
            OR crosses_gap THEN greatest(coalesce(last_seq, highest_una - 1), lowest_una)
          END
        ),
        syn_end
      ) - greatest(
        CASE
        -- The SYN counts as one once it is acknowledged, which it may never have been.
          WHEN polled
          AND is_born THEN least(lowest_una, highest_una, 1)
          ELSE lowest_una
        END,
        syn_end
      ) AS acked_bytes
    FROM
      (
        -- The first poll is taken as the capture begins: what it does not show began later.
        SELECT
          _connections.*,
          counts_packets,
          polled,
          sampled,
          sees_retransmits,
          EXISTS (
            SELECT
              1
            FROM
              losses
            WHERE
              losses.capture = _connections.capture
              AND can_be_in(from_s, to_s, lives_from_s, lives_to_s)
          ) AS crosses_gap,
          has_start
          OR (
            polled
            AND start_s > 0.02
          ) AS is_born
        FROM
          _connections
          JOIN captures ON captures.capture = _connections.capture
      ) AS born
  );
