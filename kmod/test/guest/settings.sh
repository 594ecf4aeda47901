#!/bin/sh
# Each setting: default, effect, bad values.
. guest/lib.sh
O=/out/settings
mkdir -p $O

show_settings() { for file in $SYS/*; do echo "${file##*/} $(cat $file) $(stat -c %a $file)"; done; }

note "bad parameters must keep the module out"
for bad in port=70000 port=-1 port=x bufsize=0 readnum=0 full=2 debug=3 extended=yes maxflows=0 purgetime=0 probetime=-1; do
  if load $bad 2>/dev/null; then
    echo "$bad accepted"
    unload
  else
    echo "$bad refused"
  fi
done >$O/parameters.txt
# more than there is memory for: an error, and nobody is killed for it
load bufsize=4194304 2>/dev/null && { echo "bufsize=4194304 accepted"; unload; } >>$O/parameters.txt
load bufsize=1000 hashsize=100 port=4711 readnum=3 && show_settings >$O/rounded.txt
stat -c %a /proc/net/tcpprobe /proc/net/tcpprobe_data /proc/net/stat/tcpprobe_plus >$O/modes.txt
unload
load mode=0440 && stat -c %a /proc/net/tcpprobe >>$O/modes.txt
unload

load
show_settings >$O/defaults.txt
note "bad writes"
try() {
  before=$(cat $SYS/$1)
  if printf '%s' "$2" 2>/dev/null >$SYS/$1; then result=taken; else result=refused; fi
  echo "$1|$2|$result|$before|$(cat $SYS/$1)"
} 2>/dev/null
{
  try port 65535; try port 65536; try port -1; try port 12x; try port "1 2"; try port 0x10
  try port 99999999999999999999; try port 5001; try port " 80 "
  try full 2; try full 0; try full 1; try debug 3; try debug 2; try debug 0; try extended 7; try extended 1; try extended 0
  try readnum 0; try readnum 50; try readnum 10; try maxflows 0; try maxflows 5; try maxflows 1000
  try purgetime 0; try purgetime 5; try purgetime 300; try probetime 86400001; try probetime 200; try probetime 0
  try bufsize 64; try hashsize 64
} >$O/writes.txt

network
start_sinks
path delay 10ms rate 10mbit
path_back delay 10ms

note "port: either end, at once"
start_log settings/port
setting port 5001
in_a tcp send 10.0.2.1 5001 20000
sleep 0.5
setting port 5004
in_a tcp send 10.0.2.1 5001 20000
sleep 0.5
in_a tcp send 10.0.2.1 5004 20000
sleep 0.5
setting port 41000
in_a tcp send 10.0.2.1 5001 20000 sport=41000
sleep 0.5
setting port 0
in_a tcp send 10.0.2.1 5001 20000
sleep 0.5
stop_log

note "maxflows"
settled 0
in_a tcp send 10.0.2.1 5001 300000 chunk=1000 every=100 &
one=$!
sleep 0.5
setting maxflows 2
start_log settings/maxflows
sleep 0.5
grep ^Flows: $STAT >$O/flows.txt
in_a tcp send 10.0.2.1 5001 20000
grep ^Flows: $STAT >>$O/flows.txt
settled 1
setting maxflows 1000
in_a tcp send 10.0.2.1 5001 20000
settled 1
pkill -f 'tcp send 10.0.2.1 5001 300000'
wait $one
sleep 0.5
grep ^Flows: $STAT >>$O/flows.txt
stop_log

note "probetime"
setting probetime 200
start_log settings/probetime
in_a tcp send 10.0.2.1 5001 1500000 &
in_a tcp send fd00:2::1 5001 1000000
wait $!
stop_log
setting probetime 0

note "full 0"
setting full 0
setting extended 1
start_log settings/full
path delay 10ms rate 10mbit limit 30 loss 1%
in_a tcp send 10.0.2.1 5001 500000 &
in_a tcp send 10.0.2.1 5001 500000
wait $!
stop_log
setting full 1
setting extended 0

note "extended, switched while running"
start_log settings/extended
in_a tcp send 10.0.2.1 5001 20000
grep ^Fields: $STAT >$O/fields.0
setting extended 1
in_a tcp send 10.0.2.1 5001 20000
grep ^Fields: $STAT >$O/fields.1
setting extended 0
stop_log

note "purgetime"
setting purgetime 2
sleep 1
start_log settings/purge
in_a tcp send 10.0.2.1 5001 10000 chunk=5000 every=5000
settled 0
stop_log
setting purgetime 300

note "debug"
setting debug 2
start_log settings/debug
in_a tcp send 10.0.2.1 5001 2000
stop_log
setting debug 0
dmesg | grep tcpprobe_plus: >$O/dmesg.txt

note "two namespaces with the same addresses and ports"
for ns in c d; do
  ip netns add $ns
  ip -n $ns link set lo up
  ip netns exec $ns tcp sink 5001 &
done
sleep 0.3
setting extended 1
start_log settings/netns
for ns in c d; do ip netns exec $ns tcp send 127.0.0.1 5001 5000 sport=42000 hold=500 & done
sleep 1.5
stop_log
setting extended 0
unload
ip netns del c; ip netns del d
ip netns del a; ip netns del b; ip netns del r
pkill -x tcp
