-- Records of one connection from its SYN to its end. Payload was sent three times, 1448 + 1448 + 632 = 3528 bytes
-- (SYN, ACK and the last ACK carry none). The SYN takes sequence number 0 and the FIN, behind the 632 bytes at 59369,
-- 60001; snd_una goes from 0 to 60002, so 60000 bytes of data were acknowledged, in 5.177695540 - 1.167036410 =
-- 4.010659130 s.
SELECT records, seen, acked_bytes, sent_bytes, sends, retransmits, retransmit_share, resets, duration_s, round(goodput_bps, 3) AS goodput_bps FROM flows
