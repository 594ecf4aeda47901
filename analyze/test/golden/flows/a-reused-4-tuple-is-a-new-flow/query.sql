-- Two whole connections (SYN sent, setup, two sends, done), one after the other: lines of two recorded ones, the ports
-- and times of the second made to follow the first (synthetic). Each SYN begins a flow; the setup behind it does not.
SELECT flow, count(*) AS records, string_agg(type, ' ' ORDER BY ord) AS types,
  min(snd_una) AS first_una, max(snd_una) AS last_una, any_value(seen) AS seen
FROM trace JOIN (SELECT flow, seen FROM flows) USING (flow) GROUP BY flow ORDER BY flow
