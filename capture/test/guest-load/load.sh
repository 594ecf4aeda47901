#!/bin/sh
# Loads and unloads the module with capture, as its package installs it, and tries everything that can prevent that.
# Each step leaves its standard output, standard error and exit code in /out/load.
O=/out/load
K=$(uname -r)
APP=/payload/node_modules/@tcpprobe-plus/capture
mkdir -p $O
# without it, a start takes seconds under emulation
export NODE_COMPILE_CACHE=/run/node-cache
capture() { /payload/node $APP/bin/capture.js "$@"; }

# step NAME COMMAND...
step() {
  name=$1
  shift
  echo "== $(cut -d' ' -f1 /proc/uptime) $name: $*"
  "$@" >$O/$name.out 2>$O/$name.err
  echo $? >$O/$name.code
}
# away FILE COMMAND...: runs a command while a file is missing
away() {
  file=$1
  shift
  mv $file $file.away
  "$@"
  mv $file.away $file
}

step status-without capture status
step doctor-without capture doctor
step load-without-root setpriv --reuid 65534 --clear-groups /payload/node $APP/bin/capture.js load
step doctor-without-root setpriv --reuid 65534 --clear-groups env -u NODE_COMPILE_CACHE /payload/node $APP/bin/capture.js doctor
away /lib/modules/$K/build step load-without-headers capture load
away /usr/bin/gcc-12 step load-without-compiler capture load
away /usr/bin/make step load-without-make capture load
away /usr/sbin/insmod away /sbin/insmod step load-without-insmod capture load 2>/dev/null
mkdir /run/broken
cp -r /payload/node_modules /run/broken/
BROKEN=/run/broken/node_modules/@tcpprobe-plus/capture
# in each file and fatal, so that the compiler stops at once
sed -i '1i #include "not-there.h"' $BROKEN/dist/kmod/*.c
step load-broken /payload/node $BROKEN/bin/capture.js load
ls /var/cache/tcpprobe_plus/module-builds >$O/after-broken.txt

# for trying this by hand: a module that was built elsewhere
[ -d /payload/module-builds ] && cp -r /payload/module-builds /var/cache/tcpprobe_plus/
step load capture load --port 5001 --set bufsize=5000 --set extended=1
ls -l /var/cache/tcpprobe_plus/module-builds/*/ >$O/cache.txt
step load-again capture load --port 5002
step load-same capture load --port 5002 --set bufsize=8192
step load-fixed capture load --set bufsize=65536
cat /proc/sys/net/tcpprobe_plus/port >$O/port.txt
step status capture status
step status-json capture status --json
step doctor script -qec "stty cols 80; /payload/node $APP/bin/capture.js doctor" /dev/null
step doctor-json capture doctor --json
step elsewhere unshare -n /payload/node $APP/bin/capture.js status

echo "== a reader"
# shellcheck disable=SC2217 # it only holds the file open
sleep 1000 </proc/net/tcpprobe &
reader=$!
sleep 0.5
step unload-busy capture unload
step status-busy capture status
echo $reader >$O/reader.txt
kill $reader

echo "== watching"
capture load --port 0 --quiet
cat /proc/net/tcpprobe >/run/records &
reader=$!
iperf3 -s -D
sleep 1
iperf3 -c 127.0.0.1 -t 200 -b 5M >/dev/null 2>&1 &
watch() {
  file=$1
  shift
  /payload/node $APP/bin/capture.js status --watch 1 "$@" >$file &
  watcher=$!
  for _ in $(seq 60); do
    [ "$(wc -l <$file)" -ge 4 ] && break
    sleep 1
  done
  kill -INT $watcher
  wait $watcher
}
step watch watch $O/watch.txt
step watch-json watch $O/watch-json.txt --json
pkill iperf3
step unload-force capture unload --force
wait $reader
lsmod >$O/lsmod.txt
step unload-without capture unload

echo "== the one that was built before"
step load-cached capture load
echo "== a capture that is killed"
/payload/node $APP/bin/capture.js run --port 7000 --no-extended -o /run/killed.tpp 2>/run/killed.err &
killed=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -q 'capturing to' /run/killed.err && break
  sleep 0.5
done
kill -9 $killed
wait $killed
cat /proc/sys/net/tcpprobe_plus/port >$O/port-killed.txt
step doctor-left capture doctor
step doctor-fix capture doctor --fix
cat /proc/sys/net/tcpprobe_plus/port >$O/port-fixed.txt
step unload capture unload

echo "== the single executable, whose sources are inside"
step load-executable env -i PATH=$PATH HOME=$HOME /payload/capture load
step unload-executable env -i PATH=$PATH HOME=$HOME /payload/capture unload

echo "== one that is not of this kernel's build"
module=$(ls /var/cache/tcpprobe_plus/module-builds/*/tcpprobe_plus.ko)
cp $module /run/good.ko
sed -i "s/vermagic=$K SMP/vermagic=$K UNI/" $module
# a new build would take long, so this only checks that one is started
away /usr/bin/make step load-stale capture load

echo "== one that is installed"
mkdir -p /lib/modules/$K/updates/dkms
cp /run/good.ko /lib/modules/$K/updates/dkms/tcpprobe_plus.ko
depmod -a
step load-installed capture load --port 5003
step unload-installed capture unload

echo "== closed doors, which do not open again before a restart"
echo 1 >/sys/module/module/parameters/sig_enforce
step load-unsigned-installed capture load
step load-unsigned capture load --build
mount -t securityfs securityfs /sys/kernel/security
echo integrity >/sys/kernel/security/lockdown
step load-lockdown capture load --build
echo 1 >/proc/sys/kernel/modules_disabled
step load-disabled capture load
exit 0
