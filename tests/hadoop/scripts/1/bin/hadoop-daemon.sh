#!/usr/bin/env bash
GENERATION=1
usage="Usage: hadoop-daemon.sh [--config <conf-dir>] [--hosts hostlistfile] (start|stop) <hadoop-command> <args...>"
if [ $# -le 1 ]; then
  echo "$usage"
  exit 1
fi
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"

action=$1 command=$2
shift 2
case $action in
  start) daemon_start "$home/bin/hadoop" "$command" "$@" ;;
  stop) daemon_stop "$command" ;;
  *)
    echo "$usage"
    exit 1
    ;;
esac
