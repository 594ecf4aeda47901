-- window: 0.05 s
-- A control connection. 37 bytes are outstanding at 12.566133860, none at 12.689021700, and no record is between them:
-- in the window of 12.60 s was held what the record behind it tells.
SELECT window_start_s, acked_bytes, outstanding FROM goodput ORDER BY window_start_s
