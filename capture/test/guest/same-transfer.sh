#!/bin/sh
# One transfer, captured by the module, by tracepoints and by ss at the same time.
. guest-capture/lib.sh
O=/out/same-transfer
mkdir -p $O
cd $O || exit 1

load
network
path delay 20ms rate 2mbit limit 40 loss 0.3%
path_back delay 20ms
ip netns exec b iperf3 -s -D
sleep 0.5

captures=
for source in kmod tracefs ss; do
  # ss shows only sockets of its own network namespace, so it is polled in the sender's
  place=
  [ $source = ss ] && place="ip netns exec a"
  $place $D/node $D/app/capture/bin/capture.js run --source $source --port 5201 --interval 100 -o $source.tpp 2>$source.err &
  captures="$captures $!"
done
for source in kmod tracefs ss; do wait_for $source.err "capturing to" 90; done
ip netns exec a iperf3 -c 10.0.2.1 -n 4M -C cubic --json >iperf3.json
sleep 1
kill -INT $captures
wait $captures
pkill iperf3
unload
exit 0
