#!/bin/sh
# [RATE=20mbit CHURN=200] stress.sh SECONDS: everything at once. Streams both ways over a lossy, reordering path, short
# connections, settings at random, readers opened, killed and reopened, the module loaded and unloaded.
. guest/lib.sh
SECONDS_TO_RUN=$1
O=/out/stress
mkdir -p $O
# Its scan is a loop that never sleeps by itself, and on an emulated CPU takes minutes: the grace period that ftrace waits for
# when a hook goes (RCU tasks) lasts as long. Scanned by hand at the end.
if [ -e /sys/kernel/debug/kmemleak ]; then echo scan=off >/sys/kernel/debug/kmemleak; fi
lay_out() {
  network
  start_sinks
  # a short queue: or the short connections wait seconds behind the streams
  path delay 5ms 2ms rate "${RATE:-20mbit}" loss 1% reorder 10% gap 5 limit 100
  path_back delay 5ms rate "${RATE:-20mbit}" loss 0.5% limit 100
}
end_another
shrink
NAMESPACES=$(namespaces)
# everything gone; what memory is held then, into meminfo.NAME
clear_up() {
  pkill -x tcp; pkill -x iperf3
  # what nobody holds any more ends by itself, if it can; without its network it would try for minutes
  path_clear
  settled 0
  ip netns del a; ip netns del b; ip netns del r
  ended "$NAMESPACES"
  note "namespaces: $(namespaces), $NAMESPACES at first"
  sleep 5
  shrink
  grep -E '^(Slab|SUnreclaim|VmallocUsed|MemFree)' /proc/meminfo >/out/stress/meminfo."$1"
  cat /proc/slabinfo >/out/stress/slabinfo."$1"
}
# random N: RANDOM_NUMBER, below N; starts no process either
random() { read -r uuid </proc/sys/kernel/random/uuid && RANDOM_NUMBER=$((0x${uuid%%-*} % $1)); }

streams() {
  in_b iperf3 -s -p 5201 -D
  in_b iperf3 -s -p 5202 -D
  sleep 1
  while ! end; do
    # its messages share the lossy path, and it waits for them without end
    in_a timeout 60 iperf3 -c 10.0.2.1 -p 5201 -P 4 -t 20 >/dev/null 2>&1 &
    in_a timeout 60 iperf3 -c fd00:2::1 -p 5202 -P 4 -R -t 20 >/dev/null 2>&1
    wait $!
  done
}
# Readers of every kind, killed without warning. Which of them had read something goes to readers.txt. (Not "readers": a
# function hides a program of the same name.)
storm_of_readers() {
  while ! end; do
    for mode in plain blocking poll epoll sleep=300 edge threads splice sendfile; do
      got=/run/storm.$mode
      : >$got
      case $mode in
        edge | threads | splice | sendfile) readers $PROBE $got $mode >/dev/null & ;;
        *) reader $PROBE $got $mode >/dev/null & ;;
      esac
      pid=$!
      random 9 && sleep 0.$((RANDOM_NUMBER + 1))
      kill -9 $pid
      wait $pid
      if [ -s $got ]; then echo "$mode read"; else echo "$mode nothing"; fi
    done
  done 2>/dev/null
}
stat_reader() { while ! end; do cat $STAT >/dev/null; sleep 0.3; done 2>/dev/null; }

# The same traffic without the module first: what a kernel allocates once, it holds before and after.
note "warm-up"
lay_out
last 40
streams &
STREAMS=$!
in_a tcp churn 10.0.2.1 5001 "${CHURN:-200}" 40 3000 >/dev/null
wait $STREAMS
clear_up before

note "storm"
lay_out
last "$SECONDS_TO_RUN"
streams &
in_a tcp churn 10.0.2.1 5001 "${CHURN:-200}" "$SECONDS_TO_RUN" 3000 >$O/churn.txt &
CHURNING=$!
settings "$SECONDS_TO_RUN" >$O/settings.txt & storm_of_readers >$O/readers.txt & stat_reader &
LOADS=0
FAILED=0
while ! end; do
  random 8 && load bufsize=$((1 << (RANDOM_NUMBER + 4))) || FAILED=$((FAILED + 1))
  LOADS=$((LOADS + 1))
  random 49 && sleep $((RANDOM_NUMBER / 10)).$((RANDOM_NUMBER % 10))
  unload || FAILED=$((FAILED + 1))
done
wait $CHURNING
echo "loads $LOADS failed $FAILED" >$O/loads.txt
note "after the storm"
sleep 25

# Every record in order and none missing but those counted, with more to do than the CPUs can.
note "order"
load extended=1 bufsize=16384
start_log stress/order
last 20
streams &
STREAMS=$!
in_a tcp churn 10.0.2.1 5001 "${CHURN:-200}" 20 3000 >/dev/null
wait $STREAMS
stop_log
unload

# once more in peace, and with everything gone again
load
start_log stress/peace
in_a tcp send 10.0.2.1 5001 100000
sleep 1
stop_log
unload
clear_up after
if [ -e /sys/kernel/debug/kmemleak ]; then
  echo scan >/sys/kernel/debug/kmemleak
  sleep 6
  echo scan >/sys/kernel/debug/kmemleak
  cat /sys/kernel/debug/kmemleak >/out/stress/kmemleak.txt
fi
exit 0
