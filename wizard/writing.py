"""How a file and a tree are written on a host: the POSIX sh behind Upload and Transfer.

One text for both the executor and the exported script, so that they do the same. It must not know connections.
"""

from __future__ import annotations

import hashlib
import json

from .commands import Run, Upload, shell

_UPLOAD = """set -e
path=$1 mode=$2 size=$3 before=$4 backup=$5 record=$6 owner=$7
case $path in "~/"*) path=$HOME/${path#"~/"} ;; esac
case $backup in "~/"*) backup=$HOME/${backup#"~/"} ;; esac
if [ -L "$path" ]; then path=$(readlink -f "$path"); fi
part="${path%/*}/.${path##*/}.flink-wizard-part"
mkdir -p "${path%/*}"
trap 'rm -f "$part"' EXIT
rm -f "$part"
( umask 077; cat > "$part" )
[ "$(wc -c < "$part")" -eq "$size" ] || { echo "only a part of the file arrived" >&2; exit 1; }
if [ -e "$path" ]; then
  if [ -n "$before" ] && [ "$(sha256sum < "$path" | cut -c 1-64)" != "$before" ]; then
    echo "$path was changed by somebody else in the meantime" >&2; exit 1
  fi
  if [ -n "$backup" ]; then
    # A second change by the same run must not replace what stood there before the first one.
    [ -e "$backup" ] || { cp -p "$path" "$backup.part" && mv -f "$backup.part" "$backup"; }
    mkdir -p "$HOME/.flink-wizard"
    printf '%s\\n' "$record" >> "$HOME/.flink-wizard/changes.log"
  fi
fi
chmod "$mode" "$part"
[ -z "$owner" ] || chown "$owner" "$part"
mv -f "$part" "$path"
"""

_UNPACK = """set -e
path=$1
case $path in "~/"*) path=$HOME/${path#"~/"} ;; esac
umask 022
rm -rf "$path"
mkdir -p "$path"
cd "$path"
exec tar xpof -
"""

# tar ends with 1 when a link dangles (Debian's Java has one): what could be read was sent.
_PACK = """cd "$1" || exit 2; tar chf - .; [ $? -le 1 ]"""


def upload_run(upload: Upload, run_id: str, who: str, when: str) -> Run:
    """The program that writes this file; its content is the standard input.

    `who` and `when` (ISO 8601) go into the record that stands beside a backup.
    """
    content = upload.content.encode("utf-8", "surrogateescape")
    # Where nothing was known to stand, what stands there after all is kept in any case.
    backup = f"{upload.path}.{run_id}.bak" if upload.backup or upload.before is None else ""
    record = json.dumps(
        {"when": when, "who": who, "run": run_id, "file": upload.path, "backup": backup, "why": upload.why},
        ensure_ascii=True,
    )
    old = upload.before
    before = hashlib.sha256(old.encode("utf-8", "surrogateescape")).hexdigest() if old is not None else ""
    run = shell(
        _UPLOAD,
        upload.path,
        f"{upload.mode:04o}",
        str(len(content)),
        before,
        backup,
        record,
        upload.owner or "",
        why=f"write {upload.path}",
    )
    return Run(run.argv, run.why, upload.sudo, upload.content)


def unpack_run(path: str) -> Run:
    """The program that unpacks a tar stream into an emptied directory."""
    return shell(_UNPACK, path, why=f"unpack into {path}")


def pack_run(path: str) -> Run:
    """The program that sends the content of a directory as a tar stream; links are followed."""
    return shell(_PACK, path, why=f"pack {path}")


def discard_run(path: str) -> Run:
    """The program that removes what a broken transfer left."""
    return shell('rm -rf -- "$1"', path, why="remove the incomplete copy")
