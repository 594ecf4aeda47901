#!/bin/sh
# The ways of kmod/README.md to build and load the module, in the guest itself: make load, make unload, DKMS.
. guest/lib.sh
set -e
O=/out/install
mkdir -p $O
cp -r kmod /root/kmod
# udev makes it on a whole system, and dkms needs it.
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
cd /root/kmod
note "make load PORT=5001"
make load PORT=5001 ARGS="extended=1 bufsize=5000" >$O/make.txt 2>&1
grep . $SYS/port $SYS/extended $SYS/bufsize >$O/loaded.txt
note "make load again takes the old one out first"
make load PORT=5002 >>$O/make.txt 2>&1
cat $SYS/port >$O/reloaded.txt
note "the commands of the older README, as they stand there"
(cd / && bash /root/kmod/reload_module.sh 5001) >>$O/make.txt 2>&1
{
  more $SYS/port | cat
  for f in bufsize readnum debug full hashsize maxflows port probetime purgetime; do
    echo "$f $(ls -l $SYS/$f | cut -c1-10)"
  done
  sh -c 'echo 1024 > /proc/sys/net/tcpprobe_plus/readnum'
  sh -c 'echo 0 > /proc/sys/net/tcpprobe_plus/debug'
  sh -c 'echo 0 > /proc/sys/net/tcpprobe_plus/full'
  sh -c 'echo 1000000 > /proc/sys/net/tcpprobe_plus/maxflows'
  sh -c 'echo 5001 > /proc/sys/net/tcpprobe_plus/port'
  sh -c 'echo 200 > /proc/sys/net/tcpprobe_plus/probetime'
  sh -c 'echo 200 > /proc/sys/net/tcpprobe_plus/purgetime'
  for f in readnum debug full maxflows port probetime purgetime; do echo "$f $(cat $SYS/$f)"; done
} >$O/older.txt 2>&1
note "what can only be read there is set at load"
make load ARGS="bufsize=1024 hashsize=16384" >>$O/make.txt 2>&1
grep -h . $SYS/bufsize $SYS/hashsize >$O/at-load.txt
make unload >>$O/make.txt 2>&1
lsmod | grep tcpprobe_plus && exit 1
make clean >>$O/make.txt 2>&1
note "DKMS"
make dkms >$O/dkms.txt 2>&1
dkms status tcpprobe_plus >$O/status.txt
cp tcpprobe_plus.modprobe.conf /etc/modprobe.d/tcpprobe_plus.conf
modprobe tcpprobe_plus
grep . $SYS/* >$O/modprobe.txt
modprobe -r tcpprobe_plus
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
dkms remove "tcpprobe_plus/$version" --all >>$O/dkms.txt 2>&1
note "done"
