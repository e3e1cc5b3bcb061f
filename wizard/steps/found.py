"""What was found of a cluster that is there and no other step of a repair asks for: to be read, and corrected.

Knows the words. It must not know how a cluster is read.
"""

from __future__ import annotations

from ..questions import question
from ..spec import ClusterSpec
from ..view import View
from .step import ByHand, Step
from .typed import login, of_spec, word


def _is_existing(view: View) -> bool:
    return view.answers.get("hdfs.mode") == "existing"


def _has_ha(view: View) -> bool:
    return view.answers.get("ha.zookeeper") is not None


def _summary(view: View) -> tuple[str, ...]:
    if view.adopted is None:
        return ()
    return view.adopted.notes


@of_spec
def _by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    del view
    home, conf = spec.flink.home, spec.conf_dir or f"{spec.flink.home}/conf"
    return (
        ByHand(
            f"Look at what Flink is told, on {spec.master.name}",
            (
                login(spec, spec.master),
                f"ls {word(home)}/lib | grep flink-dist",
                f"head -n 200 {word(conf)}/*.yaml {word(conf)}/masters {word(conf)}/[sw]*s",
                "bash -l -c 'env | grep -E \"^(FLINK|HADOOP|JAVA)_\"'",
            ),
        ),
    )


FOUND = Step(
    "found",
    "Found",
    "What the cluster's own files and processes say that it shall be. Correct what is wrong; "
    "what is left open stays as it is on the hosts.",
    questions=(
        question("flink.config", help="Values of Flink's configuration that somebody has decided."),
        question("flink.conf_dir"),
        question(
            "java.home", help="The Java home on every host; left open, one that fits is chosen on each."
        ),
        question("ssh.jump"),
        question("hdfs.mode", help="HDFS beside this Flink, if there is one."),
        question("hdfs.address", asked=_is_existing),
        question("hdfs.conf_dir", asked=_is_existing),
        question("ha.zookeeper", asked=_has_ha),
        question("ha.storage_dir", asked=_has_ha),
    ),
    by_hand=_by_hand,
    summary=_summary,
)
