#!/usr/bin/env bash
GENERATION=3 WORKERS=workers
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"

namenodes=$("$home/bin/hdfs" getconf -namenodes)
echo "Stopping namenodes on [$namenodes]"
for host in $namenodes; do
  HADOOP_SLAVE_NAMES=$host "$home/bin/hdfs" --config "$HADOOP_CONF_DIR" --workers --daemon stop namenode || exit
done
echo "Stopping datanodes"
"$home/bin/hdfs" --config "$HADOOP_CONF_DIR" --workers --daemon stop datanode
