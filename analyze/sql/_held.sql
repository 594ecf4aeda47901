-- How long each record's state had been held. A record shows the state before the kernel handled the packet, so its
-- numbers are those of the time since the flow's previous record, not of the time after it.
-- needs: trace
-- flow       UINTEGER  connection
-- ord        BIGINT    place of the record
-- t          DOUBLE    seconds since the capture began; the end of the stretch
-- held_s     DOUBLE    seconds since the flow's previous record with state; NULL for the first
CREATE VIEW _held AS
SELECT
  flow, ord, t, type, snd_cwnd, ssthresh, srtt_us, snd_nxt, snd_una, packets_out, retrans_out, sacked_out, lost_out,
  t - lag(t) OVER (PARTITION BY flow ORDER BY ord) AS held_s
FROM trace
WHERE snd_cwnd IS NOT NULL AND flow IS NOT NULL;
