#!/usr/bin/env bash
# Builds the window: on a Mac as build/bin/Sightglass.app, unsigned; elsewhere as build/bin/sightglass-desktop.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/build.sh desktop
if [ "$(uname -s)" != Darwin ]; then
  say "built build/bin/sightglass-desktop; Sightglass.app needs a Mac"
  exit
fi

app=build/bin/Sightglass.app
rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp build/app/Info.plist "$app/Contents/Info.plist"
cp build/bin/sightglass-desktop "$app/Contents/MacOS/sightglass"
cp LICENSE NOTICE "$app/Contents/Resources/"
mkdir "$app/Contents/Resources/builtin"
cp -R engine/builtin/model engine/builtin/adapter engine/builtin/sample.png engine/builtin/sample.json "$app/Contents/Resources/builtin/"
plutil -lint -s "$app/Contents/Info.plist"
say "built $app"
