#!/bin/sh
# kill.sh KILLS SECONDS: kills captures with the module at random moments, under steady traffic, for at most SECONDS.
. guest-capture/lib.sh
O=/out/kill
mkdir -p $O
cd $O || exit 1
kills=$1
until=$(($(date +%s) + $2))

load
network
path delay 5ms
ip netns exec b iperf3 -s -D
sleep 0.5
ip netns exec a iperf3 -c 10.0.2.1 -b 4M -t 86400 >/dev/null &
traffic=$!
show_settings >settings.before

# first one that ends normally: it fills Node's code cache, so that the next ones start faster
capture run --duration 0.2 -o first.tpp 2>first.err

# the process itself, not a shell around it
one() {
  $D/node $D/app/capture/bin/capture.js run --port 5201 -o $1.tpp 2>$1.err &
  pid=$!
  wait_for $1.err "capturing to" 60 || return
  ms=$(($(od -An -N2 -tu2 /dev/urandom) % 2200))
  sleep "$(printf %d.%03d $((ms / 1000)) $((ms % 1000)))"
  read -r now _ </proc/uptime
  kill -9 $pid
  echo "${now%.*}${now#*.}0000000" >$1.killed
  wait $pid
} 2>/dev/null

number=0
while [ "$number" -lt "$kills" ] && [ "$(date +%s)" -lt "$until" ]; do
  number=$((number + 1))
  one $number
done
show_settings >settings.killed
capture run --duration 0.2 -o last.tpp 2>last.err
echo "exit $?" >last.exit
show_settings >settings.after
ls -A /run/tcpprobe_plus >state.after
kill $traffic
pkill iperf3
unload
exit 0
