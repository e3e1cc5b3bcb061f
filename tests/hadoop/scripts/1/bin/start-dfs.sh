#!/usr/bin/env bash
GENERATION=1
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"
"$home/bin/hadoop-daemon.sh" --config "$HADOOP_CONF_DIR" start namenode
"$home/bin/hadoop-daemons.sh" --config "$HADOOP_CONF_DIR" start datanode
"$home/bin/hadoop-daemons.sh" --config "$HADOOP_CONF_DIR" --hosts masters start secondarynamenode
