-- Both windows full: the kernel asks the congestion window first (tcp_write_xmit), so only where that is open is it
-- the peer's. The peer's windows are synthetic, 73000 and 71500 in the place of 1066496 and 1069440; data waits
-- throughout.
--   up to 1.775588660  50 packets of cwnd 50; 73000 - (725449 - 653049) = 600, no room for a segment: cwnd,
--   0.000363210 up to 1.775651990  49 of 50; 71500 - (725449 - 654497) = 548: rwnd, although 49 is above 2/3 of 50,
--   0.000063330
-- Life 0.000426540: 0.851526 and 0.148474.
SELECT round(cwnd_share, 6) AS cwnd_share, round(rwnd_share, 6) AS rwnd_share, application_share, pacing_share FROM limits
