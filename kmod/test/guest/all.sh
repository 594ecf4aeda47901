#!/bin/sh
# Every scenario, one after the other, and what they left behind.
uname -r >/out/release
slab() { grep -E '^(TCP|TCPv6|kmalloc-(64|128|256|512|1k|2k)|tcpprobe_flow) ' /proc/slabinfo; grep -E '^(Slab|SUnreclaim|VmallocUsed)' /proc/meminfo; }
slab >/out/slab.before
for scenario in "$@"; do
  echo "=== $scenario"
  timeout ${LIMIT:-400} sh guest/$scenario.sh 2>&1 || echo "=== $scenario failed: $?"
done
sleep 2
slab >/out/slab.after
lsmod >/out/lsmod.after
modinfo tcpprobe_plus.ko >/out/modinfo
exit 0
