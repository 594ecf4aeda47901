#!/bin/sh
# Captures loopback traffic at full speed with the module's defaults: how much, how fast, what is lost.
. guest-capture/lib.sh
O=/out/full-speed
mkdir -p $O
cd $O || exit 1
iperf3 -s -p 5201 -D
sleep 0.5
for bufsize in 4096 65536; do
  load bufsize=$bufsize
  for fields in --extended --no-extended; do
    option=$fields
    [ $fields = --extended ] && option=
    name=$bufsize$fields
    $D/node $D/app/capture/bin/capture.js run --port 5201 $option -o $name.tpp -- \
      sh -c "iperf3 -c 127.0.0.1 -t 8 --json >$name.json; cat $STAT >$name.stat" 2>$name.err
    sed "s/^/$name: /" $name.err
    grep -E "^(Log|Lost)" $name.stat
  done
  unload
done
pkill iperf3
exit 0
