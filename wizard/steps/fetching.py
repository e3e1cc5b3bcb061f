"""What one would type to get Flink, unpack it on the master and bring it to every host.

Knows where archives lie and how packages hold a Flink. It must not fetch anything.
"""

from __future__ import annotations

from ..flink.catalogue import UnknownBuild, download_of, line_of
from ..spec import ClusterSpec, HostSpec
from ..view import View
from .step import ByHand
from .typed import from_master, lines_for, of_spec, parent, port_of, user_of, word


@of_spec
def by_hand(view: View, spec: ClusterSpec) -> tuple[ByHand, ...]:
    del view
    home = spec.flink.home
    get = _get(spec)
    others = tuple(host for host in spec.hosts if host.name != spec.master.name)
    parts = [ByHand(f"On {spec.master.name}", get)]
    if others and spec.flink.distribute == "copy":
        parts.append(
            ByHand(
                f"From {spec.master.name}: the same path on every host",
                lines_for(others, lambda host: _copy(spec, host)),
            )
        )
    elif others:
        parts.append(
            ByHand(
                "Every host must see the same directory",
                lines_for(others, lambda host: f"{from_master(spec, host)} ls -di {word(home)}"),
            )
        )
    return tuple(parts)


def _copy(spec: ClusterSpec, host: HostSpec) -> str:
    home, port = spec.flink.home, port_of(spec, host)
    flag = f" -P {port}" if port else ""
    target = f"{user_of(spec, host)}@{host.address}:{parent(home)}/"
    return (
        f"{from_master(spec, host)} mkdir -p {word(parent(home))}; scp -rp{flag} {word(home)} {word(target)}"
    )


def _get(spec: ClusterSpec) -> tuple[str, ...]:
    """The lines that put the distribution at its place on the master."""
    flink = spec.flink
    unpack = f"mkdir -p {word(flink.home)}"
    if flink.source == "pypi":
        return _get_from_pypi(spec, unpack)
    if flink.source not in ("auto", "apache"):
        file = flink.source.rpartition("/")[2] if "://" in flink.source else flink.source
        fetch = (f"curl -fLO {word(flink.source)}",) if "://" in flink.source else ()
        return (*fetch, unpack, f"tar -xf {word(file)} -C {word(flink.home)} --strip-components=1")
    try:
        download = download_of(flink.version, flink.build_hadoop, flink.build_scala)
    except UnknownBuild as error:
        return (f"# {error}",)
    checksum = download.archive_checksums()[0]
    return (
        f"curl -fLO {download.archive}",
        f"curl -fL {checksum}   # must be what the next line prints",
        f"sha512sum {download.file}",
        unpack,
        f"tar -xzf {download.file} -C {word(flink.home)} --strip-components=1",
    )


def _get_from_pypi(spec: ClusterSpec, unpack: str) -> tuple[str, ...]:
    pypi, version, home = line_of(spec.flink.version).pypi, spec.flink.version, word(spec.flink.home)
    if pypi is None:
        return (f"# No Python package holds Flink {version}.",)
    wanted = " ".join(f"{package}=={version}" for package in pypi.packages)
    inner = "deps" if pypi.shape == "sdist" else "pyflink"
    return (
        f"python3 -m pip download --no-deps {wanted}",
        "for file in *.whl; do unzip -qo $file; done; for file in *.tar.gz; do tar -xzf $file; done",
        f"# bin, conf, lib, opt and plugins lie below {inner}/ of what was unpacked",
        unpack,
        f"for part in bin conf lib opt plugins; do cp -rp $(find . -path '*{inner}/'$part -type d) {home}/; done",
        f"chmod +x {home}/bin/*.sh {home}/bin/flink",
    )
