#compdef capture
# Completion of capture in zsh: save it as _capture in a folder of $fpath, or source <(capture completion zsh)
# Made from the command definitions by scripts/generate-docs.ts.

_capture() {
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
      'run:capture until Ctrl-C, a limit, the command’s end or the source’s end'
      'recover:write the intact frames of a damaged or cut file to a whole one'
      'load:load the tcpprobe_plus module'
      'unload:unload the module'
      'status:show the module’s counters, settings and readers'
      'doctor:show which sources can be used here, or why not and what to do'
      'completion:print the script that completes capture’s words in a shell'
    )
    _describe command commands
    ;;
  arguments)
    case $words[1] in
    run)
      _arguments -s \
        '--as[run the command as this user instead of root]:user:' \
        '(-o --output)'{-o,--output}'[file to write, - for standard output]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output file]' \
        '--mode[who may read the file, such as 640 (default\: 600)]:octal:' \
        '--label[what this capture is, kept in the file]:text:' \
        '--port[only connections with this port, or one of 5000-5010, at either end]:ports:' \
        '--host[only with this address, or one of 10.0.0.0/8, at either end]:address:' \
        '--netns[only in this network namespace\: a name of `ip netns`, or the id of a process in it]:name:' \
        '--cgroup[bpf\: only sockets created in this cgroup (version 2) or one below it]:folder:_files' \
        '--pid[bpf\: only connections that this process opens, accepts, sends or reads on]:pid:' \
        '--sample[bpf\: only one connection in n, all of its records, the same connections at both ends]:1/n:' \
        '--source[where records come from (auto, kmod, bpf, tracefs, ss) (default\: auto)]:source:(auto kmod bpf tracefs ss)' \
        '--duration[stop after this time\: seconds, or 500ms, 90s, 10m, 1h]:time:' \
        '--max-size[stop when the files hold about this much (500MB, 2GiB)]:size:' \
        '--rotate[begin a new file after this size (100MB) or time (10m, 1h)]:size|time:' \
        '--keep[with --rotate\: keep only the newest n files]:n:' \
        '--last[keep only the last records (30s, 5m), in memory, and write them to files on --dump-on]:time:' \
        '--dump-on[with --last\: write when this holds, such as "rto >= 2" or "retransmits/s > 100"]:rule:' \
        '--last-memory[with --last\: use at most this much memory (default\: 256MiB) (default\: 268435456)]:size:' \
        '--level[zstd level (default\: 3)]:n:' \
        '--full[module\: every segment]' \
        '--cwnd-changes[module\: only segments at which the connection’s cwnd has changed]' \
        '--probetime[module\: time between two samples of a connection]:ms:' \
        '--no-extended[module, bpf\: the 30 documented fields only]' \
        '--text[module\: save its text instead of its binary records, which are cheaper to read]' \
        '--buffer-size-kb[bpf, tracefs\: ring for each CPU (default\: 16384, at most 256 MiB together)]:kib:' \
        '--interval[ss\: time between polls (default\: 100)]:ms:' \
        '--kmod-file[read 30-field text from this file or FIFO instead of the module’s]:path:_files' \
        '--hostname[put this host’s name in the file]' \
        '--quiet[print errors only]' \
        '--json[status, end and errors as JSON, one object a line, on standard error]' \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        '*::command:_normal'
      ;;
    recover)
      _arguments -s \
        '(-o --output)'{-o,--output}'[file to write]:file:_files' \
        '(-f --force)'{-f,--force}'[overwrite the output file]' \
        '--max-expansion[bytes of text that a byte of the file may stand for (default\: 2000)]:n:' \
        '--quiet[print errors only]' \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        ':input:_files'
      ;;
    load)
      _arguments -s \
        '--port[only connections with this port at either end]:port:' \
        '--set[a setting of the module, such as bufsize=65536]:name=value:' \
        '--build[build it from the sources, even if one is installed for this kernel]' \
        '--quiet[print errors only]' \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]'
      ;;
    unload)
      _arguments -s \
        '--force[unload it all the same\: the reader gets what is left, then end of file]' \
        '--quiet[print errors only]' \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]'
      ;;
    status)
      _arguments -s \
        '--json[print JSON]' \
        '--watch[repeat, with rates, until Ctrl-C (default\: every second)]::seconds:' \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]'
      ;;
    doctor)
      _arguments -s \
        '--json[print JSON]' \
        '--fix[clean up what killed captures left behind\: settings, tracing instances]' \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]'
      ;;
    completion)
      _arguments -s \
        '--debug[print a stack trace with an error]' \
        '(-h --help)'{-h,--help}'[display help for command]' \
        ':shell:(bash zsh fish)'
      ;;
    esac
    ;;
  esac
}

if [[ $funcstack[1] == _capture ]]; then
  _capture "$@"
else
  compdef _capture capture
fi
