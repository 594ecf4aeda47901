-- As a-passive-open-begins-with-its-congestion-state, with events lost between both connections (the line is
-- synthetic, the kernel's form). The first one ended at the very moment behind which the loss lies, the second one
-- began at the one before which it lies: what was lost can have been of either.
SELECT round(from_s, 6) AS from_s, round(to_s, 6) AS to_s, lost, flows FROM gaps
