-- Which connection each record belongs to, and where its sequence numbers stand.
-- needs: records, captures
--
-- A 4-tuple can serve several connections, and a sequence number counts modulo 2^32. Both are settled here once, for
-- stretches of records (`_segments`) instead of record by record, so that the wide table is read once, in parallel,
-- and never sorted.

-- The 4-tuples of each capture. `ends` is '1 10.0.0.1 40000 10.0.0.2 5001': capture, local end, remote end. Records
-- that name no two ports (a SYN_SENT before its port is chosen, a listening socket) belong to no connection.
CREATE TABLE _tuples AS
SELECT row_number() OVER (ORDER BY capture, first_ord) AS tuple, *
FROM (
  SELECT ends,
    split_part(ends, ' ', 1)::USMALLINT AS capture,
    -- IPv4 addresses that an IPv6 socket calls ::ffff:a.b.c.d are shown as a.b.c.d.
    plain_address(split_part(ends, ' ', 2)) AS saddr,
    split_part(ends, ' ', 3)::USMALLINT AS sport,
    plain_address(split_part(ends, ' ', 4)) AS daddr,
    split_part(ends, ' ', 5)::USMALLINT AS dport,
    min(ord) AS first_ord,
    max(ord) AS last_ord,
    max(ord) FILTER (WHERE life IN (0, 4) AND type <= 8) AS last_living_ord,
    -- Any number in the upper half: the connection may pass 2^32, or fall below its first number.
    max(greatest(snd_nxt, snd_una, write_seq, seq_num, ack_num)) >= 2147483648 AS may_wrap
  FROM records
  WHERE ends IS NOT NULL
  GROUP BY ends
)
WHERE sport > 0 AND dport > 0;

-- Places where a connection begins on a 4-tuple: at its first record; where a handshake begins (life 1), which can be
-- said again (a repeated SYN); where it is established (life 2) without such a handshake just before; and after an end
-- (life 3) when records follow that no beginning explains. Some kernels tell of a passive open's congestion state (life 4:
-- Open) right before they tell that it is established: then it begins there.
CREATE TABLE _connections AS
WITH events AS (
  SELECT tuple, ord, life,
    last_value(nullif(life, 4) IGNORE NULLS) OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_life,
    first_value(nullif(life, 4) IGNORE NULLS) OVER (in_order ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_life,
    life = 4 AND lead(life) OVER in_order = 2 AND (ord = first_ord OR lag(life) OVER in_order = 3) AS opens
  FROM records JOIN _tuples USING (ends)
  WHERE life > 0
  WINDOW in_order AS (PARTITION BY tuple ORDER BY ord)
), told AS (
  SELECT *, coalesce(lag(opens) OVER (PARTITION BY tuple ORDER BY ord), false) AS opened FROM events
), beginnings AS (
  SELECT tuple, first_ord AS from_ord FROM _tuples
  UNION
  SELECT tuple, ord FROM told
  WHERE opens OR (life IN (1, 2) AND coalesce(previous_life, 3) <> 1 AND NOT opened)
  UNION
  SELECT tuple, ord + 1 FROM events JOIN _tuples USING (tuple)
  WHERE life = 3 AND (next_life = 3 OR (next_life IS NULL AND last_living_ord > ord))
)
SELECT row_number() OVER (ORDER BY capture, from_ord, tuple) AS flow, tuple, from_ord,
  coalesce(lead(from_ord) OVER (PARTITION BY tuple ORDER BY from_ord) - 1, last_ord) AS to_ord
FROM beginnings JOIN _tuples USING (tuple);

-- Where a connection's numbers cross from one half of the 32-bit range into the other, for the local end's numbers
-- (`own`) and the peer's (`peer`). Between two records a number moves by less than 2^31 either way (a window is at
-- most 2^30), so the smaller step is the true one, and the half it leads to is one up or one down.
CREATE TABLE _crossings AS
WITH careful AS (
  SELECT flow, ord, relative_sequence,
    coalesce(snd_una, CASE type WHEN 0 THEN ack_num WHEN 1 THEN seq_num END)::BIGINT AS own,
    CASE type WHEN 0 THEN seq_num WHEN 1 THEN ack_num END::BIGINT AS peer
  FROM records
  JOIN _tuples USING (ends)
  JOIN captures ON captures.capture = _tuples.capture
  JOIN _connections USING (tuple)
  WHERE (may_wrap OR NOT relative_sequence) AND ord BETWEEN from_ord AND to_ord
), sides AS (
  SELECT flow, ord, relative_sequence, 'own' AS side, own AS number, lag(own) OVER (PARTITION BY flow ORDER BY ord) AS previous
  FROM careful WHERE own IS NOT NULL
  UNION ALL
  SELECT flow, ord, relative_sequence, 'peer', peer, lag(peer) OVER (PARTITION BY flow ORDER BY ord)
  FROM careful WHERE peer IS NOT NULL
)
SELECT flow, ord, side,
  CASE WHEN previous IS NULL AND NOT relative_sequence THEN number END AS zero,
  CASE
    -- A relative number that starts in the upper half is one just below 0.
    WHEN previous IS NULL THEN (number >> 31) - CASE WHEN relative_sequence AND number >= 2147483648 THEN 2 ELSE 0 END
    WHEN (number - previous + 4294967296) % 4294967296 < 2147483648 THEN 1
    ELSE -1
  END AS halves
FROM sides
WHERE previous IS NULL OR number >> 31 <> previous >> 31;

-- Stretches of a connection in which its numbers stay within one half, so that the middle of that half
-- (`..._middle`) turns any 32-bit number near it into 64 bits. `..._zero` is what counts as 0: the first number seen
-- where the source gives absolute numbers, 0 where it counts from there itself.
CREATE TABLE _segments AS
WITH halves AS (
  SELECT flow, ord, side, zero, row_number() OVER so_far AS place, (sum(halves) OVER so_far)::BIGINT AS half
  FROM _crossings WINDOW so_far AS (PARTITION BY flow, side ORDER BY ord)
), starts AS (
  SELECT flow, from_ord AS ord, NULL::BIGINT AS own_zero, NULL::BIGINT AS own_half, NULL::BIGINT AS peer_zero, NULL::BIGINT AS peer_half
  FROM _connections
  UNION ALL
  SELECT flow, CASE WHEN place = 1 THEN from_ord ELSE ord END,
    CASE WHEN side = 'own' THEN zero END, CASE WHEN side = 'own' THEN half END,
    CASE WHEN side = 'peer' THEN zero END, CASE WHEN side = 'peer' THEN half END
  FROM halves JOIN _connections USING (flow)
), merged AS (
  SELECT flow, ord, max(own_zero) AS own_zero, max(own_half) AS own_half, max(peer_zero) AS peer_zero, max(peer_half) AS peer_half
  FROM starts GROUP BY flow, ord
), filled AS (
  SELECT flow, ord,
    coalesce(last_value(own_zero IGNORE NULLS) OVER so_far, 0) AS own_zero,
    coalesce(last_value(own_half IGNORE NULLS) OVER so_far, 0) AS own_half,
    coalesce(last_value(peer_zero IGNORE NULLS) OVER so_far, 0) AS peer_zero,
    coalesce(last_value(peer_half IGNORE NULLS) OVER so_far, 0) AS peer_half
  FROM merged WINDOW so_far AS (PARTITION BY flow ORDER BY ord ROWS UNBOUNDED PRECEDING)
)
SELECT tuple, flow, filled.ord AS from_ord,
  coalesce(lead(filled.ord) OVER (PARTITION BY flow ORDER BY filled.ord) - 1, to_ord) AS to_ord,
  own_zero, own_half * 2147483648 + 1073741824 AS own_middle,
  peer_zero, peer_half * 2147483648 + 1073741824 AS peer_middle
FROM filled JOIN _connections USING (flow);

-- The same for `_trace` to look a record's segment up by position: a join would let the records' order go. The lists are in the one
-- row of a table, whose reading is much quicker than that of a variable's; what it costs grows with their length for each
-- piece of records all the same, so there is no list where all is alike (NULL), and none of anything but numbers.
--
-- The records of a capture are taken in pages of 2^page_shift. For each 4-tuple the lists have the segment in force as a page begins
-- (`page_segments`) and, where further ones begin inside it, the place in `starts` of the list of where (`page_starts`, else NULL): so
-- few records look further than one place. The pages of one 4-tuple follow each other from that of its first record on,
-- `page_zeros` being the place of page 0.
CREATE TYPE _tuple_ends AS ENUM (SELECT ends FROM _tuples ORDER BY tuple);
CREATE TABLE _lookups AS
WITH sizes AS (
  SELECT min(shift)::INTEGER AS page_shift
  FROM range(12, 63) AS shifts(shift)
  WHERE (SELECT coalesce(sum(((last_ord - first_ord) >> shift) + 2), 0) FROM _tuples) <= 32768 OR shift = 62
), numbered AS (
  SELECT *, (row_number() OVER (ORDER BY tuple, from_ord))::INTEGER AS segment FROM _segments
), touched AS (
  SELECT tuple, segment, from_ord, unnest(range(from_ord >> page_shift, (to_ord >> page_shift) + 1)) AS page
  FROM numbered CROSS JOIN sizes
), pages AS (
  -- Of the segments that touch a page all but the first begin inside it.
  SELECT tuple, page, min(segment) AS segment, nullif((list(from_ord ORDER BY segment))[2:], []) AS starts FROM touched GROUP BY tuple, page
), starting AS (
  SELECT tuple, page, starts, (row_number() OVER (ORDER BY tuple, page))::INTEGER AS place FROM pages WHERE starts IS NOT NULL
), firsts AS (
  SELECT tuple, row_number() OVER (ORDER BY tuple, page) - page AS zero, row_number() OVER (PARTITION BY tuple ORDER BY page) AS place FROM pages
), zeros AS (
  SELECT count(*) > 0 AS needed FROM numbered WHERE own_zero <> 0 OR peer_zero <> 0
), middles AS (
  SELECT count(*) > 0 AS needed FROM numbered WHERE own_middle <> 1073741824 OR peer_middle <> 1073741824
)
SELECT
  page_shift,
  (SELECT list(zero ORDER BY tuple) FROM firsts WHERE place = 1) AS page_zeros,
  (SELECT list(segment ORDER BY tuple, page) FROM pages) AS page_segments,
  (SELECT CASE WHEN count(place) > 0 THEN list(place ORDER BY tuple, page) END FROM pages LEFT JOIN starting USING (tuple, page)) AS page_starts,
  (SELECT list(starts ORDER BY place) FROM starting) AS starts,
  (SELECT list(flow::UINTEGER ORDER BY segment) FROM numbered) AS flows,
  CASE WHEN (SELECT needed FROM zeros) THEN (SELECT list(own_zero ORDER BY segment) FROM numbered) END AS own_zeros,
  CASE WHEN (SELECT needed FROM zeros) THEN (SELECT list(peer_zero ORDER BY segment) FROM numbered) END AS peer_zeros,
  CASE WHEN (SELECT needed FROM middles) THEN (SELECT list(own_middle ORDER BY segment) FROM numbered) END AS own_middles,
  CASE WHEN (SELECT needed FROM middles) THEN (SELECT list(peer_middle ORDER BY segment) FROM numbered) END AS peer_middles
FROM sizes;
