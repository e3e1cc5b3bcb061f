"""What a session knows of secrets before anything is printed: also those that stand on the hosts already."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from tests.unit.worlds import cluster, flink_home, host, spec, with_home
from wizard.facts import PathFacts
from wizard.unattended.opening import _secrets_seen  # pyright: ignore[reportPrivateUsage]


def conf(name: str, text: str) -> PathFacts:
    return PathFacts(f"/conf/{name}", "file", text=text)


def test_secrets_of_configurations_on_hosts_are_known_and_plain_words_are_none() -> None:
    texts = {
        "config.yaml": "s3:\n  secret-key: hunter2x\nsecurity.delegation.tokens.enabled: false\n",
        "flink-conf.yaml": "s3.secret-key: abcdefg\nparallelism.default: 4\n",
    }
    files = MappingProxyType({name: conf(name, text) for name, text in texts.items()})
    seen = cluster(with_home(host("m"), replace(flink_home("2.3.0"), conf=files)), host("w1"))
    assert {secret.reveal() for secret in _secrets_seen(spec(), seen)} == {"hunter2x", "abcdefg"}
