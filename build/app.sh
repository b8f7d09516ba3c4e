#!/usr/bin/env bash
# Builds the window: on a Mac as build/bin/Sightglass.app, elsewhere as build/bin/sightglass-desktop.
#   SIGN_IDENTITY="Developer ID Application: ..." app.sh    signs for others' Macs; without one, for this Mac alone
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
icons=$(mktemp -d)/Sightglass.iconset
mkdir "$icons"
for size in 16 32 128 256 512; do
  sips -z $size $size build/app/icon.png --out "$icons/icon_${size}x$size.png" >/dev/null
  sips -z $((2 * size)) $((2 * size)) build/app/icon.png --out "$icons/icon_${size}x$size@2x.png" >/dev/null
done
iconutil -c icns -o "$app/Contents/Resources/Sightglass.icns" "$icons"
plutil -lint -s "$app/Contents/Info.plist"
# The hardened runtime, which notarization wants. Leave to look at the screen is tied to the signature: a Mac forgets it when an app that is
# signed for this Mac alone is built anew.
if [ -n "${SIGN_IDENTITY:-}" ]; then
  codesign --force --options runtime --timestamp --entitlements build/app/entitlements.plist --sign "$SIGN_IDENTITY" "$app"
else
  codesign --force --options runtime --entitlements build/app/entitlements.plist --sign - "$app"
fi
codesign --verify --strict "$app"
say "built $app"
