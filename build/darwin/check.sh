#!/usr/bin/env bash
# Checks the macOS build on Linux: go vet type-checks all our Go for darwin/arm64 with cgo; then the whole app is compiled and linked to a
# Mach-O, our Go, C and Objective-C, darwinkit and all, against stand-ins for Apple's libraries. Two packages of Wails, whose Objective-C
# needs Apple's SDK, are swapped for Go. Whether it works on a Mac this cannot tell.
#   check.sh            everything
#   check.sh PACKAGE... type check of these packages, and the link
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
if ! command -v clang-19 >/dev/null || ! command -v lld-19 >/dev/null; then
  [ -z "${CI:-}" ] || fail "want clang-19 and lld-19: run build/setup/setup.sh proof"
  say "the macOS build is not checked: that needs clang 19"
  exit
fi
SDK=$(build/darwin/sdk.sh)
export SDK GOOS=darwin GOARCH=arm64 CGO_ENABLED=1 CC="$PWD/build/darwin/cc.sh"
work=$cache/darwin/wails-$(cat go.mod build/darwin/wails/* | sha256sum | cut -c1-16)
if [ ! -d "$work" ]; then
  rm -rf "$work.part"
  mkdir -p "$work.part"
  cp -R "$(module github.com/wailsapp/wails/v2)" "$work.part/wails"
  chmod -R u+w "$work.part"
  rm -f "$work.part"/wails/internal/frontend/desktop/darwin/*.{go,m,h} "$work.part"/wails/pkg/assetserver/webview/*_darwin.go
  cp build/darwin/wails/frontend.go.txt "$work.part/wails/internal/frontend/desktop/darwin/frontend.go"
  cp build/darwin/wails/webview.go.txt "$work.part/wails/pkg/assetserver/webview/stub_darwin.go"
  mv "$work.part" "$work"
fi
cp go.mod go.sum "$work/"
go mod edit -replace "github.com/wailsapp/wails/v2=$work/wails" "$work/go.mod"
flags=(-modfile "$work/go.mod" -mod=mod -tags "desktop production")
go vet "${flags[@]}" "${@:-./...}"
mkdir -p "$cache/darwin/bin"
# The command may not use every package of ours that has code for macOS, so that Metal's tests are linked too.
go test "${flags[@]}" -ldflags='-s -w' -c -o "$cache/darwin/bin/metal.test" ./metal
go build "${flags[@]}" -buildvcs=false -ldflags='-s -w' -o "$cache/darwin/bin/sightglass" .
say "the macOS build compiles and links"
