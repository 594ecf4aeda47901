-- As lost-events-keep-their-place, without the first connection's records behind the loss (and the other's on the same
-- CPU, synthetic): it lies between 4078.123539, where that connection was seen last, and 4092.044819, where the other
-- is seen first. Either may have lost records.
SELECT round(from_s, 6) AS from_s, round(to_s, 6) AS to_s, flows, (SELECT bool_and(crosses_gap) FROM flows) AS flagged FROM gaps
