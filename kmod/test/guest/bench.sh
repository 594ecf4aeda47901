#!/bin/sh
# bench.sh ROUNDS: the same exchange without the module, with it, and with the tcp_probe tracepoint, three times each: how the
# kernel's allocators stand as one begins makes some hundred instructions an exchange.
. guest/lib.sh
T=/sys/kernel/tracing
O=/out/bench
mkdir -p $O
once="bench exchange $1 1000"
thrice() { for _ in 1 2 3; do $once; done; }
hold() { bench hold "$1" sh -c "$once; $once; $once"; }
$once >/dev/null
thrice >$O/none.txt

echo 65536 >$T/buffer_size_kb
echo >$T/trace
echo 1 >$T/events/tcp/tcp_probe/enable
thrice >$O/tracepoint.txt
echo 0 >$T/events/tcp/tcp_probe/enable
grep -h . $T/per_cpu/cpu*/stats >$O/tracepoint.stats
bench read $T/trace_pipe >>$O/tracepoint.txt

load bufsize=262144
thrice >$O/closed.txt
hold $PROBE >$O/module.txt
hold ${PROBE}_records >$O/binary.txt
cp $STAT $O/binary.stat
setting extended 1
hold $PROBE >$O/extended.txt
hold ${PROBE}_records >$O/binary-extended.txt
cp $STAT $O/binary-extended.stat
setting extended 0
setting probetime 1000
hold $PROBE >$O/probetime.txt
unload
thrice >$O/none.again.txt
