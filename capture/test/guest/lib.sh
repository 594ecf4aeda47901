# shellcheck shell=sh
# Shared by the scenarios of capture: the module's own helpers, and capture installed with an ordinary Node.
. guest/lib.sh
mkdir -p $D/app
for part in capture tpp node_modules; do [ -e $D/app/$part ] || mv $D/$part $D/app/$part; done
mkdir -p $D/app/node_modules/@tcpprobe-plus
ln -sfn ../../tpp $D/app/node_modules/@tcpprobe-plus/tpp
# without it, a start takes seconds under emulation
export NODE_COMPILE_CACHE=/run/node-cache
capture() { $D/node $D/app/capture/bin/capture.js "$@"; }

# wait_for FILE PATTERN SECONDS
wait_for() {
  tries=$(($3 * 10))
  while [ $tries -gt 0 ]; do
    grep -q "$2" "$1" 2>/dev/null && return 0
    sleep 0.1
    tries=$((tries - 1))
  done
  echo "no '$2' in $1 after $3 s"
  return 1
}

show_settings() { for file in $SYS/*; do echo "${file##*/} $(cat $file)"; done; }
