#!/usr/bin/env bash
# Checks what describes the app to macOS and to Linux desktops, by tools that read the same formats.
set -euo pipefail
cd "$(dirname "$0")"
. ../setup/env.sh
if [ "$(uname -s)" = Darwin ]; then
  plutil -lint Info.plist entitlements.plist
  exit
fi
for f in Info.plist entitlements.plist; do
  plistutil -i "$f" -o /dev/null || fail "package: $f is no property list"
done
version=$(sed -n 's/^const version = "\(.*\)"$/\1/p' ../../main.go)
python3 - "$version" <<'PY'
import plistlib, sys
info = plistlib.load(open("Info.plist", "rb"))
want = {
    "LSUIElement": True, "LSMinimumSystemVersion": "13.0", "CFBundleShortVersionString": sys.argv[1],
    "CFBundleURLTypes.0.CFBundleURLSchemes": ["sightglass"], "CFBundleDocumentTypes.0.LSItemContentTypes": ["public.image"],
    "NSServices.0.NSMessage": "askAboutPicture", "NSServices.0.NSSendFileTypes": ["public.image"],
}
for key, value in want.items():
    found = info
    for part in key.split("."):
        found = found[int(part) if part.isdigit() else part]
    if found != value: sys.exit(f"package: Info.plist: {key}: want {value}, found {found}")
entitlements = plistlib.load(open("entitlements.plist", "rb"))
if entitlements: sys.exit(f"package: entitlements: want none, found {list(entitlements)}: say why in entitlements.plist and here")
PY
desktop-file-validate sightglass.desktop
[ "$(identify -format %wx%h icon.png)" = 1024x1024 ] || fail "package: want an icon of 1024x1024"
say "package: property lists, desktop entry and icon are sound"
