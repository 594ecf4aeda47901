#!/bin/sh
# Recordings for the analyzer's tests: real text of the module, both ends of each connection.
. guest/recording.sh

cut_path() {
  in_a tcp send 10.0.2.1 5001 1500000 &
  sender=$!
  sleep 2
  path delay 20ms rate 5mbit loss 100%
  sleep 5
  path delay 20ms rate 5mbit
  wait $sender
}

load port=5001
network
start_sinks
path_back delay 20ms

path delay 20ms rate 10mbit limit 60 loss 1%
recording loss in_a tcp send 10.0.2.1 5001 2000000
recording ipv6 in_a tcp send fd00:2::1 5001 1000000
path delay 20ms rate 5mbit
recording rto-chain cut_path
path delay 20ms rate 10mbit
recording bbr in_a tcp send 10.0.2.1 5001 2500000 cc=bbr

setting extended 1
path delay 20ms rate 10mbit limit 60 loss 1%
recording loss-extended in_a tcp send 10.0.2.1 5001 1500000
path delay 20ms rate 10mbit
recording bbr-extended in_a tcp send 10.0.2.1 5001 1500000 cc=bbr
path delay 20ms rate 5mbit
recording rto-chain-extended cut_path
setting port 5002
recording zero-window-extended in_a tcp send 10.0.2.1 5002 60000
unload

# a reader that sleeps while a small ring overflows: holes in the record numbers
load port=5001 extended=1 bufsize=128
path delay 20ms rate 10mbit
O=/out/overflow-extended
mkdir -p $O
cp $STAT $O/stat.before
reader $PROBE $O/probe.txt sleep=4000 >$O/reader.txt &
READER=$!
sleep 0.3
for file in "$SYS"/*; do echo "${file##*/} $(cat "$file")"; done >$O/sysctl.txt
echo "in_a tcp send 10.0.2.1 5001 1000000 chunk=20000 every=100, reader asleep for the first 4 s" >$O/command.txt
in_a tcp send 10.0.2.1 5001 1000000 chunk=20000 every=100
sleep 1
stop_log
uname -r >$O/release.txt
unload
exit 0
