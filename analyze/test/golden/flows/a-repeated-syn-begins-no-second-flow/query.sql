-- The first SYN was lost and is sent again a second later (the recorded line twice, synthetic): one connection.
SELECT flow, start_s, records, seen FROM flows
