#!/bin/sh
# The same transfer with congestion controls of which a constant was changed, and with the same one as it is.
. guest/recording.sh

load port=5001 extended=1
network
start_sinks
path_back delay 20ms
insmod $D/unregister.ko || exit 1

# with MODULE CC BYTES
with() {
  insmod $D/"$1".ko || exit 1
  recording "$(echo "$1" | tr _ -)" in_a tcp send 10.0.2.1 5001 "$3" cc="$2"
  settled 0
  rmmod "$1" || exit 1
}

path delay 20ms rate 10mbit limit 60 loss 0.5%
with cubic_as_is cubic 2500000
with cubic_beta cubic 2500000
with cubic_c cubic 2500000
path delay 20ms rate 10mbit
with bbr_as_is bbr 3500000
with bbr_high_gain bbr 3500000
with bbr_cycle bbr 3500000
unload
exit 0
