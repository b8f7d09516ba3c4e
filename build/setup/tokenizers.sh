#!/bin/sh
# Builds the Rust half of daulet/tokenizers from the module's own source and leaves it in build/lib/libtokenizers.a.
# tokenizers.patch swaps a git dependency for its crates.io release, pins it in Cargo.lock, and keeps Rust panics from
# aborting the process. The library is cached outside the tree; a second run only looks at it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
patch=$root/build/setup/tokenizers.patch
lib=$root/build/lib/libtokenizers.a

version=$(sed -n 's|.*github.com/daulet/tokenizers \(v[^ ]*\).*|\1|p' "$root/go.mod")
[ -n "$version" ] || { echo "tokenizers: go.mod does not name github.com/daulet/tokenizers" >&2; exit 1; }
sum=$(cksum <"$patch" | cut -d' ' -f1)
folder=${SIGHTGLASS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sightglass}/tokenizers/$version-$(uname -s)-$(uname -m)-$sum
built=$folder/libtokenizers.a

if [ -f "$built" ] && [ -f "$lib" ] && ! [ "$lib" -ot "$built" ] && ! [ "$lib" -nt "$built" ]; then
	echo "tokenizers: $version is ready"
	exit 0
fi

if [ ! -f "$built" ]; then
	command -v cargo >/dev/null 2>&1 || PATH=$HOME/.cargo/bin:$PATH
	command -v cargo >/dev/null 2>&1 || { echo "tokenizers: cargo was not found; run build/setup/setup.sh, which installs Rust" >&2; exit 1; }
	source=$(cd "$root" && go mod download github.com/daulet/tokenizers && go list -m -f '{{.Dir}}' github.com/daulet/tokenizers)
	mkdir -p "$folder"
	work=$folder/work.$$
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM
	echo "tokenizers: building $version, about 3 minutes of processor time"
	mkdir "$work"
	cp -R "$source/src" "$source/benches" "$source/Cargo.toml" "$source/Cargo.lock" "$work"
	chmod -R u+w "$work"
	(cd "$work" && patch -s -p1 <"$patch" && cargo build --quiet --locked --release)
	mv "$work/target/release/libtokenizers.a" "$built"
fi

mkdir -p "$root/build/lib"
rm -f "$lib.$$"
# A copy where the cache is on another file system; both keep the time of the cached one, which the check above compares.
ln "$built" "$lib.$$" 2>/dev/null || cp -p "$built" "$lib.$$"
mv -f "$lib.$$" "$lib"
echo "tokenizers: $version is in build/lib"
