#!/usr/bin/env bash
# Plants a fault of each kind in a copy of what matters, and wants the check of the macOS build to refuse it for that reason.
set -uo pipefail
cd "$(dirname "$0")/../.."
. build/setup/env.sh
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp go.mod go.sum ./*.go "$copy/"
ln -s "$PWD"/{app,build,engine,frontend} "$copy/"
missed=0

# plant NAME FILE SED WANT checks the copy with FILE changed by the sed command. WANT is in what the refusal says.
plant() {
  local name=$1 file=$2 change=$3 want=$4 out
  rm -rf "$copy/metal"
  cp -R metal "$copy/metal"
  sed -E "$change" "$file" >"$copy/$file"
  if cmp -s "$file" "$copy/$file"; then
    say "$name: the fault has no place in $file"
    missed=1
  elif out=$("$copy/build/darwin/check.sh" ./metal 2>&1); then
    say "$name: not caught"
    missed=1
  elif ! grep -qF -- "$want" <<<"$out"; then
    say "$name: caught, but not for its reason: $(head -n 5 <<<"$out")"
    missed=1
  else
    say "$name: caught"
  fi
}

plant "type check: an argument of a wrong type" metal/objects_darwin.go 's/NewLibraryWithSourceOptionsError\(source, options/NewLibraryWithSourceOptionsError(dev, options/' 'as string value in argument'
plant "type check: a method that darwinkit does not have" metal/objects_darwin.go 's/\.RecommendedMaxWorkingSetSize\(/.WorkingSetSize(/' 'WorkingSetSize undefined'
plant "compile: a message that Metal does not know" metal/encode.m 's/\[enc endEncoding\]/[enc end]/' "method '-end' not found"
plant "compile: automatic reference counting" metal/list.go 's/-fno-objc-arc/-fobjc-arc/' 'encode.m wants manual retain and release'
plant "link: a function that macOS does not have" metal/objects_darwin.go 's/MTLCreateSystemDefaultDevice/MTLCreateDefaultDevice/' 'undefined symbol: MTLCreateDefaultDevice'
plant "link: a class that is not allowed" metal/encode.m 's/(void sg_release.*release\];) /\1 [NSURL new]; /' 'undefined symbol: OBJC_CLASS_$_NSURL'
exit $missed
