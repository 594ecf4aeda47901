-- Seven records of a recovery, each shifted by a larger constant (0, 1.5e9, 2.9e9, 4.2935e9 three times with small
-- steps, 6e9; synthetic): what the text has modulo 2^32 goes on in 64 bits. The fourth has snd_una 4294908905 below
-- 2^32 and write_seq 477369 above it; the fifth has snd_nxt on the other side of it from snd_una.
SELECT t, seq_num, ack_num, snd_nxt, snd_una, write_seq FROM trace ORDER BY ord
