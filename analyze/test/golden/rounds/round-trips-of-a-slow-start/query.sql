-- The first data is sent at 1.123109340: 2896 bytes from 1 on, so the first round trip ends with the acknowledgement
-- of 2897, at 1.174184200. Sent in it: five segments of 2896, and one more at 1.169942670. The next begins with the
-- record behind, which shows snd_una 2897; the last segment received acknowledges 13033: 13033 - 2897 = 10136, and
-- seven segments are sent. snd_cwnd is as before each segment.
SELECT round, start_s, round(duration_s, 9) AS duration_s, acked_bytes, sent_bytes, retransmits, snd_cwnd, crosses_gap FROM rounds ORDER BY round
