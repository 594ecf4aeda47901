#!/bin/sh
# The oracle suite in a booted guest: each case with each congestion control under one capture, each run on a port of its own.
# Beside it the witnesses: tcpdump at the sender, ss (what the kernel tells of a socket as it is destroyed), nstat before and
# after, iperf3's report.
#
#   sh inside-guest/matrix.sh SET CASES CONTROLS       as small "clean loss" "cubic bbr"
#
# PART=4: transfers of a quarter of the length
. guest-capture/lib.sh
COUNTERS="TcpInSegs TcpOutSegs TcpRetransSegs TcpExtTCPTimeouts TcpExtTCPLossProbes"
export PART="${PART:-1}"

witnessed() { # CASE CONTROL PORT
  O=$S/$1-$2
  mkdir -p "$O"
  note "$1 $2"
  echo "$3" >"$O/port.txt"
  device=a0
  [ "$1" = over-4-gib ] && device=lo
  ip netns exec a tcpdump -i $device -s 96 -B 32768 --time-stamp-precision=nano -w "$O/sender.pcap" "tcp port $3" 2>"$O/tcpdump.txt" &
  dump=$!
  wait_for "$O/tcpdump.txt" "listening on" 60
  in_a nstat -az $COUNTERS >"$O/nstat.before"
  sh inside-guest/traffic.sh "$1" "$2" "$3" "$O"
  in_a nstat -az $COUNTERS >"$O/nstat.after"
  sleep 1.5 # tcpdump gets packets from the kernel once a second
  kill -TERM $dump
  wait $dump
  grep -h "dropped by kernel" "$O/tcpdump.txt"
  gzip "$O/sender.pcap"
}

S=/out/$1
mkdir -p "$S"
modprobe -q sch_netem
modprobe -q tcp_bbr
load extended=1 bufsize=65536
network
# one segment a packet, so that a record and a frame are the same thing
for dev in a/a0 b/b0; do ip -n ${dev%/*} link set ${dev#*/} gso_max_segs 1; done
uname -r >"$S/release.txt"
iperf3 --version | head -1 >"$S/iperf3.txt"
tcpdump --version 2>&1 | head -1 >"$S/tcpdump.txt"
ss --version >"$S/iproute2.txt"
sh inside-guest/clock.sh >"$S/clock.txt"

ip netns exec a stdbuf -oL ss -tinEHO >"$S/ss.txt" 2>&1 &
watch=$!
$D/node $D/app/capture/bin/capture.js run --source kmod --full --probetime 0 -o "$S/capture.tpp" 2>"$S/capture.txt" &
recorder=$!
wait_for "$S/capture.txt" "capturing to" 120
port=5201
for case in $2; do
  for control in $3; do
    witnessed "$case" "$control" $port
    port=$((port + 1))
  done
done
sleep 1
kill -INT $recorder
wait $recorder
kill -TERM $watch
wait $watch
cat "$S/capture.txt"
unload
exit 0
