-- window: 1 s
-- The end of a connection that the peer aborts (test/fixtures/same-transfer): a RST with an acknowledgement number
-- (flags 0x14, 3738774) is received. The kernel does not look at that number, and snd_una stays at the 3737326 that an
-- ACK before it brought, as the last record shows: 3737326 - 3731534 = 5792.
SELECT window_start_s, acked_bytes, goodput_bps FROM goodput
