#!/bin/sh
# patching.sh SECONDS own|module: the kernel's own function tracer, or the module, put on the same functions and
# taken off again under traffic, as often as it goes. Tells a fault of the module from one of the kernel or the
# emulator: where "own" fails, the module has no part in it.
. guest/lib.sh
O=/out/patching
mkdir -p $O
T=/sys/kernel/tracing
network
start_sinks
path delay 2ms rate 50mbit loss 1%
last "$1"
in_a tcp churn 10.0.2.1 5001 100 "$1" 2000 >$O/churn.txt &
while ! end; do in_a tcp send 10.0.2.1 5001 4000000; done &
while ! end; do in_a tcp send fd00:2::1 5001 4000000; done &
if [ "$2" = own ]; then
  for f in __tcp_transmit_skb tcp_v4_do_rcv tcp_v6_do_rcv tcp_retransmit_timer tcp_send_probe0 tcp_done; do
    echo $f >>$T/set_ftrace_filter
  done
fi
times=0
while ! end; do
  case $2 in
    own)
      echo function >$T/current_tracer
      echo nop >$T/current_tracer
      ;;
    module)
      load || exit 1
      unload || exit 1
      ;;
  esac
  times=$((times + 1))
done
echo "$2: $times times on and off in $1 s" | tee $O/times.txt
pkill -x tcp
exit 0
