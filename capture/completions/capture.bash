# Completion of capture in bash: source <(capture completion bash)
# Made from the command definitions by scripts/generate-docs.ts.

_capture_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_capture_words() {
  mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_capture() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' i
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
        _capture_files "$cur"
      fi
      return
      ;;
    -*) ;;
    *)
      if [[ -z $command ]]; then
        command=${COMP_WORDS[i]}
      fi
      ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
  'run --as')
    return
    ;;
  'run -o' | 'run --output')
    _capture_files "$cur"
    return
    ;;
  'run --mode')
    return
    ;;
  'run --label')
    return
    ;;
  'run --port')
    return
    ;;
  'run --host')
    return
    ;;
  'run --netns')
    return
    ;;
  'run --cgroup')
    _capture_files "$cur"
    return
    ;;
  'run --pid')
    return
    ;;
  'run --sample')
    return
    ;;
  'run --source')
    _capture_words "$cur" 'auto kmod bpf tracefs ss'
    return
    ;;
  'run --duration')
    return
    ;;
  'run --max-size')
    return
    ;;
  'run --rotate')
    return
    ;;
  'run --keep')
    return
    ;;
  'run --last')
    return
    ;;
  'run --dump-on')
    return
    ;;
  'run --last-memory')
    return
    ;;
  'run --level')
    return
    ;;
  'run --probetime')
    return
    ;;
  'run --buffer-size-kb')
    return
    ;;
  'run --interval')
    return
    ;;
  'run --kmod-file')
    _capture_files "$cur"
    return
    ;;
  'recover -o' | 'recover --output')
    _capture_files "$cur"
    return
    ;;
  'recover --max-expansion')
    return
    ;;
  'load --port')
    return
    ;;
  'load --set')
    return
    ;;
  esac
  case $command in
  '')
    _capture_words "$cur" 'run recover load unload status doctor completion -V --version --debug -h --help'
    ;;
  run)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '--as -o --output -f --force --mode --label --port --host --netns --cgroup --pid --sample --source --duration --max-size --rotate --keep --last --dump-on --last-memory --level --full --cwnd-changes --probetime --no-extended --text --buffer-size-kb --interval --kmod-file --hostname --quiet --json --debug -h --help'
    fi
    ;;
  recover)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '-o --output -f --force --max-expansion --quiet --debug -h --help'
    else
      _capture_files "$cur"
    fi
    ;;
  load)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '--port --set --build --quiet --debug -h --help'
    fi
    ;;
  unload)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '--force --quiet --debug -h --help'
    fi
    ;;
  status)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '--json --watch --debug -h --help'
    fi
    ;;
  doctor)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '--json --fix --debug -h --help'
    fi
    ;;
  completion)
    if [[ $cur == -* ]]; then
      _capture_words "$cur" '--debug -h --help'
    else
      _capture_words "$cur" 'bash zsh fish'
    fi
    ;;
  esac
}

complete -F _capture capture
