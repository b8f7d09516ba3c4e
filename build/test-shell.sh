#!/usr/bin/env bash
# Screenshot to answer, with a real window on a display without a screen: the shortcut, a selection made with the mouse on a
# screen that shows a known dialog, the question typed in the panel, and the right answer. Then the same from the menu of the desktop's bar.
#   test-shell.sh [SCREENSHOT]   keeps a picture of the screen with the answered panel
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
if [ "$(uname -s)" = Darwin ]; then
  say "the shell is driven on Linux only"
  exit
fi
if [ "${1:-}" != --on-display ]; then
  exec xvfb-run -a -s "-screen 0 1280x800x24" dbus-run-session -- "build/test-shell.sh" --on-display "$@"
fi
screenshot=${2:-}

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
export SIGHTGLASS_HOME=$work/home XDG_SESSION_TYPE=x11
unset WAYLAND_DISPLAY
question="What does the button say?" want=Continue # build/model drew dialog-1 with it

. build/window/drive.sh

go build -o "$work/statusbar" ./build/window/statusbar
"$work/statusbar" >"$work/bar.log" &
within 10 "the bar is there" grep -q ready "$work/bar.log"

# The known dialog fills the top left of the screen.
display -geometry +0+0 engine/builtin/testdata/screens/dialog-1.png &
within 10 "the dialog shows" xdotool search --onlyvisible --class display

build/bin/sightglass-desktop >"$work/log" 2>&1 &
window=$!
within 30 "the window opens" window_id Sightglass
id=$(window_id Sightglass)
within 30 "the page shows" page_drawn
within 20 "the item is in the bar" "$work/statusbar" --titles

# Until the tool has the mouse, what the mouse does is lost on it: then it is done again.
select_dialog() {
  sleep 0.5
  xdotool mousemove 0 0 mousedown 1
  for xy in "100 100" "300 300" "450 480" "511 511"; do
    xdotool mousemove $xy
    sleep 0.1
  done
  xdotool mouseup 1
}
panel_shown() { [ "$(xdotool getwindowgeometry --shell "$id" | sed -n 's/^WIDTH=//p')" -lt 500 ]; }

xdotool windowunmap "$id"
xdotool key ctrl+shift+space
within 10 "the shortcut starts a selection" pgrep -x maim
selected() {
  if pgrep -x maim; then select_dialog; fi
  panel_shown
}
within 20 "the panel shows" selected
sleep 1
xdotool windowfocus --sync "$id"
xdotool type --delay 20 "$question"
xdotool key Return
within 120 "the right answer is stored: $want" stored "$want"
if [ -n "$screenshot" ]; then
  sleep 1 # what fades in has faded in
  import -window root "$screenshot"
fi
xdotool key Escape
within 10 "Esc hides the panel" hidden

"$work/statusbar" "Ask About Screen"
within 20 "the menu brings the panel back" window_id Sightglass
"$work/statusbar" "Open Window"
whole() { [ "$(xdotool getwindowgeometry --shell "$id" | sed -n 's/^WIDTH=//p')" -gt 900 ]; }
within 10 "the menu opens the whole window" whole
prints "Recent Answers" "$work/statusbar" --titles || fail "shell: the menu lists no answers of before"
"$work/statusbar" "Quit Sightglass"
wait "$window" || fail "shell: it ended with status $? after it was asked to quit"
say "shell: it ends from the menu"

# As at login: in the bar alone, until the menu shows the window.
build/bin/sightglass-desktop --hidden >"$work/log" 2>&1 &
window=$!
within 20 "the item is in the bar again" "$work/statusbar" --titles
sleep 2 # time for a window that should not show
hidden || fail "shell: started hidden, the window shows"
"$work/statusbar" "Open Window"
within 10 "the menu shows the window" window_id Sightglass
"$work/statusbar" "Quit Sightglass"
wait "$window" || fail "shell: it ended with status $?"
