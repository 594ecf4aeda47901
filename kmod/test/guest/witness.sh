#!/bin/sh
# Every kind of connection, seen by the module and at the same time by tcpdump, ss, nstat and the kernel's own
# tcp_probe tracepoint.
. guest/lib.sh

T=/sys/kernel/tracing
trace_on() {
  echo mono >$T/trace_clock
  echo 16384 >$T/buffer_size_kb
  echo >$T/trace
  echo 1 >$T/events/tcp/tcp_probe/enable
}
trace_off() {
  echo 0 >$T/events/tcp/tcp_probe/enable
  cat $T/trace >$O/tcp_probe.txt
  cat $T/per_cpu/cpu*/stats >$O/tcp_probe.stats
  echo 1408 >$T/buffer_size_kb
}

# polls until the file `stop` appears: clock, ss, clock
poll_ss() {
  while [ ! -e /run/stop ]; do
    echo "begin $(reader clock)"
    ip netns exec a ss -tinHO
    echo "end $(reader clock)"
  done
}

timeouts() { in_a nstat -asz TcpExtTCPTimeouts | awk '$1 == "TcpExtTCPTimeouts" { print $2 }'; }

load extended=1 bufsize=65536
network
start_sinks
ip netns exec b tcp sink 5007 until=/run/close & SINKS="$SINKS $!"
# one segment a packet, so that records and what tcpdump sees are the same things
for dev in a/a0 b/b0; do ip -n ${dev%/*} link set ${dev#*/} gso_max_segs 1; done

start_log witness
start_dump a a0 $O/a.pcap
start_dump b b0 $O/b.pcap
in_a nstat -n
in_b nstat -n
trace_on
poll_ss >$O/ss.txt &
POLL=$!

note loss
path_back delay 20ms
path delay 20ms rate 5mbit loss 2% reorder 5% gap 3
in_a tcp send 10.0.2.1 5001 400000

note ipv6
in_a tcp send fd00:2::1 5001 100000

note bbr
path delay 20ms rate 5mbit
in_a tcp send 10.0.2.1 5001 200000 cc=bbr

note "idle gaps"
# so slow that ss has time to look between two segments
path_back delay 400ms
path delay 400ms rate 5mbit loss 10%
in_a tcp send 10.0.2.1 5001 100000 chunk=10000 every=1200
path_back delay 20ms

note "path cut"
path delay 20ms rate 5mbit
in_a tcp send 10.0.2.1 5001 1500000 &
sender=$!
for _ in $(seq 100); do
  in_a ss -tnHO state established dport = :5001 | grep -q . && break
  sleep 0.1
done
sleep 0.5
timeouts=$(timeouts)
path delay 20ms rate 5mbit loss 100%
# as long as a chain of timeouts takes; on a busy machine the first one comes late
for _ in $(seq 120); do
  [ "$(timeouts)" -ge $((timeouts + 4)) ] && break
  sleep 0.5
done
path delay 20ms rate 5mbit
wait $sender

note "zero window"
in_a tcp send 10.0.2.1 5002 40000

note "data in FIN_WAIT"
in_a tcp send 10.0.2.1 5004 3000 half

note "reset by the sender, by the receiver, refused"
in_a tcp send 10.0.2.1 5001 5000 hold=300 abort
in_a tcp send 10.0.2.1 5003 5000 hold=800
in_a tcp send 10.0.2.1 5999 10

note "both ends close at once"
path delay 300ms
path_back delay 300ms
in_a tcp send 10.0.2.1 5007 3000 until=/run/close &
sender=$!
for _ in $(seq 100); do
  # connected, and nothing is under way
  in_b ss -tnHO state established sport = :5007 | grep -q . && in_a ss -tnHO state established dport = :5007 | grep -q '^ *0 *0 ' && break
  sleep 0.1
done
touch /run/close
wait $sender
path_back delay 20ms

note ECN
# Netem marks what speaks ECN and drops what does not: so often that some are marked whatever the dice say, and a first SYN
# that is dropped is no reason to go without.
path delay 20ms rate 5mbit loss 20% ecn
for ns in a b; do ip netns exec $ns sysctl -qw net.ipv4.tcp_ecn=1 net.ipv4.tcp_ecn_fallback=0; done
in_a tcp send 10.0.2.1 5001 300000
for ns in a b; do ip netns exec $ns sysctl -qw net.ipv4.tcp_ecn=2 net.ipv4.tcp_ecn_fallback=1; done
path delay 20ms rate 5mbit

note "urgent data"
in_a odd urgent 10.0.2.1 5001

note "port reuse"
in_a tcp send 10.0.2.1 5001 3000 sport=40001 hold=200 abort
in_a tcp send 10.0.2.1 5001 3000 sport=40001 hold=200 abort

touch /run/stop
wait $POLL
# or what is sent after nstat looked has records, and is in nobody's counters
settled 0
sleep 1
trace_off
in_a nstat -az >$O/nstat.a
in_b nstat -az >$O/nstat.b
stop_dumps
stop_log
dmesg -n 1
unload
rm -f /run/stop /run/close
for ns in a b; do readlink /run/netns/$ns; ip netns exec $ns stat -L -c '%n %i' /proc/self/ns/net; done >$O/netns.txt
for sink in $SINKS; do kill $sink; done
ip netns del a; ip netns del b; ip netns del r
