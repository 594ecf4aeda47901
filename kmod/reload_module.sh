#!/bin/sh
# reload_module.sh [PORT]: builds the module and loads it in place of the one that is loaded; 0 or nothing: all ports.
# Further parameters as with make: ARGS="extended=1 bufsize=65536" reload_module.sh 5001
exec make -C "$(dirname "$0")" load PORT="${1:-0}" ARGS="${ARGS:-}"
