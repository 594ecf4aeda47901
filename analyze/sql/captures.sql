-- One row a capture: where it came from, and what it can tell. What it cannot is NULL in every view.
-- needs: _captures
-- capture          USMALLINT  number, as in every view
-- path             VARCHAR    the file, or what the names of a rotated set have in common
-- source           VARCHAR    'kmod', 'bpf', 'tracefs', 'ss': of what was imported, the one whose text it is
-- realtime_ns      BIGINT     the wall clock at t = 0, ns since 1970
-- sees_sends       BOOLEAN    each segment that is sent has a record
-- sees_timers      BOOLEAN    each expiry of the retransmission timer has one
-- sees_ca_state    BOOLEAN    the congestion state is known at each record
-- sees_retransmits BOOLEAN    retransmissions are counted, or each is told
-- sees_resets      BOOLEAN    RSTs are seen
-- sees_closes      BOOLEAN    each connection's close is told, or nothing is hidden behind it
-- counts_packets   BOOLEAN    records tell how many packets are out, lost, SACKed and retransmitted; else only bytes
-- tells_samples    BOOLEAN    a change of srtt tells the sample behind it
-- exact_srtt       BOOLEAN    srtt comes in eighths of a us, as the kernel keeps it; else in whole us
-- polled           BOOLEAN    records are of moments at which somebody asked
-- sampled          BOOLEAN    the module left out records by its own filter (full=0, probetime), so what is between
--                             two is not known
SELECT
  capture,
  path,
  source,
  realtime_ns,
  sees_sends,
  sees_timers,
  sees_ca_state,
  sees_retransmits,
  sees_resets,
  sees_closes,
  counts_packets,
  tells_samples,
  exact_srtt,
  polled,
  sampled
FROM
  _captures;
