#!/usr/bin/env bash
# Makes the Python environment with PyTorch and transformers in the cache folder, and prints its interpreter. Only
# computing expected values anew and comparing with peers needs it: building and testing do not.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
venv=$cache/golden-venv
made=$venv/.sightglass-$(cksum <build/setup/python.txt | cut -d' ' -f1)
if [ ! -f "$made" ]; then
  say "fetching PyTorch and transformers to $venv, some gigabytes"
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || fail "please install python3-venv, then run this again"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check -r build/setup/python.txt >&2
  touch "$made"
fi
echo "$venv/bin/python"
