#!/usr/bin/env bash
# Makes what is handed out: on a Mac a disk image, elsewhere a tarball with a .desktop entry.
#   NOTARY_PROFILE=NAME package.sh    on a Mac also has Apple notarize it; the profile is one of: xcrun notarytool store-credentials NAME
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
build/app.sh
version=$(sed -n 's/^const version = "\(.*\)"$/\1/p' main.go)

if [ "$(uname -s)" = Darwin ]; then
  image=build/bin/Sightglass-$version.dmg
  folder=$(mktemp -d)
  cp -R build/bin/Sightglass.app "$folder/"
  ln -s /Applications "$folder/Applications"
  hdiutil create -quiet -ov -fs HFS+ -format UDZO -volname Sightglass -srcfolder "$folder" "$image"
  [ -z "${SIGN_IDENTITY:-}" ] || codesign --force --timestamp --sign "$SIGN_IDENTITY" "$image"
  if [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit --wait --keychain-profile "$NOTARY_PROFILE" "$image"
    xcrun stapler staple "$image"
  fi
  say "made $image"
  exit
fi

name=sightglass-$version-linux-$(uname -m)
folder=build/bin/$name
rm -rf "$folder"
mkdir -p "$folder"/{bin,share/applications,share/icons/hicolor/512x512/apps,share/sightglass/builtin}
cp build/bin/sightglass build/bin/sightglass-desktop "$folder/bin/"
cp build/app/sightglass.desktop "$folder/share/applications/"
cp build/app/icon.png "$folder/share/icons/hicolor/512x512/apps/sightglass.png"
cp -R engine/builtin/{model,adapter,sample.png,sample.json} "$folder/share/sightglass/builtin/"
cp LICENSE NOTICE "$folder/"
tar -C build/bin -czf "build/bin/$name.tar.gz" --owner=0 --group=0 --sort=name "$name"
rm -rf "$folder"
say "made build/bin/$name.tar.gz: unpack it in /usr/local or ~/.local with: tar xzf FILE --strip-components=1"
