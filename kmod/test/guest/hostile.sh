#!/bin/sh
# Readers and connections that few programs are, one claim each.
. guest/lib.sh
H=/out/hostile
mkdir -p $H
network
start_sinks
path delay 10ms rate 20mbit
path_back delay 10ms
a_bit() { in_a tcp send 10.0.2.1 5001 "${1:-10000}"; }

load extended=1

# ways to read
for mode in edge threads splice sendfile; do
  note "$mode"
  mkdir -p $H/$mode
  readers $PROBE $H/$mode/probe.txt $mode >$H/$mode/result &
  READER=$!
  sleep 0.5
  a_bit 100000
  a_bit 100000
  settled 0
  sleep 1
  cp $STAT $H/$mode/stat
  kill -TERM $READER
  wait $READER
done

note "two processes share an open file, one is killed"
timeout 30 readers $PROBE /dev/null killed >$H/killed

note "what open and its kind say"
in_a timeout 6 odd periodic 10.0.2.1 5001 25 200 &
sleep 0.3
timeout 20 readers $PROBE /dev/null ways >$H/ways
wait $!

note "uid 0 without rights; another user; a mode without a leading 0"
{
  timeout 5 unshare -r head -c 1 $PROBE 2>&1 | sed 's/.*: /container root: /'
  unload
  for mode in 0 00 1000 07777 0200 8 0x1ff; do load mode=$mode 2>/dev/null && { echo "$mode accepted"; unload; }; done
  for mode in 444 0444 440 400 0640 0777; do
    load mode=$mode
    echo "$mode: $(stat -c %a $PROBE) $(cat /sys/module/tcpprobe_plus/parameters/mode)"
    unload
  done
  load mode=0440
  timeout 5 unshare -r sh -c "exec 3<$PROBE" 2>&1 && echo "0440: container root may"
  unload
} >$H/modes

load extended=1 bufsize=65536
note "flags: urgent data"
start_log hostile/urgent
in_a odd urgent 10.0.2.1 5001
settled 0
stop_log

note "fast open: an answer at once, and none"
in_a sysctl -qw net.ipv4.tcp_fastopen=3
in_b sysctl -qw net.ipv4.tcp_fastopen=3
in_b odd fast-sink 6001 &
FAST=$!
in_b odd quiet-sink 6002 &
QUIET=$!
sleep 0.5
in_a odd fast 10.0.2.1 6001
in_a odd fast 10.0.2.1 6002
start_log hostile/fast
in_a odd fast 10.0.2.1 6001
in_a odd fast 10.0.2.1 6002
settled 0
stop_log
kill $FAST $QUIET

note "simultaneous open: with itself, and of two"
start_log hostile/simultaneous
in_b odd self 45678
path delay 400ms
path_back delay 400ms
in_a tcp send 10.0.2.1 6010 1000 sport=6010 hold=1000 &
in_b tcp send 10.0.1.1 6010 1000 sport=6010 hold=1000
wait $!
settled 0
stop_log
path delay 10ms rate 20mbit
path_back delay 10ms

note "one socket, two connections"
start_log hostile/again
in_a odd again 10.0.2.1 5001
settled 0
stop_log
start_log hostile/repaired
in_a odd again 10.0.2.1 5001 repair
sleep 0.5
stop_log

note "ends: closed with data unread in LAST_ACK, SO_LINGER 0 in FIN_WAIT2"
in_b odd greet 6003 &
GREET=$!
sleep 0.3
start_log hostile/ends
path delay 200ms
path_back delay 200ms
in_a odd hang-up 10.0.2.1 6003
sleep 1
in_a odd half 10.0.2.1 5002
settled 0
stop_log
kill $GREET
path delay 10ms rate 20mbit
path_back delay 10ms

note "a window taken back with data in flight"
start_log hostile/zero-window
in_a nstat -az >$H/zero-window/nstat.before
in_a odd zero-window 10.0.2.1 5001 >$H/zero-window/odd &
pid=$!
for _ in $(seq 100); do grep -q connected $H/zero-window/odd && break; sleep 0.1; done
path loss 100%
touch /run/cut
sleep 3
path delay 10ms rate 20mbit
wait $pid
in_a nstat -az >$H/zero-window/nstat.a
settled 0
stop_log

note "closed or reset: counted"
start_log hostile/reset
for _ in 1 2 3 4 5; do a_bit 100; done
in_a tcp send 10.0.2.1 5001 100 hold=100 abort
settled 0
stop_log

note "probetime, a message each 500 ms"
setting probetime 200
start_log hostile/periodic
in_a odd periodic 10.0.2.1 5001 8 500
settled 0
stop_log
setting probetime 0

note "a connection met midway, with data unread"
in_a tcp send 10.0.2.1 5002 2000 chunk=1000 every=2000 &
pid=$!
sleep 1
start_log hostile/midway
wait $pid
sleep 1
stop_log

note "numbers above 2^32"
start_log hostile/large-numbers
in_a tcp send 10.0.2.1 5001 1000 pace=5000000007
in_a tcp send 10.0.2.1 5001 1000 pace=4294967296
settled 0
stop_log

note "segments that do not pass the checksum"
start_log hostile/checksum
in_b nstat -az >$H/checksum/nstat.before
# more than it can send meanwhile: it is under way when the path begins to corrupt, however slow the machine
in_a timeout 8 tcp send 10.0.2.1 5001 30000000 &
pid=$!
sleep 1
path delay 10ms rate 20mbit corrupt 30%
sleep 4
path delay 10ms rate 20mbit
wait $pid
settled 0
in_b nstat -az >$H/checksum/nstat.b
stop_log

note "a purge of many flows at once, reader running"
unload
load extended=1 maxflows=100000 bufsize=1024
prlimit --nofile=20000 --pid $$
in_b odd collect 7000 &
COLLECT=$!
sleep 0.3
start_log hostile/purge
in_b odd hold 127.0.0.1 7000 2000 600000 >$H/purge/held &
pid=$!
for _ in $(seq 600); do grep -q held $H/purge/held && break; sleep 0.1; done
sleep 3
cp $STAT $H/purge/stat.held
setting purgetime 2
for _ in $(seq 300); do grep -q '^Flows: active 0 ' $STAT && break; sleep 0.1; done
sleep 1
stop_log
kill $pid $COLLECT
unload

note "a large read is killed"
load extended=1 bufsize=65536
in_b odd collect 7001 &
COLLECT=$!
sleep 0.3
readers $PROBE /dev/null large=12000 >$H/large &
pid=$!
in_b odd small 127.0.0.1 7001 9 &
in_b odd small 127.0.0.1 7001 9
wait $!
grep ^Records: $STAT >$H/large.before
while ! grep -q reading $H/large; do sleep 0.02; done
kill -9 $pid
wait $pid
grep ^Records: $STAT >$H/large.after
kill $COLLECT
unload

note "a CPU taken away keeps its counts"
load
start_log hostile/offline
in_a tcp churn 10.0.2.1 5001 40 3 2000 >/dev/null
settled 0
stop_log
echo 0 >/sys/devices/system/cpu/cpu1/online
cp $STAT $H/offline/stat.offline
echo 1 >/sys/devices/system/cpu/cpu1/online

note "writes of odd texts"
for text in '' '5001\0junk' '+7' '010' '0x1f' ' 5001 ' '5001\n' '0' '-1' '4294967297' '5001 6001' '\n'; do
  before=$(cat $SYS/port)
  result=$(odd-write $SYS/port "$text")
  printf '%s|%s|%s|%s\n' "$text" "$result" "$before" "$(cat $SYS/port)"
done >$H/writes
for pair in maxflows:100000000 maxflows:100000001 purgetime:1000000 purgetime:1000001 readnum:1073741824 readnum:1073741825 probetime:86400000; do
  setting "${pair%:*}" "${pair#*:}" 2>/dev/null && echo "$pair taken" || echo "$pair refused"
done >$H/limits
unload
for pair in hashsize=16777216 hashsize=16777217 bufsize=4194305 bufsize=8388608 bufsize=1073741824; do
  load $pair 2>/dev/null && { echo "$pair taken"; unload; } || echo "$pair refused"
done >>$H/limits

note "a function that a compiler has split"
if [ -e split.ko ]; then
  insmod split.ko
  load
  grep -E '^(Hooks|Split)' $STAT >$H/split
  unload
  rmmod split
  dmesg | grep 'has been split' >>$H/split
fi
ip netns del a; ip netns del b; ip netns del r
pkill -x tcp
pkill -x odd
exit 0
