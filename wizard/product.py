"""What tells one product's files from another's: the shape of a home, of its archive, and of its manifest.

Knows names of files and directories of Flink and of Hadoop. It must not know versions, hosts, or how a home is put
anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from .hadoop.catalogue import jar_patterns

Slug = Literal["flink", "hadoop"]


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `section` is its part of the answers; `listed` are the directories that belong to its archive whole.

    `conf` are the places where its configuration may lie, `texts` the files of it that are read whole.
    """

    slug: Slug
    name: str
    section: str
    listed: tuple[str, ...]
    conf: tuple[str, ...]
    logs: str
    texts: tuple[str, ...]
    scripts: tuple[str, ...]
    """Shell patterns of what must be executable."""
    script_dirs: tuple[str, ...]
    jars: Callable[[], tuple[str, ...]]
    """Regular expressions of the jar whose name tells the version."""
    jar: str
    """How that jar is called in front of people."""
    needed: tuple[str, ...]
    """Files of which one at least must be there."""

    def version_of(self, files: Iterable[str]) -> str | None:
        """The version that the names of a home's files tell, None when they tell none."""
        for name in sorted(one for one in files if one.endswith(".jar")):
            for pattern in self.jars():
                if match := re.fullmatch(pattern, name):
                    return match[1]
        return None

    @property
    def tops(self) -> frozenset[str]:
        """Names by which an archive that is the home itself is known from one with a folder at its top."""
        return frozenset(
            {".flink-wizard", self.logs, *self.listed, *(conf.partition("/")[0] for conf in self.conf)}
        )


FLINK = Product(
    "flink",
    "Flink",
    "flink",
    listed=("bin", "lib", "opt", "plugins", "examples", "licenses", "resources", "tools"),
    conf=("conf",),
    logs="log",
    texts=("config.yaml", "flink-conf.yaml", "workers", "slaves", "masters", "zoo.cfg"),
    scripts=("bin/*.sh",),
    script_dirs=("bin",),
    jars=lambda: (r"lib/flink-dist(?:_2\.\d+)?-(\d.*)\.jar",),
    jar="lib/flink-dist-….jar",
    needed=("bin/start-cluster.sh",),
)

HADOOP = Product(
    "hadoop",
    "Hadoop",
    "hdfs",
    listed=(
        "bin", "sbin", "lib", "libexec", "share", "include", "webapps", "contrib", "c++", "docs", "ivy", "src",
        "licenses-binary",
    ),
    conf=("etc/hadoop", "conf"),
    logs="logs",
    texts=("core-site.xml", "hdfs-site.xml", "hadoop-env.sh", "workers", "slaves", "masters"),
    scripts=("bin/hadoop", "bin/hdfs", "bin/*.sh", "sbin/*.sh"),
    script_dirs=("bin", "sbin", "libexec"),
    jars=jar_patterns,
    jar="hadoop-core-….jar or share/hadoop/common/hadoop-common-….jar",
    needed=("bin/hadoop", "bin/hdfs"),
)  # fmt: skip

PRODUCTS: dict[Slug, Product] = {"flink": FLINK, "hadoop": HADOOP}
