# Shared by the scenarios: the network, the module, the reader.
# Traffic: namespace a -- router r -- namespace b; impairments sit on the router, so that what tcpdump sees in a
# and b is exactly what their TCP sent and received.
set -u
D=/payload
P=$D/programs
PROBE=/proc/net/tcpprobe
STAT=/proc/net/stat/tcpprobe_plus
SYS=/proc/sys/net/tcpprobe_plus
export PATH=$D:$P:$PATH

# last SECONDS, then `while ! end`. They start no process: under an emulated debug kernel those cost much.
uptime() { read -r UPTIME _ </proc/uptime && UPTIME=${UPTIME%.*}; }
last() { uptime && END=$((UPTIME + $1)); }
end() { uptime && [ "$UPTIME" -ge "$END" ]; }

note() { echo "== $(cut -d' ' -f1 /proc/uptime) $*"; }

load() { insmod $D/tcpprobe_plus.ko "$@"; }
unload() { rmmod tcpprobe_plus; }
setting() { echo "$2" >$SYS/"$1"; }

network() {
  for ns in a r b; do
    ip netns del $ns 2>/dev/null
    ip netns add $ns
  done
  ip link add a0 netns a type veth peer name a1 netns r
  ip link add b0 netns b type veth peer name b1 netns r
  ip -n a addr add 10.0.1.1/24 dev a0
  ip -n r addr add 10.0.1.2/24 dev a1
  ip -n b addr add 10.0.2.1/24 dev b0
  ip -n r addr add 10.0.2.2/24 dev b1
  ip -n a addr add fd00:1::1/64 dev a0 nodad
  ip -n r addr add fd00:1::2/64 dev a1 nodad
  ip -n b addr add fd00:2::1/64 dev b0 nodad
  ip -n r addr add fd00:2::2/64 dev b1 nodad
  for dev in a/a0 r/a1 r/b1 b/b0; do
    ip -n ${dev%/*} link set ${dev#*/} up
    ip netns exec ${dev%/*} ethtool -K ${dev#*/} tso off gso off gro off >/dev/null 2>&1
  done
  for ns in a r b; do ip -n $ns link set lo up; done
  ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
  ip -n a route add default via 10.0.1.2
  ip -n b route add default via 10.0.2.2
  ip -n a route add default via fd00:1::2
  ip -n b route add default via fd00:2::2
  for ns in a b; do
    ip netns exec $ns sysctl -qw net.ipv4.tcp_no_metrics_save=1 net.ipv4.tcp_slow_start_after_idle=1
  done
}

# path NETEM...: what the data direction a -> b meets; path_back: the acknowledgements
path() { ip netns exec r tc qdisc replace dev b1 root netem limit 10000 "$@"; }
path_back() { ip netns exec r tc qdisc replace dev a1 root netem limit 10000 "$@"; }
path_clear() {
  ip netns exec r tc qdisc del dev b1 root 2>/dev/null
  ip netns exec r tc qdisc del dev a1 root 2>/dev/null
}

in_a() { ip netns exec a "$@"; }
in_b() { ip netns exec b "$@"; }

# start_log NAME [reader mode]: reads the data file into /out/NAME/probe.txt
start_log() {
  O=/out/$1
  mkdir -p "$O"
  cp $STAT "$O/stat.before"
  reader $PROBE "$O/probe.txt" ${2:-} >"$O/reader.txt" &
  READER=$!
  for _ in $(seq 100); do
    grep -q '^Log: open 1' $STAT && break
    sleep 0.1
  done
  cp $STAT "$O/stat.open"
}
stop_log() {
  cp $STAT "$O/stat.during"
  kill -TERM $READER
  wait $READER
  cp $STAT "$O/stat.after"
}

# settled N: waits until a and b have only N connections left each (a close returns long before the last ACK)
settled() {
  for _ in $(seq 200); do
    left=0
    for ns in a b; do
      here=$(ip netns exec $ns ss -tnHO state connected exclude time-wait | wc -l)
      [ "$here" -gt "$left" ] && left=$here
    done
    [ "$left" -le "$1" ] && break
    sleep 0.1
  done
  sleep 0.3
}

# back to the page allocator what caches keep for later: the longer the traffic, the more empty slabs they have
shrink() {
  echo 3 >/proc/sys/vm/drop_caches
  for cache in /sys/kernel/slab/*/shrink; do echo 1 >"$cache"; done 2>/dev/null
  sleep 1
}
# A kernel may free what has ended only as the next one ends ("defer final 'struct net' free", 6.13 and stable ones): the next.
end_another() { ip netns add next; ip netns del next; sleep 1; }
namespaces() { awk '$1 == "net_namespace" { print $2 }' /proc/slabinfo; }
# ended N: waits until only N namespaces are left. The kernel takes its time to end them with their last sockets, the more
# the less CPU it gets.
ended() {
  for _ in $(seq 60); do
    end_another
    # this cache alone: KASAN looks through all that was freed lately for each
    echo 1 2>/dev/null >/sys/kernel/slab/net_namespace/shrink
    [ "$(namespaces)" -le "${1:-0}" ] && break
  done
}

# start_dump NS DEV FILE
start_dump() {
  ip netns exec "$1" tcpdump -i "$2" -s 128 -U -w "$3" tcp 2>"$3.err" &
  DUMPS="${DUMPS:-} $!"
  DUMP_FILES="${DUMP_FILES:-} $3"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    grep -q 'listening on' "$3.err" && break
    sleep 0.1
  done
}
# Killed, tcpdump leaves unread what waits for it: so not before its files have stopped growing.
stop_dumps() {
  size=-1
  for _ in $(seq 20); do
    sleep 1
    now=$(cat $DUMP_FILES | wc -c)
    [ "$now" = "$size" ] && break
    size=$now
  done
  DUMP_FILES=
  for pid in ${DUMPS:-}; do kill -TERM "$pid"; done
  for pid in ${DUMPS:-}; do wait "$pid"; done
  DUMPS=
}

# sinks in b: 5001 plain, 5002 slow and small, 5003 closes with data unread, 5004 answers
start_sinks() {
  ip netns exec b tcp sink 5001 & SINKS=$!
  ip netns exec b tcp sink 5002 pause=6000 rcvbuf=4096 & SINKS="$SINKS $!"
  ip netns exec b tcp sink 5003 unread & SINKS="$SINKS $!"
  ip netns exec b tcp sink 5004 reply=40000 & SINKS="$SINKS $!"
  sleep 0.3
}
