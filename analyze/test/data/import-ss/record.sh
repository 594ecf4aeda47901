#!/bin/sh
# Polls of the ss of this machine, logged in the ways that people do (ts of moreutils, date), while iperf3 sends for a second over the
# loopback of a network namespace of its own. Run as root: unshare -n sh record.sh FOLDER
set -eu
folder=$1
ip link set lo up
iperf3 -s -p 5309 >/dev/null &
server=$!
sleep 1
poll() { # NAME COMMAND: what COMMAND prints while iperf3 sends
  iperf3 -c 127.0.0.1 -p 5309 -t 1.5 -b 40M >"$folder/iperf3.txt" &
  client=$!
  sleep 0.3
  sh -c "$2" >"$folder/$1.txt"
  wait "$client"
}
loop() { echo "for i in 1 2 3 4; do $1; sleep 0.1; done"; }
poll ts-epoch "$(loop "ss -tine '( dport = :5309 )'") | ts '%.s'"
poll ts-default "$(loop "ss -tinO '( dport = :5309 )'") | ts"
poll ts-date "$(loop "ss -tinH '( dport = :5309 )'") | ts '%F %.T'"
poll date-between "$(loop "LC_ALL=C date; ss -tin '( dport = :5309 )'")"
poll date-epoch-established "$(loop "date +%s.%N; ss -tinH state established '( dport = :5309 )'")"
poll date-iso "$(loop "date -Ins; ss -tinHOe '( sport = :5309 or dport = :5309 )'")"
poll without-times "$(loop "ss -tin '( dport = :5309 )'")"
kill "$server"
rm -f "$folder/iperf3.txt"
