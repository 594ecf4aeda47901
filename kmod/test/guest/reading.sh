#!/bin/sh
# The data file: waiting, polling, a second reader, tiny reads, a reader that sleeps, unload under a reader.
. guest/lib.sh
R=/out/reading
mkdir -p $R
network
start_sinks
path delay 10ms rate 10mbit
path_back delay 10ms
a_bit() { in_a tcp send 10.0.2.1 5001 ${1:-10000}; }

load readnum=10
note "O_NONBLOCK on an empty log"
reader $PROBE $R/empty.txt try >$R/empty.result

note "a second reader"
start_log reading/second
reader $PROBE $R/no.txt try >$R/second.result
reader /proc/net/tcpprobe_data $R/no.txt try >>$R/second.result
stop_log

note "a read waits for readnum records"
setting readnum 30
reader $PROBE $R/once.txt once >$R/once.result &
pid=$!
sleep 0.5
in_a tcp send 10.0.2.1 5001 10 hold=100
sleep 0.3
kill -0 $pid && echo waiting >$R/once.waiting
a_bit 40000
wait $pid
note "a signal ends the wait"
settled 0
reader $PROBE $R/signal.txt blocking >$R/signal.result &
pid=$!
sleep 0.5
kill -TERM $pid
wait $pid
setting readnum 10

note "the alias is the same file"
reader /proc/net/tcpprobe_data $R/alias.txt >$R/alias.result &
pid=$!
sleep 0.5
a_bit
sleep 0.5
kill -TERM $pid
wait $pid

for mode in poll epoll blocking; do
  note "$mode"
  start_log reading/$mode $mode
  a_bit 100000
  sleep 0.5
  stop_log
done

note "tiny reads"
dd if=$PROBE of=$R/tiny.txt bs=7 count=300 2>$R/tiny.result &
pid=$!
sleep 0.3
a_bit 20000
wait $pid

for extended in 0 1; do
  note "binary records, and the setting changes while they are read: extended $extended"
  B=$R/binary-$extended
  setting extended $extended
  reader ${PROBE}_records $B.records >$B.result &
  pid=$!
  sleep 0.5
  cp $STAT $B.open
  a_bit 30000
  setting extended $((1 - extended))
  a_bit 30000
  cp $STAT $B.changed
  sleep 0.5
  kill -TERM $pid
  wait $pid
  cp $STAT $B.after
done
setting extended 0
note "tiny reads of binary records"
dd if=${PROBE}_records of=$R/tiny.records bs=7 count=300 2>>$R/tiny.result &
pid=$!
sleep 0.3
a_bit 20000
wait $pid

note "a new open begins a new log"
settled 0
reader $PROBE $R/new.txt try >$R/new.result
unload

note "a reader that sleeps"
load readnum=10 bufsize=64 extended=1
reader $PROBE $R/asleep.txt sleep=2500 >$R/asleep.result &
pid=$!
sleep 0.3
in_a tcp send 10.0.2.1 5001 600000 chunk=20000 every=100
sleep 0.5
cp $STAT $R/asleep.stat
kill -TERM $pid
wait $pid
unload

note "unload under a reader"
for mode in blocking poll epoll sleep=3000; do
  load readnum=1000 bufsize=4096
  reader $PROBE $R/unload-$mode.txt $mode >$R/unload-$mode.result &
  pid=$!
  sleep 0.3
  a_bit
  cp $STAT $R/unload-$mode.stat
  unload && echo gone >$R/unload-$mode.gone
  for _ in 1 2 3 4 5 6 7 8; do
    kill -0 $pid 2>/dev/null || break
    sleep 1
  done
  if kill -0 $pid 2>/dev/null; then
    echo "still there" >>$R/unload-$mode.result
    kill -TERM $pid
  fi
  wait $pid
done
ip netns del a; ip netns del b; ip netns del r
pkill -x tcp
exit 0
