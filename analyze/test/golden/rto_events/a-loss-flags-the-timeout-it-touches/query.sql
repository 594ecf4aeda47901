-- spurious-timeouts-from-tracepoints with two losses (the lines are synthetic). A timeout's numbers rest on what is
-- between the last ACK before it and recovery: 15854.672059 to 15856.140039, and 15856.780057 to 15856.888101. The
-- loss between 15855.728033 and 15855.935506 lies in the first; the one between 15856.348044 and 15856.374259 in
-- neither.
SELECT event, round(t, 6) AS t, crosses_gap FROM rto_events ORDER BY event
