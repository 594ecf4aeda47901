-- As above, but neither SYN nor setup of the second connection was captured: records behind an end are a new flow.
SELECT flow, count(*) AS records, string_agg(type, ' ' ORDER BY ord) AS types, any_value(seen) AS seen
FROM trace JOIN (SELECT flow, seen FROM flows) USING (flow) GROUP BY flow ORDER BY flow
