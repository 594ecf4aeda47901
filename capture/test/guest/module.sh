#!/bin/sh
# Captures with the module: a command under the capture, settings and their return, a change meanwhile, a crash, a small
# ring, the module removed, a clock that is set.
. guest-capture/lib.sh
O=/out/module
mkdir -p $O
cd $O || exit 1

load
network
ip netns exec b iperf3 -s -D
show_settings >settings.before

note "under a command, with the settings for the run"
capture run --text --port 5201 --probetime 0 --json -o run1.tpp -- \
  sh -c "cat $STAT >run1.during; ip netns exec a iperf3 -c 10.0.2.1 -n 40M >run1.iperf3; sleep 1; cat $STAT >run1.after; cat $SYS/* >run1.settings; exit 3" 2>run1.err
echo "exit $?" >run1.exit
show_settings >settings.after
ls /run/tcpprobe_plus >state.after 2>&1

note "a setting changed meanwhile"
setting full 1
capture run --text --port 5201 --no-extended -o changed.tpp -- \
  sh -c "ip netns exec a iperf3 -c 10.0.2.1 -t 2 >/dev/null; echo 50 >$SYS/probetime; ip netns exec a iperf3 -c 10.0.2.1 -t 3 >/dev/null" 2>changed.err
echo "exit $?" >changed.exit
setting probetime 0

note "a setting changed meanwhile, in a set"
capture run --port 5201 --rotate 3s -o set.tpp -- \
  sh -c "ip netns exec a iperf3 -c 10.0.2.1 -t 2 >/dev/null; echo 50 >$SYS/probetime; ip netns exec a iperf3 -c 10.0.2.1 -t 9 >/dev/null" 2>set.err
echo "exit $?" >set.exit
setting probetime 0

note "more connections than maxflows, before the run and in it"
setting maxflows 1
timeout 8 reader $PROBE /dev/null >/dev/null &
sleep 0.5
ip netns exec a iperf3 -c 10.0.2.1 -P 2 -n 200K >/dev/null
wait $!
cp $STAT limit.before
capture run --port 5201 -o limit.tpp -- \
  sh -c "ip netns exec a iperf3 -c 10.0.2.1 -P 2 -n 200K >/dev/null; sleep 1; cat $STAT >limit.after" 2>limit.err
echo "exit $?" >limit.exit
setting maxflows 1000

note "killed: the next run puts the settings back"
capture run --port 5201 -o killed.tpp 2>killed.err &
pid=$!
wait_for killed.err "capturing to" 60
kill -KILL "$(pgrep -f killed.tpp | tail -1)"
wait $pid
show_settings >settings.killed
cp /run/tcpprobe_plus/settings.json state.killed
capture run --duration 0.5 --no-extended -o next.tpp 2>next.err
echo "exit $?" >next.exit
show_settings >settings.next

note "somebody else reads it"
cat $PROBE >/dev/null &
other=$!
sleep 0.3
capture run -o busy.tpp 2>busy.err
echo "exit $?" >busy.exit
kill $other
show_settings >settings.busy

note "the clock is set"
capture run --text --port 5201 -o clock.tpp -- \
  sh -c "ip netns exec a iperf3 -c 10.0.2.1 -t 3 >/dev/null & sleep 1; date -s @\$((\$(date +%s) + 3600)) >/dev/null; wait" 2>clock.err
date -s @$(($(date +%s) - 3600)) >/dev/null

note "SIGTERM"
capture run --port 5201 -o signal.tpp 2>signal.err &
pid=$!
wait_for signal.err "capturing to" 60
ip netns exec a iperf3 -c 10.0.2.1 -t 2 >/dev/null
kill -TERM "$(pgrep -f signal.tpp | tail -1)"
wait $pid
echo "exit $?" >signal.exit

note "the module is removed"
capture run --port 5201 -o removed.tpp 2>removed.err &
pid=$!
wait_for removed.err "capturing to" 60
ip netns exec a iperf3 -c 10.0.2.1 -t 2 >/dev/null
cat $STAT >removed.stat
unload
wait $pid
echo "exit $?" >removed.exit

note "a ring that is far too small"
load bufsize=16
capture run --port 5201 -o overflow.tpp -- \
  sh -c "ip netns exec a iperf3 -c 10.0.2.1 -t 3 >/dev/null; sleep 1; cat $STAT >overflow.stat" 2>overflow.err
echo "exit $?" >overflow.exit
unload
pkill iperf3
exit 0
