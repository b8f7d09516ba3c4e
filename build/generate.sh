#!/usr/bin/env bash
# Writes what is generated: the pages' types, from the Go ones.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/setup/setup.sh
go tool tygo --config build/tygo.yaml generate
