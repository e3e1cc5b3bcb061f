#!/usr/bin/env bash
GENERATION=1
. "$(dirname -- "${BASH_SOURCE[0]}")/../libexec/hadoop-config.sh"
"$home/bin/hadoop-daemon.sh" --config "$HADOOP_CONF_DIR" stop namenode
"$home/bin/hadoop-daemons.sh" --config "$HADOOP_CONF_DIR" stop datanode
"$home/bin/hadoop-daemons.sh" --config "$HADOOP_CONF_DIR" --hosts masters stop secondarynamenode
