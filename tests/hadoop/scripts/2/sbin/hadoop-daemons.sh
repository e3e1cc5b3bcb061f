#!/usr/bin/env bash
GENERATION=2
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"
on_slaves cd "$home" \; "$home/sbin/hadoop-daemon.sh" --config "$HADOOP_CONF_DIR" "$@"
