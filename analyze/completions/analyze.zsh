#compdef analyze
# Completion of analyze in zsh: save it as _analyze in a folder of $fpath, or source <(analyze completion zsh)
# Made from the command definitions by scripts/generate-docs.ts.

_analyze() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \
    '(-V --version)'{-V,--version}'[output the version number]' \
    '--debug[print a stack trace with an error]' \
    '(-h --help)'{-h,--help}'[display help for command]' \
    '1:command:->command' \
    '*::argument:->arguments'
  case $state in
  command)
    local -a commands=(
      'info:what a capture is\: header, settings, time span, frames, losses, integrity'
      'verify:check every frame’s checksum'
      'convert:write the trace as Parquet, Arrow or CSV'
      'flows:one line a connection'
      'plot:draw cwnd, rtt, inflight, goodput'
      'sql:run a DuckDB query over the views trace, flows, inflight, goodput, marks, losses, captures'
    )
    _describe command commands
    ;;
  arguments)
    case $words[1] in
    info)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--settings[print every saved setting too]' \
        '--json[print JSON]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    verify)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    convert)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '(-o --output)'{-o,--output}'[x.parquet, x.arrow, x.csv, or - for CSV on standard output]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    flows)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    plot)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '(-o --output)'{-o,--output}'[x.svg, x.png, x.html or x.json (default\: CAPTURE.PLOT.svg in this directory)]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '--with[further captures to draw in the same picture]:file:_files' \
        '--flow[only these flows]:n:' \
        '--from[from this time on, seconds since the capture began]:s:' \
        '--to[up to this time]:s:' \
        '--window[length of the windows of goodput, seconds (default\: about 150 in the picture)]:s:' \
        '--unit[what inflight counts (default\: packets where the source does) (packets, bytes)]:unit:(packets bytes)' \
        '--width[width of the picture (default 800)]:px:' \
        '--title[title instead of the capture’s name]:text:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        ':file:_files' \
        ':plot:'
      ;;
    sql)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '--with[further captures in the same trace]:file:_files' \
        '--window[length of goodput’s windows, seconds (default 0.1)]:s:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        ':file:_files' \
        ':query:'
      ;;
    esac
    ;;
  esac
}

if [[ $funcstack[1] == _analyze ]]; then
  _analyze "$@"
else
  compdef _analyze analyze
fi
