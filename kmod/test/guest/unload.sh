#!/bin/sh
# [LIMIT=SECONDS] unload.sh TRIALS: begins to poll while the module is being unloaded (racer.c).
. guest/lib.sh
mkdir -p /out/unload
timeout "${LIMIT:-1500}" racer $D/tcpprobe_plus.ko "$1" 3000 >/out/unload/racer 2>&1
