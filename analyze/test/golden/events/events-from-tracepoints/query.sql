-- The same client as in spurious-timeouts-from-tracepoints (flow 1), and the connection with the data, whose server
-- (flow 3) aborts it: its socket is closed, the client (flow 2) receives the RST and is closed by it, and last the
-- kernel says that it has sent one. Loss: 15855.728020 to 15855.935511 = 0.207491 s, in which no source counts what is
-- retransmitted or tells the window before; all that was outstanding is acknowledged in the record of 15856.140039,
-- 0.412019 s after the timeout.
SELECT flow, round(t, 6) AS t, event, round(duration_s, 6) AS duration_s, detail, crosses_gap FROM events ORDER BY t, event
