#!/usr/bin/env bash
# Builds the command and asks the built-in model about the sample picture.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/build.sh command

picture=engine/builtin/sample.png
question="What does the message say?"
say "asking about $picture: $question"
build/bin/sightglass ask --image "$picture" "$question"
