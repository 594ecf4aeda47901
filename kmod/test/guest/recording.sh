# One recording with everything that is kept of it. Sourced instead of lib.sh, which it brings.
. guest/lib.sh

# recording NAME COMMAND...: the command's traffic, with the settings as they are
recording() {
  name=$1
  shift
  note "$name: $*"
  start_log "$name"
  for file in "$SYS"/*; do echo "${file##*/} $(cat "$file")"; done >"$O/sysctl.txt"
  echo "$*" >"$O/command.txt"
  in_a nstat -n
  "$@"
  sleep 1
  in_a nstat -z TcpRetransSegs TcpExtTCPTimeouts TcpOutSegs TcpInSegs >"$O/nstat.txt"
  ip netns exec r tc -s qdisc show dev b1 >"$O/qdisc.txt"
  stop_log
  uname -r >"$O/release.txt"
}
