# Sourced by every script here: the cache folder, and the tools that setup.sh put there, first in PATH.
cache=${SIGHTGLASS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sightglass}
tools=$cache/tools
desktop_tags="desktop production webkit2_41" # how Wails is built without its own command
PATH=$tools/go/bin:$tools/node/bin:$PATH:$HOME/.cargo/bin
export PATH
# One set of flags for build, vet and test, whatever the folder: the C kernels are compiled once.
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-trimpath"

# say prints one line about what is being done, on stderr so that it never mixes with a program's output.
say() { printf 'sightglass: %s\n' "$*" >&2; }

# fail ends the script with one sentence.
fail() { say "$*"; exit 1; }

# prints TEXT COMMAND... tells whether the command succeeds and prints the text. A pipe into grep -q would close at the first match, and a
# command that then has more to say fails.
prints() {
  local out want=$1
  shift
  out=$("$@") && [[ $out == *"$want"* ]]
}

# module PATH prints the folder of a Go module that go.mod names, and fetches it where it is missing.
module() { go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p'; }

# at_least HAVE WANT compares dotted versions, numerically.
at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    n = split(want, w, "."); split(have, h, ".")
    for (i = 1; i <= n; i++) if (h[i] + 0 != w[i] + 0) exit !(h[i] + 0 > w[i] + 0)
  }'
}

# have_desktop reports whether the window's toolkit is installed: WebKit comes with macOS, and is a package elsewhere.
have_desktop() {
  [ "$(uname -s)" = Darwin ] || pkg-config --exists gtk+-3.0 webkit2gtk-4.1 2>/dev/null
}
