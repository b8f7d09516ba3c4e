#!/usr/bin/env bash
# Draws pages with a browser, for kinds.py's "browser": style sheets are fetched from npm, fonts are those of data.sh and no others.
#   pages.sh DIR [FILES [PAGES]]    DIR is data.sh's; leaves DIR/pages/1.zip and so on; wants npm, chromium and Python with Pillow and playwright
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/sheets" "$1/pages"
cd "$1"
sheets="@picocss/pico@2.1.1:css/pico.classless.min.css @picocss/pico@2.1.1:css/pico.classless.green.min.css @picocss/pico@2.1.1:css/pico.classless.pink.min.css
  @picocss/pico@2.1.1:css/pico.classless.orange.min.css @picocss/pico@2.1.1:css/pico.classless.violet.min.css water.css@2.1.1:out/light.min.css water.css@2.1.1:out/dark.min.css
  sakura.css@1.5.1:css/sakura.css sakura.css@1.5.1:css/sakura-dark.css simpledotcss@2.3.7:simple.min.css mvp.css@1.18.0:mvp.css milligram@1.4.1:dist/milligram.min.css
  bulma@1.0.4:css/versions/bulma-no-helpers.min.css bootstrap@5.3.9:dist/css/bootstrap.min.css"
for s in $sheets; do
  tar xzOf "$(npm pack --silent "${s%:*}")" "package/${s#*:}" >"sheets/$(echo "${s%@*}" | tr -dc a-z)-$(basename "$s")"
done
cat >fonts.conf <<XML
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>$PWD/fonts</dir><cachedir>$PWD/fonts.cache</cachedir></fontconfig>
XML
export FONTCONFIG_FILE=$PWD/fonts.conf SCREENS_DATA=$PWD
seq "${2:-6}" | xargs -P "$(nproc)" -I{} python3 "$here/pages.py" sheets pages/{}.zip "${3:-1300}" {}
