"""The fixed shell text of an exported script: its own functions, and the small programs that it sends to hosts.

Knows POSIX sh and nothing of a cluster. Values of a plan never become part of these texts.
"""

from __future__ import annotations

FUNCTIONS = r"""
# quote WORD...: sets $line to the words as another shell reads them.
quote() {
  line=
  for word in "$@"; do
    quoted=
    while :; do
      case $word in
        *\'*) quoted="$quoted${word%%\'*}'\\''"; word=${word#*\'} ;;
        *) break ;;
      esac
    done
    line="$line '$quoted$word'"
  done
  line=${line# }
}

# step HOST TITLE: says what comes next, and remembers it for the message of a failure.
step() {
  at="$1: $2"
  printf '%s\n' "$at"
}

here() { (cd && exec "$@"); }

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi | cut -c 1-64
}

# says ANSWER KEY VALUE: whether a JSON answer holds that pair.
says() {
  case $(printf '%s' "$1" | tr -d ' \t\r\n') in *"\"$2\":$3"[,'}']*) ;; *) return 1 ;; esac
}

good() { printf '  ok: %s\n' "$1"; }

bad() {
  printf '  NOT OK: %s\n' "$1" >&2
  verdict=1
}
"""

OBTAINING = r"""
# Each product is obtained here once, as a tar file with its manifest inside and beside it, as flink-wizard itself keeps it.
# A tar file that is there already is used as it is. Needs curl or wget, tar, gzip and GNU coreutils (for PyPI: python3).

# download ADDRESS FILE SECONDS: an answer other than the file is an error.
download() {
  if command -v curl >/dev/null 2>&1; then
    curl -q -fsSL --retry 2 --connect-timeout "$3" -o "$2" -- "$1"
  else
    wget -q -t 3 --connect-timeout="$3" -O "$2" -- "$1"
  fi
}

# archive VERSION ADDRESS CHECKSUM PROGRAM SECONDS [optional]: an archive whose checksum file names its hash.
# Such a file may be "hash  name" or "name: HA SH ...", so it is searched for the hash, blanks left out. An optional
# one may be missing: curl says so with status 22, wget with 8.
archive() {
  rm -rf "$work/got" && mkdir "$work/got"
  download "$2" "$work/got/archive" "$5" || return 1
  status=0
  if [ -n "$3" ]; then download "$3" "$work/got/checksum" "$5" || status=$?; else status=22; fi
  case $status-${6:-needed} in
    0-*)
      sum=$("$4" < "$work/got/archive" | cut -d ' ' -f 1)
      tr -d ' \t\r\n' < "$work/got/checksum" | tr A-F a-f | grep -q -F -- "$sum" ||
        { echo "$2 does not match its checksum $3" >&2; return 1; }
      ;;
    22-optional | 8-optional) echo "no checksum is published for $2" >&2 ;;
    *) return 1 ;;
  esac
  unpacked "$work/got/archive" && packed "$1" "$(sha512sum < "$work/got/archive" | cut -d ' ' -f 1)" null
}

# from_path VERSION FILE: an archive or an unpacked home of this machine.
from_path() {
  if [ -d "$2" ]; then
    rm -rf "${work:?}/home" && mkdir "$work/home" && (cd "$2" && tar chf - .) | (cd "$work/home" && tar xof -) &&
      packed "$1" "" null
  else
    unpacked "$2" && packed "$1" "$(sha512sum < "$2" | cut -d ' ' -f 1)" \
      "$(stat -L -c '{"size":%s,"mtime":%Y}' -- "$2")"
  fi
}

# from_pypi VERSION: the two packages that together hold a whole Flink home; an old one may need an old Python's pip.
from_pypi() {
  rm -rf "$work/got" "${work:?}/home" && mkdir "$work/got" "$work/home"
  for package in apache-flink apache-flink-libraries; do
    python3 -m pip download --quiet --no-deps --dest "$work/got" "$package==$1" || return 1
  done
  for file in "$work/got"/*; do
    case $file in
      *.whl) python3 -m zipfile -e "$file" "$work/got/open" || return 1 ;;
      *) mkdir -p "$work/got/open" && tar xzf "$file" -C "$work/got/open" --strip-components 1 || return 1 ;;
    esac
  done
  for part in bin conf lib licenses opt plugins LICENSE NOTICE README.txt; do
    for top in pyflink deps; do
      [ ! -e "$work/got/open/$top/$part" ] || cp -Rp "$work/got/open/$top/$part" "$work/home/" || return 1
    done
  done
  find "$work/home" -name '*.sh' -exec chmod 755 {} +
  packed "$1" "" null
}

# unpacked FILE: its one folder becomes $work/home.
unpacked() {
  rm -rf "$work/open" "${work:?}/home" && mkdir "$work/open"
  case $(head -c 2 < "$1" | od -An -tx1 | tr -d ' ') in
    1f8b) gzip -dc < "$1" > "$work/plain.tar" ;;
    425a) bzip2 -dc < "$1" > "$work/plain.tar" ;;
    fd37) xz -dc < "$1" > "$work/plain.tar" ;;
    *) cp "$1" "$work/plain.tar" ;;
  esac || return 1
  (umask 022 && cd "$work/open" && tar xof "$work/plain.tar") || return 1
  rm -f "$work/plain.tar"
  if [ -d "$work/open/bin" ]; then mv "$work/open" "$work/home"; else mv "$work/open"/*/ "$work/home"; fi
}

# holds VERSION: whether $work/home is the product in that version.
holds() {
  case $product in
    Hadoop)
      [ -f "$work/home/bin/hadoop" ] &&
        { [ -f "$work/home/hadoop-core-$1.jar" ] || [ -f "$work/home/share/hadoop/common/hadoop-common-$1.jar" ]; }
      ;;
    *) [ -f "$work/home/bin/start-cluster.sh" ] && ls "$work/home"/lib/flink-dist*-"$1".jar >/dev/null ;;
  esac
}

# packed VERSION HASH SOURCE: $work/home with its manifest goes into the cache; without a HASH its content is hashed.
packed() {
  holds "$1" || { echo "this is no $product $1" >&2; return 1; }
  product=$product sh -eu -c "$pack_home" sh "$work" "$cache" "$@"
}

# cached VERSION [FILE]: whether the cache holds that version, made of that file as it is now.
cached() {
  [ -s "$cache" ] && [ -s "$cache.manifest.json" ] || return 1
  says "$(cat "$cache.manifest.json")" version "\"$1\"" || return 1
  [ $# -lt 2 ] || [ ! -f "$2" ] || says "$(cat "$cache.manifest.json")" mtime "$(stat -L -c %Y -- "$2")"
}
"""

PACK_HOME = r"""work=$1 cache=$2 version=$3 hash=$4 source=$5
umask 022
cd "$work/home"
logs=log config=conf scripts=bin
if [ "$product" = Hadoop ]; then
  logs=logs scripts=$(ls -d bin sbin libexec 2>/dev/null || :)
  [ ! -d etc/hadoop ] || config=etc/hadoop
fi
rm -rf "$logs" .flink-wizard
mkdir "$logs" .flink-wizard
chmod -R u+rwX,go+rX,go-w .
find $scripts -type f \( -name '*.sh' -o ! -name '*.*' \) -exec chmod 755 {} +
find -L . -type f ! -path './.flink-wizard/*' -exec stat -L -c '%s %Y 0%a %n' {} + | sort -k 4 > "$work/listed"
cut -d ' ' -f 4- < "$work/listed" | tr '\n' '\0' | xargs -0 sha256sum | cut -c 1-64 > "$work/sums"
[ "$(($(wc -l < "$work/sums")))" -eq "$(($(wc -l < "$work/listed")))" ]
if [ -z "$hash" ]; then hash=$(cat "$work/listed" "$work/sums" | sha512sum | cut -d ' ' -f 1); fi
paste -d ' ' "$work/sums" "$work/listed" | awk -v version="$version" -v hash="$hash" -v config="$config/" '
  { name = $0; for (n = 0; n < 4; n++) sub(/^[^ ]* /, "", name); sub(/^\.\//, "", name)
    files = files comma "\"" name "\":[" $2 "," $3 ",\"" $4 "\",\"" $1 "\"]"; comma = ","
    rest = substr(name, length(config) + 1)
    if (index(name, config) == 1 && index(rest, "/") == 0) { conf = conf gap "\"" rest "\":\"" $1 "\""; gap = "," } }
  END { print "\"version\":\"" version "\",\"archive_sha\":\"" hash "\","
    print "\"shipped_conf\":{" conf "},\"files\":{" files "}" }' > "$work/manifest"
printf '{%s}\n' "$(cat "$work/manifest")" > .flink-wizard/manifest.json
mkdir -p "${cache%/*}"
tar chf "$cache.part" .
size=$(($(wc -c < "$cache.part")))
printf '{%s,"size":%s,"source":%s}\n' "$(cat "$work/manifest")" "$size" "$source" > "$cache.manifest.json.part"
mv -f "$cache.part" "$cache"
mv -f "$cache.manifest.json.part" "$cache.manifest.json"
"""

AS_ROOT = """[ "$(id -u)" -ne 0 ] || exec "$@"
exec sudo -- "$@"
"""

ASK_REST = """exec timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit 7
case $1 in *:*) host="[$1]:$2" ;; *) host=$1:$2 ;; esac
printf "GET %s HTTP/1.0\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n" "$3" "$host" >&3
exec cat <&3' bash "$@" 2>/dev/null
"""

TRY_PORT = """exec timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$@" 2>/dev/null
"""
