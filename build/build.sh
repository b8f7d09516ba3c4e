#!/usr/bin/env bash
# Builds the pages and the command, and the window where its toolkit is there.
#   build.sh           what this machine can build
#   build.sh command   the command alone
#   build.sh desktop   the window too, its toolkit installed if need be
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
what=${1:-all}
if [ "$what" = desktop ]; then build/setup/setup.sh desktop; else build/setup/setup.sh; fi

build/frontend.sh
go build -o build/bin/sightglass .
[ "$what" = command ] && exit
if have_desktop; then
  go build -tags "$desktop_tags" -o build/bin/sightglass-desktop .
else
  say "no window: GTK and WebKit are missing (make app installs them)"
fi
