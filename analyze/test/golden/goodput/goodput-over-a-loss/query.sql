-- window: 0.02 s
-- A segment is lost at 1408905 and repaired at 2.8513 s: until then nothing is acknowledged cumulatively, though new
-- data is sent, and then 37648 bytes are at once. The last snd_una or acknowledgement received, and
-- payload sent, of each window:
--   2.78 s  1408905 = 1406009 + 2896     where counting begins, and what that record's segment acknowledges
--   2.80 s  1408905 = + 0                2896 + 6 * 1448 = 11584 sent, the retransmission among them
--   2.82 s  1408905 = + 0                13032
--   2.84 s  1449449 = + 37648 + 2896     8688
SELECT window_start_s, acked_bytes, sent_bytes FROM goodput ORDER BY window_start_s
