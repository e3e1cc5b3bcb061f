#!/usr/bin/env bash
GENERATION=2
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"
daemons() { "$home/sbin/hadoop-daemons.sh" --config "$HADOOP_CONF_DIR" "$@"; }

namenodes=$("$home/bin/hdfs" getconf -namenodes)
echo "Starting namenodes on [$namenodes]"
daemons --hostnames "$namenodes" --script "$home/bin/hdfs" start namenode
daemons --script "$home/bin/hdfs" start datanode
secondary=$("$home/bin/hdfs" getconf -secondarynamenodes 2>/dev/null)
if [ -n "$secondary" ]; then
  echo "Starting secondary namenodes [$secondary]"
  daemons --hostnames "$secondary" --script "$home/bin/hdfs" start secondarynamenode
fi
