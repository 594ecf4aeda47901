-- Some kernels tell that a passive open's congestion state is Open right before they tell that it is established, and
-- nothing before that. Here the same is told twice on one 4-tuple (recorded lines, each a second time a second later:
-- synthetic): the second connection begins with its congestion state, which is not one more record of the first.
SELECT flow, count(*) AS records, string_agg(type, ' ' ORDER BY ord) AS types, min(t) AS start_s, any_value(seen) AS seen
FROM trace JOIN (SELECT flow, seen FROM flows) USING (flow) GROUP BY flow ORDER BY flow
