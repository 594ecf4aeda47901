-- A receiver's records: only the peer's numbers move (seq_num of what arrives, ack_num of what is sent), here shifted
-- by 0, 2e9, 4e9 and 2^32 (synthetic); its own stay.
SELECT type, seq_num, ack_num, snd_una FROM trace ORDER BY ord
