#!/bin/sh
# bpf.sh text|records|plain: every kind of connection, seen by the module (its text, or its records through capture, with the
# extended fields or without) and by BPF at the same time, and by tcpdump and nstat.
. guest-capture/lib.sh
O=/out/bpf
mkdir -p $O
cd /payload || exit 1

load extended=1 bufsize=65536
network
start_sinks
# one segment a packet, so that records correspond to the packets that tcpdump sees
for dev in a/a0 b/b0; do ip -n ${dev%/*} link set ${dev#*/} gso_max_segs 1; done
modprobe tcp_bbr

if [ "$1" = text ]; then
  start_log bpf
else
  cp $STAT $O/stat.open
  [ "$1" = plain ] && without=--no-extended
  capture run --source kmod ${without:-} -o $O/kmod.tpp 2>$O/kmod.err &
  wait_for $O/kmod.err "capturing to" 120 || cat $O/kmod.err
fi
capture run --source bpf -o $O/bpf.tpp 2>$O/bpf.err &
wait_for $O/bpf.err "capturing to" 120 || cat $O/bpf.err
start_dump a a0 $O/a.pcap
start_dump b b0 $O/b.pcap
in_a nstat -n
in_b nstat -n

note loss
path_back delay 20ms
path delay 20ms rate 5mbit loss 2% reorder 5% gap 3
in_a tcp send 10.0.2.1 5001 400000

note ipv6
in_a tcp send fd00:2::1 5001 100000

note bbr
path delay 20ms rate 5mbit
in_a tcp send 10.0.2.1 5001 200000 cc=bbr

note "path cut"
in_a tcp send 10.0.2.1 5001 1500000 &
sender=$!
sleep 0.7
path delay 20ms rate 5mbit loss 100%
sleep 5
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

note "port reuse"
in_a tcp send 10.0.2.1 5001 3000 sport=40001 hold=200 abort
in_a tcp send 10.0.2.1 5001 3000 sport=40001 hold=200 abort

note ECN
# As in guest/witness.sh: netem marks what speaks ECN, so often that some are marked whatever the dice say.
path delay 20ms rate 5mbit loss 20% ecn
for ns in a b; do ip netns exec $ns sysctl -qw net.ipv4.tcp_ecn=1 net.ipv4.tcp_ecn_fallback=0; done
in_a tcp send 10.0.2.1 5001 200000
for ns in a b; do ip netns exec $ns sysctl -qw net.ipv4.tcp_ecn=2 net.ipv4.tcp_ecn_fallback=1; done
path delay 20ms rate 5mbit

note "v4-mapped at the sender; the sinks' sockets are so for all IPv4"
in_a tcp send ::ffff:10.0.2.1 5001 50000

note "fast open: the first asks for a cookie, the others send with the SYN"
for ns in a b; do ip netns exec $ns sysctl -qw net.ipv4.tcp_fastopen=3; done
in_b odd fast-sink 6001 &
FAST=$!
in_b odd quiet-sink 6002 &
QUIET=$!
sleep 0.5
for port in 6001 6001 6002; do in_a odd fast 10.0.2.1 $port; done

note "MPTCP: two subflows from two addresses"
if in_a sysctl -qw net.mptcp.enabled=1 2>/dev/null; then
  in_b sysctl -qw net.mptcp.enabled=1
  ip -n a addr add 10.0.1.3/24 dev a0
  for ns in a b; do ip -n $ns mptcp limits set subflow 2 add_addr_accepted 2; done
  ip -n a mptcp endpoint add 10.0.1.3 dev a0 subflow
  in_b tcp sink 5006 mptcp &
  SINKS="$SINKS $!"
  sleep 0.3
  path delay 20ms rate 5mbit loss 1%
  in_a tcp send 10.0.2.1 5006 400000 mptcp
  path delay 20ms rate 5mbit
else
  echo "this kernel has none" >$O/no-mptcp
fi

note "segmentation offload"
ip -n a link set a0 gso_max_segs 64
ip netns exec a ethtool -K a0 tso on gso on
in_a tcp send 10.0.2.1 5001 300000

settled 0
sleep 1
in_a nstat -az >$O/nstat.a
in_b nstat -az >$O/nstat.b
stop_dumps
pkill -INT -f bpf.tpp
wait_for $O/bpf.err "lost" 60
if [ "$1" = text ]; then
  stop_log
else
  pkill -INT -f kmod.tpp
  wait_for $O/kmod.err "lost" 60
  cat $O/kmod.err
fi
cat $O/bpf.err
for ns in a b; do readlink /run/netns/$ns; ip netns exec $ns stat -L -c '%n %i' /proc/self/ns/net; done >$O/netns.txt
unload
for sink in $SINKS $FAST $QUIET; do kill $sink; done
exit 0
