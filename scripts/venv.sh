# Sourced by quickstart and test: finds a Python, makes .venv, installs the checkout into it. POSIX sh.
# Expects the repository's root as the working directory.

say() { [ $# -eq 0 ] || printf '%s\n' "$@"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 3
}

# The way to install Python here, for the message alone: nothing is installed by it.
python_advice() {
    if command -v apt-get >/dev/null 2>&1; then
        say "Install it with: sudo apt-get install python3 python3-venv"
    elif command -v dnf >/dev/null 2>&1; then
        say "Install it with: sudo dnf install python3.11"
    elif command -v brew >/dev/null 2>&1; then
        say "Install it with: brew install python@3.12"
    else
        say "Install Python 3.11 or newer with its venv module, then run this again."
    fi
}

# Prints the first Python >= 3.11 that can make a virtual environment.
find_python() {
    old=
    bare=
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        command -v "$name" >/dev/null 2>&1 || continue
        if ! "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            old="${old:+$old, }$name"
        elif ! "$name" -c 'import venv, ensurepip' 2>/dev/null; then
            bare="${bare:+$bare, }$name"
        else
            say "$name"
            return
        fi
    done
    if [ -n "$bare" ]; then
        fail "No Python with its venv module was found ($bare: no venv or ensurepip). $(python_advice)"
    elif [ -n "$old" ]; then
        fail "No Python 3.11 or newer was found (only older: $old). $(python_advice)"
    fi
    fail "No Python was found. $(python_advice)"
}

# ensure_installed [EXTRA]: .venv with the checkout in editable form, once for each state of pyproject.toml.
ensure_installed() {
    extra=${1:-}
    wanted="$(cksum <pyproject.toml) $(pwd -P)"
    for stamp in ".venv/.installed-$extra" ".venv/.installed-test"; do
        if [ -x .venv/bin/flink-wizard ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
            return
        fi
    done
    if ! .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(find_python) || exit 3
        say "Making .venv with $("$python" --version)"
        "$python" -m venv --clear .venv
    fi
    say "Installing flink-wizard${extra:+ and what its tests need} into .venv (a minute or two the first time)"
    PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet --no-input \
        --editable ".${extra:+[$extra]}" ||
        fail "pip could not install flink-wizard into $(pwd)/.venv; its message is above. Run this again once that is mended."
    say "$wanted" >".venv/.installed-$extra"
}
