#!/usr/bin/env bash
# For the first people with a Mac: builds everything, runs every op and some models on the real GPU beside the processor, times them, and
# writes a report to send back. A failing part is part of the report.
set -uo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
if [ "$(uname -s)" != Darwin ]; then
  say "mac-check needs a Mac: it runs the kernels on its GPU; here, make proof tells what can be told without one"
  exit 1
fi
report=build/bin/mac-report.txt
mkdir -p build/bin
: >"$report"
failed=0

# part TITLE COMMAND... runs one part, shows its output, and keeps it.
part() {
  local title=$1 start=$SECONDS rc
  shift
  say "$title"
  printf '\n== %s\n$ %s\n' "$title" "$*" >>"$report"
  "$@" 2>&1 | tee -a "$report"
  rc=${PIPESTATUS[0]}
  printf '== exit status %s after %s s\n' "$rc" $((SECONDS - start)) >>"$report"
  [ "$rc" = 0 ] || failed=$((failed + 1))
}

# ask DEVICE asks the built-in model about its sample, greedily.
ask() { build/bin/sightglass ask --device "$1" --image engine/builtin/sample.png --temperature 0 --json "What app is this?"; }

machine() {
  sw_vers
  sysctl -n machdep.cpu.brand_string hw.memsize hw.ncpu
  system_profiler SPDisplaysDataType | grep -E 'Chipset|Cores|Metal'
  git rev-parse HEAD
  git status --short
  go version
}

part "this Mac" machine
part "build" build/build.sh command
[ -x build/bin/sightglass ] || fail "the build failed: please send $report"
part "Metal compiles and runs every case of every op" go test -count=1 -v -timeout 30m -run Cases ./metal/answers
part "models answer on Metal as on the processor" env SIGHTGLASS_PROOF=1 go test -count=1 -v -timeout 30m -run Answer ./metal/answers
part "Metal's own checks find nothing" env MTL_DEBUG_LAYER=1 MTL_SHADER_VALIDATION=1 go test -count=1 -timeout 30m -run 'Cases|Tiny' ./metal/answers
part "the rest of Metal's tests" go test -count=1 ./metal
part "a question on Metal" ask metal
part "the same question on the processor" ask cpu
part "speed on Metal" build/bin/sightglass bench --device metal --json
part "speed on the processor" build/bin/sightglass bench --device cpu --json
part "the processor's kernels" go test -count=1 ./engine/cpu/... ./engine

say "$failed parts failed; please send $report: it names the chip, the macOS version and this commit, and nothing else of yours"
[ "$failed" = 0 ]
