#!/usr/bin/env bash
GENERATION=1
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"
on_slaves cd "$home" \; "$home/bin/hadoop-daemon.sh" --config "$HADOOP_CONF_DIR" "$@"
