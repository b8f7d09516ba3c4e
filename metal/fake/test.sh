#!/usr/bin/env bash
# Tests the bridge to Metal on Linux: encode.m and all our Go around it, over a fake Metal whose pipelines are the .metal files, compiled
# for this machine.
#   test.sh        the bridge, every op's cases, and tiny models that answer
#   test.sh whole  the same under AddressSanitizer, the built-in model, and planted faults
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
if ! command -v clang-19 >/dev/null; then
  [ -z "${CI:-}" ] || fail "want clang-19: run build/setup/setup.sh proof"
  say "the bridge to Metal is left out: its tests need clang 19"
  exit
fi
export CC=clang-19
go vet -tags fakemetal ./metal ./metal/fake ./metal/answers
if [ "${1:-}" != whole ]; then
  exec go test -tags fakemetal ./metal ./metal/answers
fi
say "the built-in model answers through encode.m: some minutes"
SIGHTGLASS_PROOF=1 go test -tags fakemetal -count=1 -timeout 60m -v -run Answer ./metal/answers | grep -E '^ |^(---|ok|FAIL|panic)'
say "the bridge under AddressSanitizer: some minutes, most of them for compiling"
go test -asan -tags fakemetal -count=1 -timeout 60m ./metal ./metal/answers
exec metal/fake/faults.sh
