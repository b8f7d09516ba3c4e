#!/usr/bin/env bash
# Serves the pages with live reload; their calls go to a command built here, on a data folder of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/build.sh command

export SIGHTGLASS_HOME=${SIGHTGLASS_HOME:-$cache/dev}
mkdir -p "$SIGHTGLASS_HOME"
log=$SIGHTGLASS_HOME/serve.log
build/bin/sightglass serve --addr 127.0.0.1:0 >"$log" 2>&1 &
engine=$!
trap 'kill $engine 2>/dev/null' EXIT
until url=$(grep -o 'http://127.0.0.1:[^ ]*' "$log"); do
  kill -0 $engine 2>/dev/null || { cat "$log" >&2; fail "the engine did not start"; }
  sleep 0.1
done
cd frontend
SIGHTGLASS_URL=$url npm run dev
