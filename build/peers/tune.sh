#!/usr/bin/env bash
# Trains LoRA adapters with Sightglass and with transformers and PEFT in turns, and prints a Markdown table of step times and peak memory.
#   tune.sh [ROUNDS]   rounds of taking turns, 3 unless told
# The model has SmolLM2-135M's shape and random weights; it stays in the cache folder. THREADS sets the threads of every side, 2 unless told.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
build/build.sh command
python=$(build/setup/python.sh)
models=$cache/peers/models/tune
if [ ! -f "$models/q4/config.json" ]; then
  mkdir -p "$models"
  "$python" build/peers/tune_model.py engine/builtin/model "$models/f32" 498 >&2
  build/bin/sightglass convert --bits 4 "$models/f32" "$models/q4" >&2
fi
"$python" build/peers/tune_compare.py --rounds "${1:-3}" --threads "${THREADS:-2}" --models "$models" \
  --sightglass build/bin/sightglass --python "$python"
