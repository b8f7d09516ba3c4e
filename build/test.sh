#!/usr/bin/env bash
# Runs every test. All of them run even when one fails; the exit status says whether any did.
set -uo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
failed=()
log=$(mktemp)
trap 'rm -f "$log" "$log.failed"' EXIT

# check NAME COMMAND... runs one part and remembers its failure.
check() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  # Not a pipe: a daemon that a part leaves behind would hold it open.
  if ! "$@" > >(tee "$log") 2>&1; then
    failed+=("$name")
    sleep 1 # until tee has written it
    { printf -- '-- the end of %s\n' "$name"; tail -n 12 "$log"; } >>"$log.failed"
  fi
}

in_frontend() { (cd frontend && "$@"); }

set -e
build/setup/setup.sh desktop test proof
build/build.sh desktop
set +e

check "go vet" go vet ./...
check "go vet, with the window" go vet -tags "$desktop_tags" . ./app/window
check "go test" go test ./...
check "Metal: the bridge, on a fake" metal/fake/test.sh
check "darwin: type check, compile, link" build/darwin/check.sh
check "pages: types and lint" in_frontend npm run --silent lint
check "pages: tests" in_frontend npm run --silent test
check "pages: in a browser, with the engine" in_frontend npm run --silent e2e
check "window" build/test-window.sh
check "package" build/app/check.sh
check "privacy: connections" build/test-privacy.sh
check "shell: screenshot to answer" build/test-shell.sh
check "shell: two screens" build/test-screens.sh

if [ ${#failed[@]} != 0 ]; then
  cat "$log.failed"
  printf '\nFAILED: %s\n' "$(IFS=,; echo "${failed[*]}")"
  exit 1
fi
printf '\nall tests passed\n'
