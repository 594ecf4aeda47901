-- The count of retransmissions of flow 1 rises from 0 to 1 at its second record, and stays; the peer's end (flow 2)
-- has sent nothing again: its first record is no retransmission because the other's count was another.
SELECT flow, t, mark FROM marks ORDER BY flow, t
