#!/usr/bin/env bash
# Two screens side by side, without one, at a scale of 1 and of 2: Ask About Screen takes the screen that the pointer is on, pixel for
# pixel, and the panel opens there, beside the pointer.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
if [ "$(uname -s)" = Darwin ]; then
  say "the shell is driven on Linux only"
  exit
fi
if [ "${1:-}" != --on-display ]; then
  exec xvfb-run -a -s "-screen 0 4000x1600x24 -noreset" dbus-run-session -- "build/test-screens.sh" --on-display
fi

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
export XDG_SESSION_TYPE=x11
unset WAYLAND_DISPLAY
. build/window/drive.sh

# The second screen is 100 pixels lower and smaller, so that each number is another one.
output=$(xrandr --listactivemonitors | sed -n 's/.* //p' | tail -n 1)
xrandr --setmonitor first 2000/500x1600/400+0+0 "$output"
xrandr --setmonitor second 1900/500x1500/400+2000+100 none
display -geometry +2000+100 engine/builtin/testdata/screens/dialog-1.png &
within 10 "something shows on the second screen" xdotool search --onlyvisible --class display

corner() { xdotool getwindowgeometry --shell "$id" | sed -n "s/^$1=//p"; }
at() { [ "$(corner X)" = "$1" ] && [ "$(corner Y)" = "$2" ]; }

for scale in 1 2; do
  export SIGHTGLASS_HOME=$work/home-$scale GDK_SCALE=$scale
  xdotool mousemove 2600 300
  build/bin/sightglass-desktop --ask=screen >"$work/log" 2>&1 &
  window=$!
  within 30 "the window opens" window_id Sightglass
  id=$(window_id Sightglass)
  within 30 "the second screen's 1900 by 1500 pixels are stored" stored '"width":1900,"height":1500'
  x=$((2600 + 12 * scale)) y=$((300 + 12 * scale))
  within 10 "the panel is at $x, $y, beside the pointer" at $x $y
  kill -TERM "$window"
  wait "$window" || fail "screens: the window ended with status $?"
  window=
done
