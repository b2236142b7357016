# Shared by the scripts beside this folder; sourced, not run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
PYTHON="$ROOT/.venv/bin/python"

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $*"; exit 1; }

# The package names in a list, without comments.
packages_in() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"; }

missing_packages() {
    local name
    for name in $(packages_in "$ROOT/reqs/apt.runtime.list" "$ROOT/reqs/apt.build.list"); do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q '^install ok installed' ||
            printf '%s\n' "$name"
    done
}

install_packages() {
    local missing sudo=()
    missing="$(missing_packages | tr '\n' ' ')"
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null || die "these packages are missing, and there is no apt-get: $missing"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null ||
            die "these packages are missing; run 'sudo apt-get install $missing' and try again"
        sudo=(sudo -n)
    fi
    say "installing: $missing"
    # shellcheck disable=SC2086 # a list of names
    {
        "${sudo[@]}" apt-get update -qq &&
            "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
                --no-install-recommends $missing
    } >"$ROOT/.setup.log" 2>&1 || {
        tail -n 20 "$ROOT/.setup.log" >&2
        die "apt-get could not install: $missing (all it said is in .setup.log)"
    }
    rm -f "$ROOT/.setup.log"
}

# What the environment was made from; it is made again when this changes.
fingerprint() {
    { cat "$ROOT/pyproject.toml" "$ROOT/scripts/lib/common.sh"; /usr/bin/python3 -VV; printf '%s' "$ROOT"; } | sha256sum
}

make_environment() {
    local stamp="$ROOT/.venv/pythia.stamp"
    [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ] && return 0
    [ -x /usr/bin/python3 ] || die "/usr/bin/python3 is missing; PyGObject belongs to that Python"
    say "making the environment .venv"
    # Not whatever 'python3' is on the path: only the system's Python sees its PyGObject.
    [ -x "$PYTHON" ] || /usr/bin/python3 -m venv --system-site-packages "$ROOT/.venv"
    "$PYTHON" -m pip install -qq --disable-pip-version-check --editable "$ROOT[dev]" >&2 ||
        die "pip could not install pythia and its libraries"
    # Types of Gst for mypy. They ask for a PyGObject that is newer than the system's and would be
    # built from C; only their text is wanted.
    "$PYTHON" -m pip install -qq --disable-pip-version-check --no-deps 'pygobject-stubs==2.20.0' >&2 ||
        die "pip could not install pygobject-stubs"
    fingerprint >"$stamp"
}

set_up() {
    install_packages
    make_environment
}
