# bash completion for study(1).

# The names of the studies where the command line points, without a JSON parser: a study's entry
# begins with its name and state, and a name has neither quotes nor blanks.
_study_names() {
  local program=$1 i
  local -a place=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --server | --db) place=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
    esac
  done
  timeout 2 "$program" list --json "${place[@]}" 2>/dev/null |
    grep -o '{"name":"[^"]*","state"' | cut -d '"' -f 4
}

_study() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local everywhere="--server --db --token --token-file --tls-ca --json --help --version"
  local commands="serve mcp create schema list show ask tell report heartbeat release park void
    enqueue trials artifacts best importance explain export plot work prompt calibrate launch restart pause attach cleanup compose
    variants compare merge import queue topic requeue workspaces status top costs wait workers questions respond logs events replay insight
    task edit stop resume delete token audit backup check migrate completion"
  local command="" action="" positionals=0 i

  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --server | --db | --worker | --count | --lease | --lease-s | --request-id | --metric | \
        --state | --reason | --note | --priority | --after | --limit | --top | --format | \
        --output | -o | --kind | --param | --direction | --max | --min | --host | --port | --max-trials | \
        --runs | --dir | --lines | --tag | --title | --description | --accepts | --wait | --put | --cause | \
        --cost-usd | --turns | --tokens | \
        --until | --for-s | --author | --release | --trial | \
        --objective | --target-quantile | --region-quantile | --token | --token-file | --tls-ca | \
        --tls-cert | --tls-key | --allow-host | --cors-origin | --rate-limit | --audit | \
        --log-format | --log-level | --role | --want | --study | --allow | --expires | --by | --log | \
        --notify | --notify-host | --optuna-study | --roles | --timeout | --image | --memory-gb | --gpus | --cores | --reserve | --workers | --stagger | --restart-after | --cpus | \
        --backup | --after-task | --after-trial | --keep | --max-gb | --retries | --result | --evidence | \
        --variant | --variants | --generate | --task | --prompt | --command | --repo | --base | --score | --value | \
        --pattern | --protect | --repeat | --max-parallel | --model | --max-turns | --max-cost-usd | --time-limit-min | \
        --out | --with | --from-issue | --into | --test | --map | --wave | --for | --needs | --on-complete | --topic | \
        --every | --quota | --stale | --propose-as | --orchestrator | --before | --family | --hypothesis | --success | \
        --trials) ((++i)) ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then
          command=${COMP_WORDS[i]}
        elif [[ $command =~ ^(task|queue|topic)$ && -z $action ]]; then
          action=${COMP_WORDS[i]}
        else
          ((++positionals))
        fi
        ;;
    esac
  done

  case $previous in
    --db | -o | --output | --token-file | --tls-ca | --tls-cert | --tls-key | --audit | --log | \
      --backup | --notify | --out | --prompt | --variants | --map)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --runs | --dir | --repo)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --keep)
      mapfile -t COMPREPLY < <(compgen -W "all best none" -- "$current")
      return
      ;;
    --role)
      mapfile -t COMPREPLY < <(compgen -W "admin worker read" -- "$current")
      return
      ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W "text json" -- "$current")
      return
      ;;
    --log-level)
      mapfile -t COMPREPLY < <(compgen -W "debug info warning error" -- "$current")
      return
      ;;
    --format)
      if [[ $command == compare ]]; then
        mapfile -t COMPREPLY < <(compgen -W "md html json" -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -W "csv jsonl mlflow" -- "$current")
      fi
      return
      ;;
    --kind)
      mapfile -t COMPREPLY < <(compgen -W "history importance slice contour rank parallel timeline edf pareto" -- "$current")
      return
      ;;
    --direction)
      mapfile -t COMPREPLY < <(compgen -W "minimize maximize" -- "$current")
      return
      ;;
    --state)
      if [[ $command == task ]]; then
        local states="waiting running done failed cancelled"
        [[ $action == tell ]] && states="done failed"
        mapfile -t COMPREPLY < <(compgen -W "$states" -- "$current")
        return
      fi
      mapfile -t COMPREPLY < <(compgen -W "waiting running complete pruned failed" -- "$current")
      return
      ;;
  esac
  if [[ $previous == --reason && $command == tell ]]; then
    mapfile -t COMPREPLY < <(compgen -W "config infra declined cancelled" -- "$current")
    return
  fi

  if [[ $previous == --reason && $action == tell ]]; then
    mapfile -t COMPREPLY < <(compgen -W "infra declined cancelled" -- "$current")
    return
  fi

  if [[ $previous == --priority ]]; then
    mapfile -t COMPREPLY < <(compgen -W "critical high medium low" -- "$current")
    return
  fi

  if [[ $previous == --cause ]]; then
    mapfile -t COMPREPLY < <(compgen -W "crash stall rate_limit auth server_error" -- "$current")
    return
  fi

  local options=""
  case $command in
    "") options="" ;;
    serve) options="--host --port --require-tokens --insecure --tls-cert --tls-key --allow-host
      --cors-origin --rate-limit --audit --log-format --log-level --notify --notify-host" ;;
    token) options="--role --study --worker --allow --expires" ;;
    audit) options="--by --log --limit" ;;
    migrate) options="--backup" ;;
    stop) options="--reason --now --runs" ;;
    resume | restart | pause | attach | top) options="--runs" ;;
    launch) options="--workers --roles --orchestrator --stagger --restart-after --cores --reserve --tmux --dry-run --runs --dir" ;;
    compose) options="--workers --image --cores --reserve --memory-gb --gpus --roles --orchestrator --dir --kubernetes
      -o --output" ;;
    variants) options="--variant --variants --generate --task --prompt --command --repo --base --score --value --metric
      --pattern --direction --protect --repeat --max-parallel --model --max-turns --max-cost-usd --time-limit-min --stagger
      --out --runs --dry-run" ;;
    mcp) options="--propose-as --quota" ;;
    compare) options="--format -o --output --out --with --top --runs" ;;
    import) options="--map --optuna-study --author --dry-run" ;;
    merge) options="--into --test --trial --task --repo --author --dry-run" ;;
    wait) options="--until --timeout" ;;
    cleanup) options="--keep-worktrees --runs" ;;
    delete) options="-y --yes" ;;
    ask) options="--worker --count --lease-s --request-id --accepts --wait --tasks" ;;
    tell) options="--lease --metric --state --reason --cause --cost-usd --turns --tokens --note
      --request-id" ;;
    report | heartbeat | release) options="--lease" ;;
    park) options="--lease --until --for-s --reason" ;;
    void) options="--reason --author" ;;
    workers) options="--release --author" ;;
    insight) options="--trial --all --author" ;;
    edit) options="--reason --author" ;;
    task)
      case $action in
        add) options="--description --priority --tag --after --after-trial --retries --author
          --request-id --from-issue --hold --wave --for --needs --on-complete" ;;
        import) options="--tag --author --dry-run" ;;
        list) options="--state --worker --after --limit" ;;
        ask) options="--worker --count --lease-s --accepts --wait --request-id" ;;
        park) options="--lease --until --for-s --reason" ;;
        tell) options="--lease --state --reason --cause --result --evidence --note --cost-usd
          --turns --tokens --request-id" ;;
        heartbeat | release) options="--lease" ;;
        cancel) options="--reason --author" ;;
      esac
      ;;
    queue)
      case $action in
        list) options="--why" ;;
        approve | hold | reject | remove) options="--reason --author" ;;
        move) options="--reason --author --before --priority --for --wave" ;;
      esac
      ;;
    topic)
      [[ $action == add ]] && options="--family --hypothesis --success --trials --priority --tag --for --hold
        --anyway --author"
      ;;
    enqueue) options="--priority --count --request-id --tag --after --after-task --title
      --description --from-issue --hold --wave --for --needs --on-complete --topic --again --author" ;;
    requeue) options="--reason --author" ;;
    trials) options="--state --worker --after --limit" ;;
    artifacts) options="--task -o --output --put --delete" ;;
    best) options="--top" ;;
    importance) options="--worker --objective --target-quantile --region-quantile" ;;
    export) options="--format -o --output --out" ;;
    plot) options="--kind -o --output --param --objective --open --direction --max --min" ;;
    questions) options="--all --worker" ;;
    respond) options="--author" ;;
    work) options="--worker --role --want --once --max-trials --runs --dir --dry-run --cpus --every --quota --stale" ;;
    prompt) options="--worker --lease-s --runs --dir" ;;
    show) options="--diff --log --runs" ;;
    calibrate) options="--worker --times --reference --runs --dir" ;;
    workspaces) options="--runs --prune --dry-run --keep --max-gb --force" ;;
    logs) options="-f --follow --lines --runs --of-worker" ;;
    status) options="-w --watch --runs" ;;
    events) options="-f --follow --after --limit" ;;
  esac

  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options $everywhere" -- "$current")
  elif [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
  elif [[ $command == task && -z $action ]]; then
    mapfile -t COMPREPLY < <(compgen -W "add import list show ask tell heartbeat park release cancel" -- "$current")
  elif [[ $command == queue && -z $action ]]; then
    mapfile -t COMPREPLY < <(compgen -W "list approve hold reject remove move" -- "$current")
  elif [[ $command == topic && -z $action ]]; then
    mapfile -t COMPREPLY < <(compgen -W "add list" -- "$current")
  elif ((positionals == 0)); then
    case $command in
      serve | mcp | schema | list | audit | check | migrate) COMPREPLY=() ;;
      token) mapfile -t COMPREPLY < <(compgen -W "create list revoke" -- "$current") ;;
      create | backup) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      insight) mapfile -t COMPREPLY < <(compgen -W "add list retire" -- "$current") ;;
      completion) mapfile -t COMPREPLY < <(compgen -W "bash" -- "$current") ;;
      plot)
        mapfile -t COMPREPLY < <(
          compgen -W "$(_study_names "${COMP_WORDS[0]}")" -- "$current"
          compgen -f -X '!*.csv' -- "$current"
        )
        ;;
      *) mapfile -t COMPREPLY < <(compgen -W "$(_study_names "${COMP_WORDS[0]}")" -- "$current") ;;
    esac
  elif [[ $command == import || ($command == task && $action == import) ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif ((positionals == 1)) && [[ $command == insight ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_study_names "${COMP_WORDS[0]}")" -- "$current")
  fi
}

complete -F _study study
