"""A home of Flink or Hadoop: its version, the wizard's record in it, what differs from that record, and its configuration.

Knows the layout of a home, as its product has it. The listing is compared with the manifest on this side, so that a host
needs no program for it. It must not know what a configuration should say.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from wizard.facts import HomeFacts, PathFacts
from wizard.needs import Home
from wizard.probes.disks import read_df, read_mounts
from wizard.probes.files import read_stat
from wizard.probes.script import (
    TEXT_LIMIT,
    Reading,
    Section,
    Unreadable,
    decoded,
    decoded_text,
    path_word,
    word,
)
from wizard.product import FLINK, PRODUCTS, Product

_SCRIPT = r"""
p=@HOME@ c=@CONF@
above "$p"
if [ -w "$a" ] && [ -d "$a" ]; then w=writable; else w=fixed; fi
if [ -d "$p" ]; then k=there; elif [ -e "$p" ]; then k=other; else k=missing; fi
h home $k $w
if [ $k = there ]; then stats "$p"; fi
if [ $k = there ]; then h real; (cd -P "$p" 2>/dev/null && pwd -P) | b64; fi
h df; limit 5 df -kP "$a" 2>/dev/null
mounts
b=@BASE@
for f in "${p%/*}/.$b.flink-wizard-"*; do
  if [ -e "$f" ] || [ -L "$f" ]; then h leftover; printf '%s' "${f##*/}" | b64; fi
done
h conf-dir; printf '%s' "$c" | b64
# Below, the section's own limit is enough: one more process a file would be most of the reading's cost.
t=
for f in "$c"/*; do
  if [ -f "$f" ]; then
    if [ -L "$f" ]; then l=link; else l=plain; fi
    if [ -w "$f" ]; then w=writable; else w=fixed; fi
    h conf $l $w; printf '%s' "${f##*/}" | b64
    h conf-stat; stats "$f"
    case ${f##*/} in @TEXTS@) if [ -r "$f" ]; then h conf-text; limit 10 head -c @LIMIT@ "$f" | b64; fi;; esac
  fi
done
if [ $k = there ] && cd "$p"; then
  if [ -r .flink-wizard/manifest.json ]; then h manifest; b64 <.flink-wizard/manifest.json; fi
  x=; for f in @SCRIPTS@; do
    if [ -f "$f" ]; then if [ -x "$f" ]; then x=${x:-yes}; else x=no; fi; fi
  done
  h executable $x
  r=$(printf '\r')
  h returns; grep -l "$r" bin/*.sh bin/flink 2>/dev/null | b64
  set --; for f in @LISTED@; do if [ -d "$f" ]; then set -- "$@" "$f"; fi; done
  for f in *; do if [ -f "$f" ]; then set -- "$@" "./$f"; fi; done
  if stat -c %s . >/dev/null 2>&1; then g='-c %s/%Y/%n'; else g='-f %z/%m/%N'; fi
  if [ $# -gt 0 ]; then
    h files; limit 30 find "$@" \( -type f -o -type l \) -exec stat $g {} + | b64
  fi
  for f in * .*; do
    case $f in .|..|@NAMES@) continue;; esac
    if [ -d "$f" ] || { [ "${f#.}" != "$f" ] && [ -e "$f" ]; }; then h other; printf '%s' "$f" | b64; fi
  done
fi

"""


def sections(needs: Sequence[Home]) -> tuple[Section, ...]:
    """One section a home, so that one that hangs does not hide the others."""
    return tuple(
        _section(need)
        for need in dict.fromkeys(needs)
        if "\0" not in need.path and "\0" not in (need.conf_dir or "")
    )


def _section(need: Home) -> Section:
    bare, product = need.path.rstrip("/") or "/", PRODUCTS[need.product]
    elsewhere = (product.logs, ".flink-wizard", *(conf.partition("/")[0] for conf in product.conf))
    pieces = {
        "@HOME@": path_word(bare),
        "@CONF@": path_word(need.conf_dir or posixpath.join(bare, product.conf[0])),
        "@BASE@": word(posixpath.basename(bare)),
        "@TEXTS@": "|".join(product.texts),
        "@LIMIT@": str(TEXT_LIMIT + 1),
        "@SCRIPTS@": " ".join(product.scripts),
        "@LISTED@": " ".join(product.listed),
        "@NAMES@": "|".join(dict.fromkeys((*product.listed, *elsewhere))),
    }
    text = re.sub("@[A-Z]+@", lambda match: pieces[match[0]], _SCRIPT)

    def read(reading: Reading) -> Mapping[str, Any]:
        return {"homes": {need.path: read_home(reading, need.path, product)}}

    return Section(f"the {product.name} home {need.path}", text, read, 45)


def read_home(reading: Reading, path: str, product: Product = FLINK) -> HomeFacts:
    """One home.

    Raises:
        Unreadable: the answer has another shape.
    """
    words = reading.rest("home").split()
    if len(words) != 2:
        raise Unreadable("the home did not answer")
    df = read_df(reading.body("df"))
    fstype = read_mounts(reading.body("mounts")).get(df[0][1], ("", ()))[0] if df else ""
    there = words[0] == "there"
    manifest = read_manifest(reading)
    files = read_files(reading)
    others = tuple(decoded_text(block.body) for block in reading.all("other"))
    version = product.version_of(files)
    changed: tuple[str, ...] | None = None
    operator: tuple[str, ...] = ()
    if manifest is not None:
        recorded = _recorded(manifest)
        changed = changed_files(recorded, files, product)
        operator = tuple(sorted({*files, *others} - set(recorded)))
    elif version is None:
        operator = tuple(sorted({*files, *others}))
    executable = reading.rest("executable").strip()
    seen = read_stat(block.body.strip()) if there and (block := reading.first("home")) else None
    return HomeFacts(
        path,
        exists=words[0] != "missing",
        version=version,
        manifest=manifest,
        changed_files=changed,
        conf=read_conf(reading),
        conf_dir=decoded_text(reading.body("conf-dir")),
        writable=words[1] == "writable",
        fstype=fstype,
        inode=seen.inode if seen else "",
        leftovers=tuple(decoded_text(block.body) for block in reading.all("leftover")),
        operator_files=operator,
        real=decoded_text(reading.body("real")).strip("\n") if reading.has("real") else "",
        executable={"yes": True, "no": False}.get(executable),
        jars={
            name.removeprefix("lib/"): size
            for name, (size, _) in files.items()
            if re.fullmatch(r"lib/[^/]+\.jar", name)
        },
        returns=tuple(decoded_text(reading.body("returns")).split()) if reading.has("returns") else (),
    )


def read_manifest(reading: Reading) -> Mapping[str, Any] | None:
    """The record, None when there is none or it is damaged: a home with half a record is not known."""
    if not reading.has("manifest"):
        return None
    try:
        value: object = json.loads(decoded(reading.body("manifest")))
    except ValueError:
        return None
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else None


def read_files(reading: Reading) -> dict[str, tuple[int, int]]:
    """Relative path → size in bytes and whole seconds of its time."""
    found: dict[str, tuple[int, int]] = {}
    if not reading.has("files"):
        return found
    for line in decoded_text(reading.body("files")).splitlines():
        size, _, rest = line.partition("/")
        mtime, _, name = rest.partition("/")
        if size.isdigit() and mtime.isdigit():
            found[name.removeprefix("./")] = (int(size), int(mtime))
    return found


def _recorded(manifest: Mapping[str, Any]) -> dict[str, Sequence[Any]]:
    files: object = manifest.get("files")
    return cast("dict[str, Sequence[Any]]", files) if isinstance(files, dict) else {}


def changed_files(
    recorded: Mapping[str, Sequence[Any]], files: Mapping[str, tuple[int, int]], product: Product = FLINK
) -> tuple[str, ...]:
    """Recorded files whose size or time differ, or that are missing; conf, log and the unlisted left out."""
    found: list[str] = []
    for name, record in recorded.items():
        top = name.partition("/")[0]
        if "/" in name and top not in product.listed:
            continue
        if name.startswith("."):
            continue
        seen = files.get(name)
        if seen is None or seen[0] != int(record[0]) or seen[1] != int(record[1]):
            found.append(name)
    return tuple(sorted(found))


def read_conf(reading: Reading) -> dict[str, PathFacts]:
    """The files of the configuration directory by name."""
    found: dict[str, PathFacts] = {}
    directory = decoded_text(reading.body("conf-dir"))
    blocks = reading.blocks
    for index, block in enumerate(blocks):
        if block.key != "conf":
            continue
        link, writable = block.rest.split()
        name = decoded_text(block.body)
        seen = read_stat(blocks[index + 1].body.strip())
        text: str | None = None
        if index + 2 < len(blocks) and blocks[index + 2].key == "conf-text":
            content = decoded(blocks[index + 2].body)
            text = content.decode("utf-8", "surrogateescape") if len(content) <= TEXT_LIMIT else None
        found[name] = PathFacts(
            f"{directory}/{name}",
            "link" if link == "link" else seen.kind,
            mode=seen.mode,
            owner=seen.owner,
            writable=writable == "writable",
            mtime=seen.mtime,
            size=seen.size,
            inode=seen.inode,
            text=text,
        )
    return found
