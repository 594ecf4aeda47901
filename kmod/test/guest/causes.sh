#!/bin/sh
# Recordings of flows whose limit is known by construction, for `analyze diagnose`: real text of the module, extended.
# causes.sh: the set that diagnose was written with. causes.sh validation: other numbers, paths and algorithms.
. guest/recording.sh

cut_path() {
  in_a tcp send 10.0.2.1 5001 "$2" "$4" &
  sender=$!
  sleep "$1"
  path delay "$3" rate 5mbit loss 100%
  sleep "$5"
  path delay "$3" rate 5mbit
  wait $sender
}

network
start_sinks
ip netns exec b tcp sink 5005 rcvbuf=6000 &
ip netns exec b tcp sink 5006 rcvbuf=20000 &
sleep 0.3

if [ "${1:-development}" = development ]; then
  load port=0 extended=1
  path_back delay 40ms
  # A window that starts at 10 and never meets a loss: congestion window, to the last byte.
  path delay 40ms rate 100mbit
  recording cause-cwnd in_a tcp send 10.0.2.1 5001 1500000
  recording cause-receiver in_a tcp send 10.0.2.1 5005 150000
  recording cause-application in_a tcp send 10.0.2.1 5001 100000 chunk=2000 every=60
  path delay 20ms rate 20mbit loss 4%
  path_back delay 20ms
  recording cause-loss in_a tcp send 10.0.2.1 5001 1200000
  recording cause-blackout cut_path 1 1200000 20ms cc=cubic 4
else
  load port=0 extended=1
  path_back delay 15ms
  path delay 30ms rate 200mbit
  recording validation-cwnd in_a tcp send 10.0.2.1 5001 2500000 cc=reno
  recording validation-receiver in_a tcp send 10.0.2.1 5006 700000
  recording validation-application in_a tcp send 10.0.2.1 5001 60000 chunk=500 every=25
  path delay 30ms rate 10mbit loss 7%
  recording validation-loss in_a tcp send 10.0.2.1 5001 400000 cc=reno
  recording validation-blackout cut_path 0.7 900000 15ms cc=bbr 6
fi
unload
exit 0
