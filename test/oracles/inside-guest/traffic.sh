#!/bin/sh
# The traffic of one case: its path, one transfer from a to b, and the wait for its end.
#
#   sh inside-guest/traffic.sh CASE CONTROL PORT OUT
. guest/lib.sh
control=$2
port=$3
O=$4

# transfer IPERF3-OPTIONS...
transfer() {
  in_b iperf3 -s -1 -p "$port" >"$O/server.txt" 2>&1 &
  sleep 0.7
  timeout 60 ip netns exec a iperf3 -c 10.0.2.1 -p "$port" -C "$control" --json "$@" >"$O/iperf3.json"
  settled 0
}

delay=20ms
path_back delay $delay
case $1 in
  clean)
    path delay $delay rate 20mbit limit 1000
    transfer -n $((6000 / PART))K
    ;;
  loss)
    path delay $delay rate 20mbit limit 1000 loss 1%
    transfer -n $((3000 / PART))K
    ;;
  burst-loss)
    path delay $delay rate 20mbit limit 1000 loss gemodel 1% 20% 70% 0.1%
    transfer -n $((2000 / PART))K
    ;;
  reordering)
    path delay $delay rate 20mbit limit 1000 reorder 5% gap 3
    transfer -n $((3000 / PART))K
    ;;
  receiver-limited)
    path delay $delay rate 20mbit limit 1000
    in_b sysctl -qw net.ipv4.tcp_rmem="4096 32768 32768"
    transfer -n $((2000 / PART))K
    in_b sysctl -qw net.ipv4.tcp_rmem="4096 131072 6291456"
    ;;
  application-limited)
    path delay $delay rate 20mbit limit 1000
    transfer -t $((6 / PART)) -l 4K -b 2M
    ;;
  blackout)
    path delay $delay rate 10mbit limit 200
    transfer -n $((4000 / PART))K &
    sleep "$((16 / PART + 9))e-1" # amid the data
    path delay $delay rate 10mbit limit 200 loss 100%
    sleep 4
    path delay $delay rate 10mbit limit 200
    wait
    ;;
  over-4-gib)
    in_a iperf3 -s -1 -p "$port" >"$O/server.txt" 2>&1 &
    sleep 0.7
    timeout 200 ip netns exec a iperf3 -c 127.0.0.1 -p "$port" -C "$control" --json -n 4400M >"$O/iperf3.json"
    settled 0
    ;;
  port-reuse)
    # a closed connection leaves its port in TIME_WAIT; tcp_tw_reuse lets the next one take it after a second
    path delay $delay rate 20mbit limit 1000
    in_a sysctl -qw net.ipv4.tcp_tw_reuse=1
    ip netns exec b tcp sink "$port" &
    sink=$!
    sleep 0.3
    for bytes in 300000 200000 100000; do
      in_a tcp send 10.0.2.1 "$port" $bytes cc="$control" sport=40001 hold=300
      settled 0
      sleep 1.5
    done
    kill $sink
    ;;
esac
path_clear
