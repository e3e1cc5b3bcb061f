"""Ailments that the lab cannot stage, each with its reason. Data alone."""

from __future__ import annotations

from tests.cluster.ailments.ailment import Ailment, not_here

AILMENTS: tuple[Ailment, ...] = (
    not_here(75, "selinux-context", "a home with the wrong SELinux context", "its kernel has no SELinux"),
    not_here(
        93,
        "home-is-shared",
        "one home for all hosts",
        "found before an install, by tests/cluster/test_shared_home.py",
    ),
    not_here(
        83,
        "sftp-slow",
        "a slow copy over a link of long delay",
        "its kernel has no netem to delay packets with",
    ),
)
