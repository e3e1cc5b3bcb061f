"""A small file through HDFS, and the note that this was proved for exactly the daemons that run.

Knows Hadoop's own commands. It must not know how the daemons were started, nor judge them: the NameNode was asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..commands import Command, shell
from ..facts import ClusterFacts
from ..hadoop.catalogue import Hadoop
from ..needs import Daemons, Need, Paths, Rest
from .hadoopconf import AS_ITS_SCRIPTS
from .hdfsprove import seen_at
from .noted import is_noted, key_of, note_of, noting, with_note
from .operation import NotNow, Operation, Proof, Verdict

_ROUND_TRIP = (
    "home=$1 conf=$2 run=$3 client=$4\n"
    + AS_ITS_SCRIPTS
    + """fs() { "$home/$client" --config "$conf" @FS@ "$@"; }
file=/flink-wizard-proof-$run
said=$({
  printf '%s\\n' "$run" | fs -put - "$file" && back=$(fs -cat "$file") || { fs -rm "$file"; exit 1; }
  fs -rm "$file"
  [ "$back" = "$run" ] || { echo "what came back differs from what was written"; exit 1; }
} 2>&1 </dev/null) && { echo "$file was written and read back"; exit 0; }
printf '%s\\n' "$said" | grep -vE 'WARN|INFO|DEPRECATED' | tail -n 6 >&2
exit 1
"""
)


@dataclass(frozen=True)
class WriteAndReadBack(Operation):
    """A small file through HDFS, and the note that this was proved for exactly these daemons."""

    touched = (Paths,)
    anew = True
    hadoop: Hadoop
    home: str
    conf_dir: str
    web: Rest
    namenode: str
    datanodes: tuple[str, ...]
    state: str
    run_id: str

    @property
    def id(self) -> str:
        return "hdfs-write-and-read"

    @property
    def title(self) -> str:
        return "Write a file into HDFS and read it back"

    @property
    def _record(self) -> str:
        return f"{self.state}/hdfs-proof.json"

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        own: tuple[Need, ...] = (self.web, Daemons(), Paths(texts=(self._record,)))
        return {host: (Daemons(),) for host in self.datanodes} | {self.host: own}

    def satisfied(self, facts: ClusterFacts) -> bool:
        return is_noted(facts[self.host], self._record, self._key(facts))

    def commands(self, facts: ClusterFacts) -> tuple[Command, ...]:
        seen = seen_at(facts, self.host, self.web)
        if seen is None:
            raise NotNow("the NameNode does not answer")
        if seen.safe_mode:
            raise NotNow("the NameNode is in safe mode")
        if not seen.live:
            raise NotNow("no DataNode is live")
        # The words are the catalogue's own; the client stands before --config, the rest behind it.
        client, _, _, *rest = self.hadoop.file_system
        script = _ROUND_TRIP.replace("@FS@", " ".join(rest))
        run = shell(
            script,
            self.home,
            self.conf_dir,
            self.run_id,
            client,
            why="write a file and read it back",
            timeout=180.0,
        )
        return (run, noting(facts[self.host], self._record, note_of(self._key(facts))))

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return with_note(facts, self.host, self._record, note_of(self._key(facts)))

    def explain(self, facts: ClusterFacts) -> tuple[str, str]:
        del facts
        return (f"{self._record} is not as it was written", f"Look at {self._record} on {self.host}.")

    def _key(self, facts: ClusterFacts) -> str:
        running = sorted(
            (host, one.kind, one.pid)
            for host in dict.fromkeys((self.namenode, *self.datanodes))
            for one in facts[host].daemons or ()
            if one.kind in {"namenode", "datanode"} and facts[host].runs_from(one, self.home, self.conf_dir)
        )
        return key_of(self.host, running)


@dataclass(frozen=True)
class FileCameBack(Proof):
    """Says that a file went through HDFS for the daemons that run now, as `WriteAndReadBack` noted it."""

    trip: WriteAndReadBack

    @property
    def id(self) -> str:
        return "hdfs-file-came-back"

    @property
    def title(self) -> str:
        return "A file was written into HDFS and read back"

    @property
    def fatal(self) -> bool:
        return False

    def needs(self) -> Mapping[str, tuple[Need, ...]]:
        return self.trip.needs()

    def judge(self, facts: ClusterFacts) -> Verdict:
        if self.trip.satisfied(facts):
            return Verdict(True, "written and read back")
        # What hindered it was told by the operation itself.
        return Verdict(False, "no file was written", skipped=True)

    def expected(self, facts: ClusterFacts) -> ClusterFacts:
        return self.trip.expected(facts)
