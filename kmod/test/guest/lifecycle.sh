#!/bin/sh
# Loads and unloads the module under traffic, with and without a reader.
. guest/lib.sh
O=/out/lifecycle
mkdir -p $O
end_another
shrink
NAMESPACES=$(namespaces)
network
start_sinks
path delay 2ms rate 50mbit loss 1%
grep -E '^(Slab|SUnreclaim)' /proc/meminfo >$O/meminfo.before
in_a tcp churn 10.0.2.1 5001 100 15 2000 >$O/churn.txt &
CHURN=$!
in_a tcp send 10.0.2.1 5001 4000000 &
in_a tcp send fd00:2::1 5001 4000000 &
rounds=0
failed=0
while [ $rounds -lt 12 ]; do
  load || failed=$((failed + 1))
  if [ $((rounds % 3)) -ne 0 ]; then
    reader $PROBE /dev/null >/dev/null &
    pid=$!
    sleep 0.4
    [ $((rounds % 3)) -eq 1 ] && kill -9 $pid
  fi
  unload || failed=$((failed + 1))
  rounds=$((rounds + 1))
done
echo "rounds $rounds failed $failed" >$O/rounds.txt
wait $CHURN
sleep 1
load
reader $PROBE /dev/null try >/dev/null
cp $STAT $O/stat.end
unload
# what nobody holds any more ends by itself
pkill -x tcp
path_clear
settled 0
ip netns del a; ip netns del b; ip netns del r
ended "$NAMESPACES"
shrink
grep -E '^(Slab|SUnreclaim)' /proc/meminfo >$O/meminfo.after
exit 0
