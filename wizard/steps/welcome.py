"""The first step: what the cluster is called."""

from __future__ import annotations

from ..questions import question
from .step import Step

WELCOME = Step(
    "welcome",
    "Welcome",
    "Turns machines with sshd into a running Flink cluster. Nothing is changed before you confirm the review.",
    questions=(question("cluster"),),
)
