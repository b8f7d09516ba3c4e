#!/usr/bin/env bash
# Runs the Metal kernels without a Mac.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
[ -x metal/proof/run.sh ] || fail "there are no Metal kernels to prove yet"
exec metal/proof/run.sh "$@"
