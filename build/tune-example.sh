#!/usr/bin/env bash
# Draws the example, fine-tunes the built-in model on it, and says how often it is right on pictures that it did not learn from, before and after.
# The data folder is one of its own, so that nothing of yours is touched. Then it does the same through the app's pages, in a browser.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/build.sh command

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SIGHTGLASS_HOME=$work/home
sightglass=build/bin/sightglass
"$sightglass" example "$work/parts"
start=$SECONDS
# The settings are those of the goal "Sort or name" in the app.
"$sightglass" tune --data "$work/parts" --out parts --compare --layers 12 --lr 1e-3 --warmup 5 --passes 8 --eval-every 120 --save-every 120 --seed 1 "$@"
say "$((SECONDS - start)) seconds"

say "the same in the window"
cd frontend && EXAMPLE=1 npx playwright test
