#!/usr/bin/env bash
# Builds the pages into frontend/dist, where the Go program embeds them, unless they are newer than their sources.
set -euo pipefail
cd "$(dirname "$0")/../frontend"
. ../build/setup/env.sh

installed=node_modules/.package-lock.json
if [ ! -f $installed ] || [ package-lock.json -nt $installed ]; then
  say "fetching the pages' packages"
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch $installed
fi
page=dist/index.html
if [ ! -f $page ] || [ -n "$(find src public index.html ./*.json ./*.ts -newer $page -type f -print -quit 2>/dev/null)" ]; then
  say "building the pages"
  npm run --silent build >&2
fi
