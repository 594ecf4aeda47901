-- As above, but the first connection's end was not captured.
SELECT flow, count(*) AS records, string_agg(type, ' ' ORDER BY ord) AS types, any_value(seen) AS seen
FROM trace JOIN (SELECT flow, seen FROM flows) USING (flow) GROUP BY flow ORDER BY flow
