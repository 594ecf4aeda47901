#!/bin/sh
# bench.sh ROUNDS: the same exchange without the module, with it, and with the tcp_probe tracepoint.
. guest/lib.sh
T=/sys/kernel/tracing
O=/out/bench
mkdir -p $O
exchange="bench exchange $1 1000"
$exchange >/dev/null
$exchange >$O/none.txt

echo 65536 >$T/buffer_size_kb
echo >$T/trace
echo 1 >$T/events/tcp/tcp_probe/enable
$exchange >$O/tracepoint.txt
echo 0 >$T/events/tcp/tcp_probe/enable
grep -h . $T/per_cpu/cpu*/stats >$O/tracepoint.stats
bench read $T/trace_pipe >>$O/tracepoint.txt

load bufsize=262144
$exchange >$O/closed.txt
bench hold $PROBE $exchange >$O/module.txt
bench hold ${PROBE}_records $exchange >$O/binary.txt
cp $STAT $O/binary.stat
setting extended 1
bench hold $PROBE $exchange >$O/extended.txt
bench hold ${PROBE}_records $exchange >$O/binary-extended.txt
cp $STAT $O/binary-extended.stat
setting extended 0
setting probetime 1000
bench hold $PROBE $exchange >$O/probetime.txt
unload
$exchange >$O/none.again.txt
