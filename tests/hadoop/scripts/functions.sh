# What the launch scripts of a test's Hadoop share; installed as libexec/hadoop-config.sh of every generation.
#
# Behaves as the releases' scripts do wherever somebody who starts HDFS depends on it: options, messages, exit statuses,
# names of pid and log files, and what reaches a host over ssh. Sourced with GENERATION (1, 2 or 3) set.

home=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
case $GENERATION in
  1) sbin=$home/bin ;;
  *) sbin=$home/sbin ;;
esac

if [ "${1:-}" = --config ]; then
  shift
  if [ ! -d "${1:-}" ]; then
    echo "Error: Cannot find configuration directory: ${1:-}" >&2
    exit 1
  fi
  HADOOP_CONF_DIR=$1
  shift
fi
if [ -z "${HADOOP_CONF_DIR:-}" ]; then
  if [ -e "$home/conf/hadoop-env.sh" ]; then HADOOP_CONF_DIR=$home/conf; else HADOOP_CONF_DIR=$home/etc/hadoop; fi
fi
export HADOOP_CONF_DIR
if [ "${1:-}" = --hosts ]; then
  HADOOP_SLAVES=$HADOOP_CONF_DIR/$2
  shift 2
elif [ "${1:-}" = --hostnames ]; then
  HADOOP_SLAVE_NAMES=$2
  shift 2
fi
if [ -f "$HADOOP_CONF_DIR/hadoop-env.sh" ]; then . "$HADOOP_CONF_DIR/hadoop-env.sh"; fi

HADOOP_IDENT_STRING=${HADOOP_IDENT_STRING:-${USER:-}}
HADOOP_LOG_DIR=${HADOOP_LOG_DIR:-$home/logs}
HADOOP_PID_DIR=${HADOOP_PID_DIR:-/tmp}
HADOOP_STOP_TIMEOUT=${HADOOP_STOP_TIMEOUT:-5}
if [ "$GENERATION" != 2 ]; then
  # The classes are 2.7.3's whatever the version says, so nobody can know that they need this on a new Java.
  open='--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED'
  open="$open --add-opens=java.base/java.util=ALL-UNNAMED --add-exports=java.base/sun.nio.ch=ALL-UNNAMED"
  HADOOP_OPTS="${HADOOP_OPTS:-} $open"
fi

class_path() {
  case $GENERATION in
    1) echo "$HADOOP_CONF_DIR:$home:$(printf '%s:' "$home"/hadoop-core-*.jar "$home"/lib/*.jar)" ;;
    *)
      share=$home/share/hadoop
      echo "$HADOOP_CONF_DIR:$share/common/lib/*:$share/common/*:$share/hdfs:$share/hdfs/lib/*:$share/hdfs/*"
      ;;
  esac
}

need_java() {
  case $GENERATION in
    1) missing='Error: JAVA_HOME is not set.' ;;
    2) missing='Error: JAVA_HOME is not set and could not be found.' ;;
    3) missing='ERROR: JAVA_HOME is not set and could not be found.' ;;
  esac
  if [ -z "${JAVA_HOME:-}" ]; then
    echo "$missing" >&2
    exit 1
  fi
  if [ "$GENERATION" = 3 ] && [ ! -d "$JAVA_HOME" ]; then
    echo "ERROR: JAVA_HOME $JAVA_HOME does not exist." >&2
    exit 1
  fi
}

# Options of one daemon or of a client, then the class and its arguments, in this process.
run_class() {
  local name=$1 options=$2 class=$3
  shift 3
  need_java
  local heap=-Xmx${HADOOP_HEAPSIZE:-1000}m
  local words=(-Dproc_"$name" "$heap" -Dhadoop.log.dir="$HADOOP_LOG_DIR" -Dhadoop.home.dir="$home"
    -Dhadoop.log.file="${HADOOP_LOGFILE:-hadoop.log}" -Dhadoop.id.str="$HADOOP_IDENT_STRING"
    -Dhadoop.root.logger="${HADOOP_ROOT_LOGGER:-INFO,console}")
  if [ "$GENERATION" = 1 ]; then
    exec "$JAVA_HOME/bin/java" "${words[@]}" $options ${HADOOP_OPTS:-} -classpath "$(class_path)" "$class" "$@"
  fi
  CLASSPATH=$(class_path)
  export CLASSPATH
  exec "$JAVA_HOME/bin/java" "${words[@]}" ${HADOOP_OPTS:-} $options "$class" "$@"
}

# The commands of bin/hdfs, and of bin/hadoop on Hadoop 1.
run_command() {
  local command=$1 hdfs=org.apache.hadoop.hdfs
  shift
  case $command in
    namenode) run_class namenode "${HADOOP_NAMENODE_OPTS:-}" $hdfs.server.namenode.NameNode "$@" ;;
    datanode) run_class datanode "${HADOOP_DATANODE_OPTS:-}" $hdfs.server.datanode.DataNode "$@" ;;
    secondarynamenode)
      run_class secondarynamenode "${HADOOP_SECONDARYNAMENODE_OPTS:-}" \
        $hdfs.server.namenode.SecondaryNameNode "$@"
      ;;
    dfs | fs) run_class dfs "${HADOOP_CLIENT_OPTS:-}" org.apache.hadoop.fs.FsShell "$@" ;;
    dfsadmin) run_class dfsadmin "${HADOOP_CLIENT_OPTS:-}" $hdfs.tools.DFSAdmin "$@" ;;
    fsck) run_class fsck "${HADOOP_CLIENT_OPTS:-}" $hdfs.tools.DFSck "$@" ;;
    getconf) run_class getconf "${HADOOP_CLIENT_OPTS:-}" $hdfs.tools.GetConf "$@" ;;
    version) run_class version "${HADOOP_CLIENT_OPTS:-}" org.apache.hadoop.util.VersionInfo ;;
    classpath) class_path ;;
    *)
      echo "Error: Could not find or load main class $command" >&2
      exit 1
      ;;
  esac
}

pid_file() { echo "$HADOOP_PID_DIR/hadoop-$HADOOP_IDENT_STRING-$1.pid"; }

daemon_start() {
  local program=$1 command=$2 pid log
  shift 2
  pid=$(pid_file "$command")
  log=$HADOOP_LOG_DIR/hadoop-$HADOOP_IDENT_STRING-$command-$(hostname)
  mkdir -p "$HADOOP_PID_DIR" "$HADOOP_LOG_DIR" || exit 1
  if [ -f "$pid" ] && kill -0 "$(cat "$pid")" 2>/dev/null; then
    echo "$command running as process $(cat "$pid").  Stop it first."
    exit 1
  fi
  export HADOOP_LOGFILE=${log##*/}.log HADOOP_ROOT_LOGGER=${HADOOP_DAEMON_LOGGER:-INFO,RFA}
  echo "starting $command, logging to $log.out"
  cd "$home" || exit 1
  nohup nice -n "${HADOOP_NICENESS:-0}" "$program" --config "$HADOOP_CONF_DIR" "$command" "$@" \
    >"$log.out" 2>&1 </dev/null &
  echo $! >"$pid"
  sleep 1
  head "$log.out"
  if [ "$GENERATION" != 1 ]; then
    sleep 3
    kill -0 $! 2>/dev/null || exit 1
  fi
}

daemon_stop() {
  local command=$1 pid target
  pid=$(pid_file "$command")
  if [ ! -f "$pid" ]; then
    echo "no $command to stop"
    return 0
  fi
  target=$(cat "$pid")
  if kill -0 "$target" 2>/dev/null; then
    echo "stopping $command"
    kill "$target"
    if [ "$GENERATION" = 3 ]; then
      for ((waited = 0; waited < HADOOP_STOP_TIMEOUT; waited++)); do
        kill -0 "$target" 2>/dev/null || break
        sleep 1
      done
    else
      sleep "$HADOOP_STOP_TIMEOUT"
    fi
    if kill -0 "$target" 2>/dev/null; then
      echo "$command did not stop gracefully after $HADOOP_STOP_TIMEOUT seconds: killing with kill -9"
      kill -9 "$target"
    fi
  else
    echo "no $command to stop"
  fi
  rm -f "$pid"
}

# These words on every host of the list, by a plain ssh command: no login shell, so no profile.
on_slaves() {
  local list=${HADOOP_SLAVES:-$HADOOP_CONF_DIR/${WORKERS:-slaves}} names host
  names=${HADOOP_SLAVE_NAMES:-$(sed 's/#.*$//;/^$/d' "$list")}
  for host in $names; do
    ssh ${HADOOP_SSH_OPTS:-} "$host" "${@// /\\ }" 2>&1 </dev/null | sed "s/^/$host: /" &
  done
  wait
}
