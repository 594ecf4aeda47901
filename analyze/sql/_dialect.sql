-- What SQL engines call differently, under the name that Spark has for it, and the rules and sums that several files
-- share. All else keeps to what both understand. Rows of whole numbers, from the first to the last.
CREATE MACRO sequence(first, last) AS generate_series(first, last);

CREATE MACRO explode(list) AS unnest(list);

-- Median, 95th and 99th percentile of a group's values, interpolated between neighbours (percentile_cont): one pass
-- for the three.
CREATE MACRO quantiles_of(value) AS quantile_cont(value, [0.5, 0.95, 0.99]);

CREATE MACRO median_of(quantiles) AS quantiles[1];

CREATE MACRO p95_of(quantiles) AS quantiles[2];

CREATE MACRO p99_of(quantiles) AS quantiles[3];

-- The quotient of two whole numbers without its fraction; NULL where the divisor is 0.
CREATE MACRO whole_quotient(number, divisor) AS number // divisor;

-- A sum that is the same whatever the order of its addends, which a sum of doubles is not: of billionths, in whole
-- numbers.
CREATE MACRO exact_sum(value) AS sum(round(value * 1e9)::HUGEINT)::DOUBLE / 1e9;

-- Seconds as whole nanoseconds, for sums of many that are sums of the same; and back.
CREATE MACRO nanoseconds(seconds) AS round(seconds * 1e9)::BIGINT;

CREATE MACRO seconds_of(nanoseconds) AS nanoseconds::DOUBLE / 1e9;

-- A mean of values that are whole multiples of 1/grain, each weighted by whole nanoseconds: exact, so of equal values
-- it is that value.
CREATE MACRO mean_over_time(value, grain, held_ns) AS sum(round(value * grain)::HUGEINT * held_ns)::DOUBLE / nullif(
  grain * sum(
    CASE
      WHEN value IS NOT NULL THEN held_ns
    END
  )::DOUBLE,
  0
);

-- The same of values of which each was another before, for some of the time: a packet is whole.
CREATE MACRO mean_over_two_times(later, held_ns, before, before_ns) AS sum(coalesce(later::HUGEINT * held_ns, 0) + coalesce(before::HUGEINT * before_ns, 0))::DOUBLE / nullif(
  sum(
    CASE
      WHEN later IS NOT NULL THEN held_ns
    END
  )::DOUBLE + sum(
    CASE
      WHEN before IS NOT NULL THEN before_ns
      ELSE 0
    END
  )::DOUBLE,
  0
);

-- Seconds of a group in which one thing held the sender.
CREATE MACRO held_s(what, held_by, held_ns) AS seconds_of(
  coalesce(
    sum(
      CASE
        WHEN held_by = what THEN held_ns
      END
    ),
    0
  )
);

-- The number of windows in a stretch of time, if all stretches together (`total`) have so few that they can be worked
-- on.
CREATE MACRO so_many_windows(number, total) AS CASE WHEN total > 10000000 THEN error('tcpprobe_plus: ' || total::HUGEINT || ' windows, at most 10000000') ELSE number END;

-- The number of the window in which a moment lies.
CREATE MACRO window_of(moment_s, window_s) AS floor(moment_s / window_s)::BIGINT;

-- Whether a loss between two moments (NULL: not bounded on that side) can be in, or next to, the time from one moment
-- to another.
CREATE MACRO can_be_in(from_s, to_s, start_s, end_s) AS coalesce(from_s, start_s) <= end_s
AND coalesce(to_s, start_s) >= start_s;

-- Seconds of that time in which it can be.
CREATE MACRO seconds_in(from_s, to_s, start_s, end_s) AS greatest(least(end_s, coalesce(to_s, end_s)) - greatest(start_s, coalesce(from_s, start_s)), 0);

-- The share of a group's time, `lost_s` of `duration_s`; all of it where a loss can be anywhere.
CREATE MACRO gap_share_of(is_anywhere, lost_s, duration_s) AS CASE WHEN is_anywhere THEN 1 ELSE least(coalesce(lost_s, 0) / nullif(duration_s, 0), 1) END;

-- What an expiry of the retransmission timer was for. Only extended records tell the timer.
CREATE MACRO expiry_kind(timer, packets_out) AS CASE WHEN coalesce(
  timer,
  CASE
    WHEN packets_out = 0 THEN 'probe'
    ELSE 'rto'
  END
) = 'probe' THEN 'window probe' WHEN timer = 'rto_zero_window' THEN 'zero-window retransmission' ELSE 'retransmission' END;

-- How far a count rose. One that falls, in a text that no kernel wrote, tells nothing.
CREATE MACRO rise_of(later, earlier) AS CASE WHEN later >= earlier THEN later::BIGINT - earlier::BIGINT END;

-- Whether segments with payload of a source that tells sends were sent before: they begin below what was sent by then.
CREATE MACRO is_sent_again(type, seq_num, snd_nxt) AS type = 'send'
AND seq_num < snd_nxt;

-- Of a source that does not show when something was sent: where by the record before all was acknowledged that had
-- been sent until then, what a segment acknowledges now was sent a round trip ago, and nothing was in flight between:
-- for so many nanoseconds of the time since that record.
CREATE MACRO lull_of(
  type,
  snd_una,
  snd_nxt,
  known_snd_nxt,
  held_ca_state,
  ca_state,
  expired_ns,
  silent_ns,
  srtt_us
) AS CASE WHEN type = 'recv'
AND snd_una >= known_snd_nxt
AND coalesce(held_ca_state, ca_state, 'Open') NOT IN ('Recovery', 'Loss')
AND expired_ns IS NULL
AND snd_nxt > snd_una THEN greatest(silent_ns - round(srtt_us * 1000)::BIGINT, 0) END;

-- Whether a record is in a recovery that costs its connection something: most do, so one of which that is not known.
CREATE MACRO costs_a_recovery(recovery_run, lowers_window) AS recovery_run IS NOT NULL
AND coalesce(lowers_window, true);

-- Whether a capture tells what held its senders: none of its records was left out, and it shows which of them were in
-- recovery.
CREATE MACRO tells_holder(sampled, counts_packets, sees_ca_state) AS NOT sampled
AND (
  counts_packets
  OR sees_ca_state
);

-- Whether samples from a connection's srtt are worth having: not where it comes in whole us and 8 us is much of it.
CREATE MACRO samples_are_told(exact_srtt, srtt_min_us) AS (
  exact_srtt
  OR srtt_min_us >= 200
);

-- Whether a connection carries data: at least a hundredth of what the one with most of its capture had acknowledged.
CREATE MACRO carries_data(acked_bytes, most_bytes) AS coalesce(acked_bytes, 0) * 100 >= most_bytes
AND most_bytes > 0;

-- Whether a list of columns, separated by commas, as at_least and about are, has this one.
CREATE MACRO is_in(names, name) AS strpos(', ' || names || ',', ', ' || name || ',') > 0;

-- A number in words: behind ≥ where it is the least that it can be, behind ≈ where it is approximate.
CREATE MACRO marked(at_least, about, name, number) AS CASE WHEN is_in(at_least, name) THEN '≥ ' WHEN is_in(about, name) THEN '≈ ' ELSE '' END || number;
