"""An HDFS as its keeper makes one by hand on lab hosts, with nothing of the wizard.

Knows a 2.x home, its configuration and its own scripts on one host at a time.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.lab import Host, Lab

HOME, DATA = "/opt/hadoop", "/data/hdfs"
CONF = f"{HOME}/etc/hadoop"
JAVA = """
export JAVA_HOME=/usr/lib/jvm/java-17-openjdk-amd64
open='--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED'
open="$open --add-opens=java.base/java.util=ALL-UNNAMED --add-exports=java.base/sun.nio.ch=ALL-UNNAMED"
export HADOOP_OPTS="$HADOOP_OPTS $open"
"""


def make_by_hand(
    lab: Lab, archive: str, namenode: str, datanodes: Iterable[str], clients: Iterable[str], user: str
) -> None:
    """Unpack, configure, format and start it. `archive` is its path as every host sees it; `user` keeps the HDFS."""
    datanodes = tuple(datanodes)
    for name in dict.fromkeys((namenode, *datanodes, *clients)):
        lab[name].exec(f"mkdir -p {HOME} && tar xzf {archive} --strip-components=1 --no-same-owner -C {HOME}")
        _configure(lab[name], namenode)
    for name in dict.fromkeys((namenode, *datanodes)):
        lab[name].exec(f"mkdir -p {DATA} {HOME}/logs && chown {user} {DATA} {HOME}/logs")
    daemon = f"USER={user} {HOME}/sbin/hadoop-daemon.sh --config {CONF} start"
    made = f"{HOME}/bin/hdfs --config {CONF} namenode -format -nonInteractive"
    lab[namenode].exec(f"{made} && {daemon} namenode", user=user, timeout=120)
    for name in datanodes:
        lab[name].exec(f"{daemon} datanode", user=user)
    report = f"{HOME}/bin/hdfs --config {CONF} dfsadmin -report"
    lab[namenode].exec(
        f"until {report} 2>/dev/null | grep -q '^Live datanodes ({len(datanodes)})'; do sleep 0.5; done",
        user=user,
        timeout=180,
    )


def _configure(host: Host, namenode: str) -> None:
    host.write(f"{CONF}/core-site.xml", _site({"fs.defaultFS": f"hdfs://{namenode}:8020"}))
    places = {"dfs.namenode.name.dir": f"{DATA}/name", "dfs.datanode.data.dir": f"{DATA}/data"}
    more = {"dfs.replication": "1", "dfs.namenode.datanode.registration.ip-hostname-check": "false"}
    host.write(f"{CONF}/hdfs-site.xml", _site(places | more))
    host.write(f"{CONF}/hadoop-env.sh", host.read(f"{CONF}/hadoop-env.sh") + JAVA)


def _site(values: dict[str, str]) -> str:
    lines = (
        f"  <property><name>{key}</name><value>{value}</value></property>\n" for key, value in values.items()
    )
    return f"<configuration>\n  <!-- kept by hand -->\n{''.join(lines)}</configuration>\n"
