#!/usr/bin/env bash
# Puts a part of the built-in model in build/cache/builtin, for a machine that takes no more at a time: each is less than 50 MB.
#   stage.sh 1|2|3    the part, from 1
set -euo pipefail
cd "$(dirname "$0")/../.."
from=engine/builtin to=build/cache/builtin
rm -rf $to && mkdir -p $to/model $to/adapter
cp $from/model/model-0000"$1"-of-*.safetensors $to/model/
[ "$1" = 3 ] || exit 0
cp $from/sample.png $to/
cp $from/adapter/* $to/adapter/
find $from/model -type f ! -name '*.safetensors' -exec cp {} $to/model/ \;
