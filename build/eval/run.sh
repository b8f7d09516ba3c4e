#!/usr/bin/env bash
# Draws the set unless that is done, lets a model answer it, and prints how much was right.
#   run.sh [FLAGS]   flags of the Go program here: --model DIR, --adapter DIR, --kinds a,b, --limit N, --out DIR ...
# The pictures lie in the cache folder, answers and reports in build/bin/eval. A run that was stopped goes on where it was.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
eval=$cache/eval
# Fonts and texts that the training data does not use; unpacked, not installed.
packages="fonts-cantarell fonts-crosextra-carlito fonts-crosextra-caladea fonts-urw-base35 fonts-jetbrains-mono fonts-quicksand fonts-comfortaa
  fonts-paratype fonts-sil-gentium manpages manpages-dev debian-faq developers-reference"

unpack() {
  [ -f "$eval/packages/.done" ] && return
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || fail "the set is drawn with fonts and texts of Debian packages: please run this on Debian 12"
  say "fetching fonts and texts by apt, 19 MB"
  rm -rf "$eval/packages" "$eval/debs"
  mkdir -p "$eval/packages" "$eval/debs"
  (cd "$eval/debs" && { apt-get download -qq $packages || { refresh && apt-get download -qq $packages; }; }) 2>"$eval/apt.log" || { cat "$eval/apt.log" >&2; fail "apt could not fetch $packages"; }
  for deb in "$eval"/debs/*.deb; do dpkg -x "$deb" "$eval/packages"; done
  rm -r "$eval/debs"
  touch "$eval/packages/.done"
}

refresh() { if [ "$(id -u)" = 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi; }

draw() {
  [ -f "$set/set.json" ] && return
  build/setup/setup.sh test
  build/frontend.sh # for Playwright
  unpack
  say "drawing the set with $(chromium --version 2>/dev/null), about a minute"
  rm -rf "$set.part"
  mkdir -p "$set.part"
  node build/eval/draw/draw.mjs "$eval/packages" "$set.part"
  mv "$set.part" "$set"
}

set=$eval/set-$(cat build/eval/draw/*.mjs build/eval/draw/kinds/*.mjs | cksum | cut -d' ' -f1)
draw
drawn=$(cd "$set" && sha256sum -- * | sha256sum | cut -d' ' -f1)
[ "$drawn" = "$(cat build/eval/set.sha256)" ] ||
  say "these pictures are not those of docs/builtin-model.md (another Chromium, or other packages): figures may differ a little"
build/build.sh command
go build -buildvcs=false -o build/bin/evaluate ./build/eval
nice -n 5 build/bin/evaluate --set "$set" "$@"
