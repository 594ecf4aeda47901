# Completion of analyze in bash: source <(analyze completion bash)
# Made from the command definitions by scripts/generate-docs.ts.

_analyze_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_analyze_words() {
  mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_analyze_more_words() {
  local -a words
  mapfile -t words < <(compgen -W "$2" -- "$1")
  COMPREPLY+=("${words[@]}")
}

_analyze() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' at=0 i
  # --option=value comes as three words
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    --) # a command line of its own
      if ((i == COMP_CWORD - 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      else
        _analyze_files "$cur"
      fi
      return
      ;;
    -*) ;;
    *)
      if [[ -z $command ]]; then
        command=${COMP_WORDS[i]}
        at=$i
      fi
      ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
  'info --max-expansion')
    return
    ;;
  'verify --max-expansion')
    return
    ;;
  'convert --max-expansion')
    return
    ;;
  'convert -o' | 'convert --output')
    _analyze_files "$cur"
    return
    ;;
  'import --max-expansion')
    return
    ;;
  'import -o' | 'import --output')
    _analyze_files "$cur"
    return
    ;;
  'import --began')
    return
    ;;
  'import --hz')
    return
    ;;
  'import --events')
    _analyze_words "$cur" 'tcp_probe tcp_retransmit_skb tcp_cong_state_set inet_sock_set_state tcp_send_reset tcp_receive_reset'
    return
    ;;
  'import --srtt-unit')
    _analyze_words "$cur" 'us jiffies'
    return
    ;;
  'flows --max-expansion')
    return
    ;;
  'flows --sort')
    return
    ;;
  'flows --top')
    return
    ;;
  'flows --flow')
    return
    ;;
  'flows --port')
    return
    ;;
  'plot --max-expansion')
    return
    ;;
  'plot -o' | 'plot --output')
    _analyze_files "$cur"
    return
    ;;
  'plot --inline')
    _analyze_words "$cur" 'kitty iterm2 sixel'
    return
    ;;
  'plot --with')
    _analyze_files "$cur"
    return
    ;;
  'plot --flow')
    return
    ;;
  'plot --from')
    return
    ;;
  'plot --to')
    return
    ;;
  'plot --window')
    return
    ;;
  'plot --unit')
    _analyze_words "$cur" 'packets bytes'
    return
    ;;
  'plot --of')
    return
    ;;
  'plot --align')
    _analyze_words "$cur" 'capture start clock'
    return
    ;;
  'plot --label')
    return
    ;;
  'plot --group')
    return
    ;;
  'plot --theme')
    _analyze_words "$cur" 'light print dark'
    return
    ;;
  'plot --size')
    return
    ;;
  'plot --height')
    return
    ;;
  'plot --font')
    return
    ;;
  'plot --font-size')
    return
    ;;
  'plot --legend')
    _analyze_words "$cur" 'top bottom none'
    return
    ;;
  'plot --width')
    return
    ;;
  'plot --title')
    return
    ;;
  'report --max-expansion')
    return
    ;;
  'report -o' | 'report --output')
    _analyze_files "$cur"
    return
    ;;
  'serve --max-expansion')
    return
    ;;
  'serve --port')
    return
    ;;
  'serve --listen')
    return
    ;;
  'events --max-expansion')
    return
    ;;
  'events --flow')
    return
    ;;
  'metrics --max-expansion')
    return
    ;;
  'metrics -o' | 'metrics --output')
    _analyze_files "$cur"
    return
    ;;
  'metrics --with')
    _analyze_files "$cur"
    return
    ;;
  'metrics --flow')
    return
    ;;
  'metrics --window')
    return
    ;;
  'diagnose --max-expansion')
    return
    ;;
  'diagnose --flow')
    return
    ;;
  'compare --max-expansion')
    return
    ;;
  'compare --group')
    return
    ;;
  'compare --label')
    return
    ;;
  'check --max-expansion')
    return
    ;;
  'check --assert')
    return
    ;;
  'check --assertions')
    _analyze_files "$cur"
    return
    ;;
  'check --flow')
    return
    ;;
  'check --junit')
    _analyze_files "$cur"
    return
    ;;
  'sql --max-expansion')
    return
    ;;
  'sql -o' | 'sql --output')
    _analyze_files "$cur"
    return
    ;;
  'sql --query-file')
    _analyze_files "$cur"
    return
    ;;
  'sql --with')
    _analyze_files "$cur"
    return
    ;;
  'sql --window')
    return
    ;;
  'schema --max-expansion')
    return
    ;;
  esac
  case $command in
  '')
    _analyze_words "$cur" 'info verify convert import flows plot report serve events metrics diagnose compare check sql schema -V --version --debug -h --help'
    ;;
  info)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --settings --json -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  verify)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  convert)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion -o --output -f --force -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  import)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion -o --output -f --force --began --hz --events --srtt-unit -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  flows)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --json --csv --sort --reverse --top --flow --port --all -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  plot)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --list -o --output --inline -f --force --with --flow --from --to --window --unit --of --overlay --align --label --group --free-scales --theme --size --height --font --font-size --legend --width --title --no-title -h --help'
    else
      _analyze_files "$cur"
      ((COMP_CWORD > at + 1)) && _analyze_more_words "$cur" 'cwnd rtt inflight goodput limits rto sequence states fairness cdf scatter phase rounds bbr overview'
    fi
    ;;
  report)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion -o --output -f --force -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  serve)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --port --listen -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  events)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --json --csv --flow -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  metrics)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --json --csv -o --output -f --force --with --flow --window -h --help'
    else
      _analyze_files "$cur"
      ((COMP_CWORD > at + 1)) && _analyze_more_words "$cur" 'flows inflight goodput rtt rto_events episodes congestion_events slow_start limits limits_by_window fairness gaps events marks intervals rtt_samples rounds captures losses not_followed'
    fi
    ;;
  diagnose)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --flow --json -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  compare)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --json --csv --group --label -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  check)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --assert --assertions --pack --flow --junit --json -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  sql)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --json --csv --parquet -o --output -f --force --query-file --with --window --allow-files -h --help'
    else
      _analyze_files "$cur"
    fi
    ;;
  schema)
    if [[ $cur == -* ]]; then
      _analyze_words "$cur" '--debug --no-pager --no-cache --max-expansion --json -h --help'
    else
      _analyze_words "$cur" 'trace flows inflight goodput rtt rto_events episodes congestion_events slow_start limits limits_by_window fairness gaps events marks intervals rtt_samples rounds captures losses not_followed'
    fi
    ;;
  esac
}

complete -F _analyze analyze
