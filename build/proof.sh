#!/usr/bin/env bash
# Proves the Metal kernels without a Mac: all their cases, checked, and every barrier and guard taken out in turn. The list of what was
# taken out, and how it was noticed, goes to build/bin/mutants.txt. Then the bridge to Metal and the macOS build, whole.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/setup/setup.sh proof
export CI=true # where a tool is missing, fail
list=build/bin/mutants.txt
mkdir -p build/bin
say "the kernels' cases, arguments and lint"
go test -count=1 -timeout 30m -skip Mutants ./metal/...
metal/fake/test.sh whole
say "faults in the macOS build"
build/darwin/faults.sh
say "every barrier and every guard out: this takes a while"
go test -count=1 -timeout 120m -v -run Mutants ./metal/proof -mutants=all >"$list.log" || status=$?
sed -n -e 's/^=== NAME  TestMutantsAreCaught\/each\///p' -e 's/^    mutate_test.go:[0-9]*: //p' "$list.log" >"$list"
grep -B1 '^not caught' "$list" >&2 || true
tail -n 1 "$list" >&2
exit "${status:-0}"
