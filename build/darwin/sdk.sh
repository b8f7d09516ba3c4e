#!/usr/bin/env bash
# Makes a stand-in for the macOS SDK in the cache folder and prints its path: C headers from PyPI's ziglang, our own headers of Foundation,
# Metal and libffi, and libraries that hold no code, only the names that exports.txt allows. Nothing of Apple's is fetched.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
darwinkit=$(module github.com/progrium/darwinkit)
tokenizers=$(module github.com/daulet/tokenizers)
sum=$(cat build/setup/darwin.txt build/darwin/sdk.sh build/darwin/exports.txt build/darwin/ffi.h metal/fake/include/*/*.h go.mod | sha256sum | cut -c1-16)
sdk=$cache/darwin/sdk-$sum
if [ -d "$sdk" ]; then
  echo "$sdk"
  exit
fi
out=$cache/darwin/sdk.$$
trap 'rm -rf "$out"' EXIT
mkdir -p "$out/lib" "$out/Frameworks" "$out/include/ffi"

# libc fetches the headers, once.
libc() {
  local wheel=$cache/darwin/libc-$(sha256sum <build/setup/darwin.txt | cut -c1-16)
  if [ ! -d "$wheel" ]; then
    say "fetching macOS' C headers to $wheel (a download of 100 MB, of which 8 are kept)"
    mkdir -p "$wheel.part"
    PIP_ROOT_USER_ACTION=ignore pip3 download -q --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: -d "$wheel.part/whl" -r build/setup/darwin.txt >&2
    python3 - "$wheel.part"/whl/*.whl "$wheel.part" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    for name in z.namelist():
        if name.startswith(("ziglang/lib/libc/include/any-darwin-any/", "ziglang/lib/libc/darwin/")):
            z.extract(name, sys.argv[2])
PY
    rm -r "$wheel.part/whl"
    mv "$wheel.part" "$wheel"
  fi
  ln -s "$wheel/ziglang/lib/libc/include/any-darwin-any" "$out/libc"
  # lld 19 does not know the architecture arm64e.x1, which libSystem.tbd names.
  sed -E 's/, *arm64e\.x1-[a-z]+//g; s/^ *arm64e\.x1-[a-z]+, */                   /; s/^( *)arm64e\.x1-[a-z]+( \])/\1arm64-macos\2/' \
    "$wheel/ziglang/lib/libc/darwin/libSystem.tbd" >"$out/lib/libSystem.tbd"
}

# library FILE INSTALLED-AS NAME... writes a library that exports names; "class X" is an Objective-C class.
library() {
  local file=$1 path=$2 symbols=() classes=()
  shift 2
  while [ $# != 0 ]; do
    if [ "$1" = class ]; then classes+=("$2"); shift; else symbols+=("_$1"); fi
    shift
  done
  local IFS=,
  cat >"$file" <<TBD
--- !tapi-tbd
tbd-version:     4
targets:         [ arm64-macos ]
install-name:    '$path'
exports:
  - targets:         [ arm64-macos ]
    symbols:         [ ${symbols[*]-} ]
    objc-classes:    [ ${classes[*]-} ]
...
TBD
}

# allowed NAME prints what exports.txt allows of a library.
allowed() { sed -n "s/^$1: *//p" build/darwin/exports.txt; }

libraries() {
  local f
  for f in $(framework_names); do
    mkdir "$out/Frameworks/$f.framework"
    library "$out/Frameworks/$f.framework/$f.tbd" "/System/Library/Frameworks/$f.framework/Versions/A/$f" $(allowed "$f")
  done
  for f in libobjc libffi libresolv libpthread libdl libm libc++; do
    library "$out/lib/$f.tbd" "/usr/lib/$f.dylib" $(allowed "$f")
  done
  library "$out/lib/libtokenizers.tbd" /usr/lib/libtokenizers.dylib $(grep -ohE 'tokenizers_[a-z0-9_]+ *\(' "$tokenizers"/tokenizer{s.h,.go} | tr -d '( ' | sort -u)
}

# framework_names lists what darwinkit links, and what Go, Wails and we do.
framework_names() {
  {
    cat "$darwinkit"/{objc,dispatch,helper/action}/*.go "$darwinkit"/macos/*/*.go | grep -oE '^// #cgo LDFLAGS:.*' | grep -oE -- '-framework [A-Za-z]+' | cut -d' ' -f2
    printf '%s\n' Carbon Cocoa CoreFoundation CoreGraphics Foundation Metal Security ServiceManagement UserNotifications WebKit
  } | sort -u
}

# headers writes one for each framework that darwinkit imports, with the protocols that it names, empty but for those we have.
headers() {
  cp -R metal/fake/include/. "$out/include/"
  cp build/darwin/ffi.h "$out/include/ffi/ffi.h"
  local name
  for name in NSArray NSData NSDictionary NSObject NSString; do
    echo '#import <Foundation/Foundation.h>' >"$out/include/Foundation/$name.h"
  done
  local list header p
  for list in "$darwinkit"/macos/*/protocols.gen.m; do
    header=$(sed -nE 's/^#import "(.*)"/\1/p' "$list")
    case $header in Foundation/* | Metal/*) header=${header%/*}/darwinkit_protocols.h ;; esac
    mkdir -p "$(dirname "$out/include/$header")"
    {
      echo '#pragma once'
      echo '#import <Foundation/Foundation.h>'
      for p in $(grep -oE '@protocol\([A-Za-z0-9_]+\)' "$list" | sed -E 's/.*\((.*)\)/\1/'); do
        grep -qhE "^@protocol $p\b[^;,]*\$" "$out"/include/{Foundation,Metal}/{Foundation,Metal}.h 2>/dev/null || [ "$p" = NSObject ] || echo "@protocol $p @end"
      done
    } >"$out/include/$header"
  done
}

libc
libraries
headers
rm -rf "$sdk"
mv "$out" "$sdk"
echo "$sdk"
