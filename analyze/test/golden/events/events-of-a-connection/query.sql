-- Parts of the connection of a-chain-of-timeouts-and-its-recovery: its begin, the recovery that ends slow start, the
-- chain, the end. Recovery begins with the record before the first that shows it (0.936328300), 0.919232430, and ends
-- with the one before the first that is Open again (0.982467640), 0.982211460: 0.06297903 s; retrans goes from 0 to 1,
-- cwnd from 17 to 11. At 0.919232430 cwnd was 17 without a threshold, at 0.936328300 it is 11. Loss likewise:
-- 2.224784060 to 10.003686310, which is also when 230233, past what was outstanding, is acknowledged: 7.77890225 s;
-- retrans 8 to 17, cwnd 4 to 2. The other numbers are worked out beside the chain.
SELECT t, event, round(duration_s, 9) AS duration_s, detail, crosses_gap FROM events ORDER BY t, event
