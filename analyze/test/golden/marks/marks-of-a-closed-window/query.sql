-- The peer's window is closed (snd_wnd 0) and nothing is in flight when the timer fires: a probe, not a timeout.
SELECT t, mark FROM marks
