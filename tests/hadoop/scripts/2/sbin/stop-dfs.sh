#!/usr/bin/env bash
GENERATION=2
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"
daemons() { "$home/sbin/hadoop-daemons.sh" --config "$HADOOP_CONF_DIR" "$@"; }

namenodes=$("$home/bin/hdfs" getconf -namenodes)
echo "Stopping namenodes on [$namenodes]"
daemons --hostnames "$namenodes" --script "$home/bin/hdfs" stop namenode
daemons --script "$home/bin/hdfs" stop datanode
secondary=$("$home/bin/hdfs" getconf -secondarynamenodes 2>/dev/null)
echo "Stopping secondary namenodes [${secondary:-0.0.0.0}]"
daemons --hostnames "${secondary:-0.0.0.0}" --script "$home/bin/hdfs" stop secondarynamenode
