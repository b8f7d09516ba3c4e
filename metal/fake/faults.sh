#!/usr/bin/env bash
# Plants faults in the bridge to Metal, one at a time in a copy, and wants its tests to fail for each.
#   faults.sh [TEXT]   those with TEXT in their name
set -uo pipefail
only=${1:-}
cd "$(dirname "$0")/../.."
. build/setup/env.sh
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp go.mod go.sum "$copy/"
ln -s "$PWD/engine" "$copy/engine"
export CC=clang-19
tests() { (cd "$copy" && go test -trimpath -tags fakemetal -timeout 60s -skip Answer ./metal) 2>&1; }
missed=0

# plant NAME FILE SED changes FILE by the sed command.
plant() {
  local name=$1 file=metal/$2 change=$3 out
  [[ $name == *$only* ]] || return 0
  rm -rf "$copy/metal"
  cp -R metal "$copy/metal"
  sed -E "$change" "$file" >"$copy/$file"
  if cmp -s "$file" "$copy/$file"; then
    say "$name: the fault has no place in $file"
    missed=1
  elif out=$(tests); then
    say "$name: not caught"
    missed=1
  elif grep -qE '^metal/.*: (syntax error|undefined)|build failed' <<<"$out"; then
    say "$name: does not compile: $(head -n 5 <<<"$out")"
    missed=1
  else
    say "$name: caught: $(grep -m 1 -E '_test.go:[0-9]+: |panic|SIG' <<<"$out" | sed 's/^ *//' | cut -c1-100)"
  fi
}

cp -R metal "$copy/metal"
tests >/dev/null || fail "the tests fail without any fault"
plant "no barrier" encode.m '/memoryBarrierWithScope/d'
plant "a barrier only at the beginning" encode.m 's/d->barrier && i > from/d->barrier \&\& i == from/'
plant "a wrong offset" encode.m 's/offset:b->offset/offset:0/'
plant "wrong arguments" encode.m 's/setBytes:l->args \+ d->arg/setBytes:l->args/'
plant "the pipeline of the first dispatch for all" encode.m 's/d->pipeline != pipeline/!pipeline/'
plant "buffers at wrong indices" encode.m 's/atIndex:k\]/atIndex:d->bindings - 1 - k]/'
plant "encoding is not ended" encode.m '/endEncoding/d'
plant "nobody waits" encode.m '/waitUntilCompleted\]/d'
plant "nothing is committed" encode.m 's/\[\(id<MTLCommandBuffer>\)command commit\];//'
plant "a command buffer leaks" encode.m '/^\t\[c release\];/d'
plant "a pool leaks" encode.m '/^sg_ref sg_encode/,/^}/s/\[pool drain\];//'
plant "pipelines leak" encode.m 's/sg_release\(l->dispatches\[i\]\.pipeline\)/(void)i/'
plant "buffers leak" encode.m 's/sg_release\(l->bindings\[i\]\.buffer\)/(void)i/'
plant "pipelines are released too often" encode.m 's/\[\(id\)l->dispatches\[l->ndispatches\]\.pipeline retain\]/(void)0/'
plant "buffers are released too often" encode.m 's/\[\(id\)l->bindings\[l->nbindings\]\.buffer retain\]/(void)0/'
plant "a fault of the GPU is not told" encode.m 's/\? 0 : -1;/? 0 : 0;/'
plant "threads are not counted" encode.m 's/threads > most \|\| //'
plant "the end of a buffer is not guarded" memory.go 's/ \|\| at\+p\.size > v\.to//; s/ \|\| p\.size > len\(b\.data\)-p\.offset//'
plant "the page's beginning is forgotten" memory.go 's/at := b\.lead \+ p\.offset/at := p.offset/'
plant "buffers of a long file do not overlap" memory.go 's/from \+= pages\(longest \/ 2\)/from += longest/'
plant "odd offsets are handed on" memory.go 's/at%alignment == 0/true/'
plant "the working set is not asked" memory.go 's/used > int64\(d\.limits\.workingSet\)/false/'
plant "freed memory counts as used" memory.go '/b\.device\.used\.Add/d'
plant "freed memory is used" list.go 's/if b\.freed\.Load\(\)/if b == nil/'
plant "the spare command buffer leaks" list.go 's/release\(d\.spare\.command\)//'
plant "the spare of another program runs" list.go 's/if d\.last != l \{/if false {/'
plant "the next run is not encoded ahead" list.go 's/if again \&\&/if again \&\& false \&\&/'
plant "a cancelled run goes on" list.go 's/ \&\& ctx\.Err\(\) == nil//'
plant "pipelines are not made ahead" device.go 's/d\.pipelines\.begin\(steps\)//'
plant "a library leaks" pipelines.go '/range p\.libraries \{/,/^\t}/s/release\(r\)/_ = r/'
exit $missed
