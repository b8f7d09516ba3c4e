#!/usr/bin/env bash
# Builds what metal/proof/cuda/run.sh takes to a machine with an NVIDIA GPU, in build/cache/gpu: the kernels as PTX and machine code, and
# the program that checks them. Nothing here needs a GPU.
set -euo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
version=13.0.88 # of CUDA: no newer than the drivers that we meet
tools=$HOME/.cache/sightglass/cuda/$version
if [ ! -d "$tools" ]; then
  say "NVIDIA's compiler $version"
  new=$(mktemp -d "$HOME/.cache/sightglass/cuda-XXXXXX")
  python3 -m pip download -q --no-deps --only-binary=:all: -d "$new" "nvidia-cuda-nvcc==$version" "nvidia-nvvm==$version"
  (cd "$new" && for f in *.whl; do python3 -m zipfile -e "$f" .; rm "$f"; done)
  chmod +x "$new"/nvidia/cu13/bin/ptxas
  mkdir -p "$(dirname "$tools")" && mv "$new" "$tools"
fi
cuda=$tools/nvidia/cu13
out=build/cache/gpu
mkdir -p $out
go run ./metal/proof/cuda/ptx -out build/cache/gpu-logs -cache "$HOME/.cache/sightglass/proof" -libdevice "$cuda/nvvm/libdevice/libdevice.10.bc" -ptxas "$cuda/bin/ptxas"
rm -rf $out/kernels && mkdir -p $out/kernels
cp build/cache/gpu-logs/*.cubin $out/kernels/
(cd build/cache/gpu-logs && python3 - ../gpu/ptx.zip *.ptx) <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_LZMA) as z:
    for f in sys.argv[2:]:
        z.write(f)
PY
go build -ldflags='-s -w' -o $out/gpucheck ./metal/proof/cuda/gpucheck
du -sh $out
