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
      'convert:write the trace as Parquet, Arrow or CSV, or records as the module’s text'
      'import:make a .tpp of perf script, trace-cmd, trace_pipe, tcp_probe or ss text (- reads standard input)'
      'flows:one line a connection'
      'plot:draw cwnd, rtt, inflight, goodput, limits, rto, sequence, states, fairness, cdf, scatter, phase, rounds, bbr, overview'
      'report:one page to explore with\: flows, linked panels, events, diagnosis'
      'serve:show captures in a browser, with SQL'
      'events:timeouts, episodes, ends of slow start, resets, in order of time'
      'metrics:every row of a metric\: flows, inflight, goodput, rtt, rto_events, episodes, congestion_events, slow_start, limits, limits_by_window, fairness, gaps, events, marks, intervals, rtt_samples, rounds, captures, losses, not_followed'
      'diagnose:what limited each flow, how much time that cost, when, and what shows it'
      'compare:runs side by side\: the first, and how the others differ from it'
      'check:hold assertions and rules against the flows'
      'sql:run a DuckDB query (- reads it from standard input) over trace, flows, inflight, goodput, rtt, rto_events, episodes, congestion_events, slow_start, limits, limits_by_window, fairness, gaps, events, marks, intervals, rtt_samples, rounds, captures, losses, not_followed'
      'schema:the documented columns of a view'
    )
    _describe command commands
    ;;
  arguments)
    case $words[1] in
    info)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--settings[print every saved setting too]' \
        '--json[print JSON]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    verify)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    convert)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '(-o --output)'{-o,--output}'[x.parquet, x.arrow, x.csv, x.txt, or - for CSV on standard output]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    import)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '(-o --output)'{-o,--output}'[capture to write]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '--began[when the first record was made, such as 2026-11-22T20\:41\:14Z]:time:' \
        '--hz[CONFIG_HZ of the machine, for times in jiffies]:n:' \
        '--events[tracepoints that were recorded, whether any came or not (tcp_probe, tcp_retransmit_skb, tcp_cong_state_set, inet_sock_set_state, tcp_send_reset, tcp_receive_reset)]:name:(tcp_probe tcp_retransmit_skb tcp_cong_state_set inet_sock_set_state tcp_send_reset tcp_receive_reset)' \
        '--srtt-unit[of the kernel’s own tcp_probe\: us since Linux 3.15, jiffies before (us, jiffies)]:unit:(us jiffies)' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        ':path:_files'
      ;;
    flows)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '--sort[by a column of the table or of the view flows, the largest number first]:column:' \
        '--reverse[the other way round]' \
        '--top[only the first so many (without --sort\: those with most bytes acknowledged)]:n:' \
        '--flow[only these flows]:n:' \
        '--port[only flows with one of these ports at either end]:port:' \
        '--all[in the table, other ends without data of the flows shown, too]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    plot)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--list[say of each plot what it shows and what it needs]' \
        '(-o --output)'{-o,--output}'[x.svg, x.png, x.pdf, x.html or x.json (default\: a terminal that shows pictures, else CAPTURE.PLOT.svg here)]:file:_files' \
        '--inline[draw in the terminal by kitty’s, iTerm2’s or the sixel protocol (kitty, iterm2, sixel)]:protocol:(kitty iterm2 sixel)' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '--with[further captures, like those after the first one]:file:_files' \
        '--flow[only these flows]:n:' \
        '--from[from this time on, seconds since the capture began]:s:' \
        '--to[up to this time]:s:' \
        '--window[length of the windows of goodput, such as 100ms (default\: about 150 in the picture)]:length:' \
        '--unit[what inflight counts (default\: packets where the source does) (packets, bytes)]:unit:(packets bytes)' \
        '--of[what cdf is of\: rtt (the samples), or a numeric column of flows]:what:' \
        '--overlay[flows of all captures in one panel, each from its start (see --align)]' \
        '--align[where time begins (default\: capture]:where:(capture start clock)' \
        '--label[name of a capture, or of a group, in their order (may be given again)]:text:' \
        '--group[captures that are runs of one experiment, such as ’cubic-*’ (may be given again)]:pattern:' \
        '--free-scales[an axis of its own for each flow’s panel]' \
        '--theme[light (the default), print or dark (light, print, dark)]:name:(light print dark)' \
        '--size[width of the whole picture, such as 84mm, 3.3in or 400px]:length:' \
        '--height[height of the whole picture, likewise]:length:' \
        '--font[an installed font, or the path of a .ttf or .otf file (default\: DejaVu Sans)]:name:' \
        '--font-size[size of labels in points (default\: 8.25]:pt:' \
        '--legend[where the legend stands (default\: top) (top, bottom, none)]:place:(top bottom none)' \
        '--width[width of the plotting area (default 800)]:px:' \
        '--title[title instead of the plot’s name]:text:' \
        '--no-title[neither title nor caption, for figures with a text of their own]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file or plot:_alternative "files:file:_files" "words:word:(cwnd rtt inflight goodput limits rto sequence states fairness cdf scatter phase rounds bbr overview)"'
      ;;
    report)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '(-o --output)'{-o,--output}'[x.html]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    serve)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--port[port to listen on (default\: any that is free)]:n:' \
        '--listen[address to listen on (default\: 127.0.0.1, which only this machine can reach)]:address:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    events)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '--flow[only these flows]:n:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    metrics)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '(-o --output)'{-o,--output}'[x.parquet, x.arrow, x.csv or x.json instead of printing]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '--with[further captures, like those after the first one]:file:_files' \
        '--flow[only these flows]:n:' \
        '--window[length of the windows, such as 100ms or 0.1 (default 100ms)]:length:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file or name:_alternative "files:file:_files" "words:word:(flows inflight goodput rtt rto_events episodes congestion_events slow_start limits limits_by_window fairness gaps events marks intervals rtt_samples rounds captures losses not_followed)"'
      ;;
    diagnose)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--flow[only these flows]:n:' \
        '--json[print JSON]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    compare)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '--group[runs of one experiment, such as ’cubic-*’\: their mean, interval and a test (may be given again)]:pattern:' \
        '--label[name of a group, in their order (may be given again)]:text:' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    check)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--assert[such as "goodput_bps > 9e6" or "sum(rtos) = 0" (may be given again)]:expression:' \
        '--assertions[a YAML or JSON list of assertions]:file:_files' \
        '--pack[rules\: a pack’s name, or a YAML file (may be given again]::name:' \
        '--flow[only these flows (default\: those that carry data)]:n:' \
        '--junit[write a JUnit report too]:file:_files' \
        '--json[print JSON]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*::file:_files'
      ;;
    sql)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--json[print JSON, one array of objects]' \
        '--csv[print CSV with a header line]' \
        '--parquet[write Parquet to standard output]' \
        '(-o --output)'{-o,--output}'[x.parquet, x.arrow, x.csv or x.json instead of printing]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output]' \
        '--query-file[read the query from a file]:file:_files' \
        '--with[further captures, like those after the first one]:file:_files' \
        '--window[length of the windows, such as 100ms or 0.1 (default 100ms)]:length:' \
        '--allow-files[let the query do all that DuckDB can\: read and write files, load extensions]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*:file:_files'
      ;;
    schema)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '--no-pager[in a terminal, print what is longer than the screen without a pager]' \
        '--no-cache[parse the capture again, and keep nothing of it for the next command]' \
        '--max-expansion[bytes of text that a byte of a .tpp may stand for (default\: 2000)]:n:' \
        '--json[print JSON]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '::view:(trace flows inflight goodput rtt rto_events episodes congestion_events slow_start limits limits_by_window fairness gaps events marks intervals rtt_samples rounds captures losses not_followed)'
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
