#!/usr/bin/env bash
# Runs on a machine with an NVIDIA GPU, from the root of the tree, what build/gpu/build.sh left in build/cache/gpu. Reports go to $OUT.
#   run.sh stage     keep what came with this call in /tmp/gpu, for trees that come in parts
#   run.sh [suite..] info, cases, bench, whole and builtin, or those named
set -uo pipefail
at=/tmp/gpu to=/tmp/gpu/out
mkdir -p "$at/builtin" $to "${OUT:=/tmp/gpu/reports}"
for f in gpu:. builtin:builtin; do
  [ -d "build/cache/${f%:*}" ] && cp -r "build/cache/${f%:*}/." "$at/${f#*:}/"
done
cp -rLn engine/builtin/{model,adapter,sample.png} "$at/builtin/" 2>/dev/null
[ "${1:-}" = stage ] && { du -sh "$at"; exit; }
[ -f $at/ptx.zip ] && python3 -m zipfile -e $at/ptx.zip $at/kernels # for a driver that refuses the machine code
[ $# = 0 ] && set -- info cases bench whole builtin
driver=$(ldconfig -p | sed -n 's/.*libcuda\.so\.1 .*=> //p' | head -1)
: "${driver:=$(find /usr/local/nvidia /usr/lib -name libcuda.so.1 2>/dev/null | head -1)}"
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
echo "driver $driver, f16 products ${peak:-unknown} FLOP/s" | tee $to/00.md
check() { timeout "${LIMIT:-200}" $at/gpucheck -libcuda "$driver" -peak "${peak:-0}" -model $at/builtin "$@" 2>&1; }
for s in "$@"; do
  echo "== $s"
  check -out $to "$s" | tee $to/$s.log
  case $s in bench | whole | builtin)
    grep -q '^FAIL.*CUDA_ERROR' $to/$s.log && check -careful "$s" | grep ^FAIL ;; # which kernel it was
  esac
  cat $to/*.md >"$OUT/report.md"
  tar czf "$OUT/all.tgz" -C $to .
done
