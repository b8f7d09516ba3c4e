#!/usr/bin/env bash
# Runs on a machine with an NVIDIA GPU, from the root of the tree, what build/gpu/build.sh left in build/cache/gpu. Reports go to $OUT.
#   run.sh stage     keep what came with this call in /tmp/gpu, for trees that come in parts
#   run.sh [suite..] info, cases, bench, whole and builtin, or those named
set -uo pipefail
at=/tmp/gpu
mkdir -p "$at/builtin" "${OUT:=/tmp/gpu/out}"
export OUT
[ -d build/cache/gpu ] && cp -r build/cache/gpu/. "$at/"
[ -d build/cache/builtin ] && cp -r build/cache/builtin/. "$at/builtin/"
[ -d engine/builtin/model ] && cp -rn engine/builtin/{model,adapter,sample.png} "$at/builtin/" 2>/dev/null
[ "${1:-}" = stage ] && { du -sh "$at"; exit; }
[ -f "$at/ptx.zip" ] && python3 -m zipfile -e "$at/ptx.zip" "$at/kernels" # for a driver that refuses the machine code
[ $# = 0 ] && set -- info cases bench whole builtin
driver=$(ldconfig -p | sed -n 's/.*libcuda\.so\.1 .*=> //p' | head -1)
: "${driver:=$(find /usr/local/nvidia /usr/lib /usr/local/cuda* -name libcuda.so.1 2>/dev/null | head -1)}"
# The card's speed at f16 products, where PyTorch is: the best of ten.
peak=$(timeout 100 python3 - <<'PY' 2>/dev/null
import torch
n, a = 8192, torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
b, best = torch.randn_like(a), 1e9
for i in range(13):
    s, e = torch.cuda.Event(True), torch.cuda.Event(True)
    s.record(); a @ b; e.record(); e.synchronize()
    best = min(best, s.elapsed_time(e)) if i > 2 else best
print(2 * n**3 / best * 1e3)
PY
)
echo "driver $driver, f16 products ${peak:-unknown} FLOP/s"
check() { timeout "${LIMIT:-200}" "$at/gpucheck" -libcuda "$driver" -peak "${peak:-0}" -model "$at/builtin" "$@" 2>&1; }
for suite in "$@"; do
  echo "== $suite"
  check -out "$OUT" "$suite" | tee "$OUT/$suite.log"
  case $suite in bench | whole | builtin)
    grep -q '^FAIL.*CUDA_ERROR' "$OUT/$suite.log" && check -careful "$suite" | grep ^FAIL ;; # which kernel it was
  esac
done
