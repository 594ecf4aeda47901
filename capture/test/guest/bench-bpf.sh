#!/bin/sh
# bench-bpf.sh ROUNDS: the same exchange without BPF, with BPF, and with a BPF filter that rejects all of it.
. guest-capture/lib.sh
O=/out/bench
mkdir -p $O
exchange="bench exchange $1 1000"
$exchange >/dev/null
$exchange >$O/none.txt
bpf() { $D/node $D/app/capture/test/guest/bench-bpf.js "$@" || cat "$2"; }
bpf 0 $O/bpf.txt $exchange
bpf 1 $O/rejected.txt $exchange
$exchange >$O/none.again.txt
exit 0
