#!/usr/bin/env bash
# Starts the real window on a display without a screen, drags the sample picture in, asks about it, and waits for the
# answer that the command gives to the same question.
#   test-window.sh [SCREENSHOT]   keeps a picture of the answered question
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
if [ "$(uname -s)" = Darwin ]; then
  say "the window is driven on Linux only"
  exit
fi
if [ "${1:-}" != --on-display ]; then
  exec xvfb-run -a -s "-screen 0 1180x760x24" "build/test-window.sh" --on-display "$@"
fi
screenshot=${2:-}

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
export SIGHTGLASS_HOME=$work/home
picture=$work/sample.png
cp engine/builtin/sample.png "$picture"
question="What does the message say?"

. build/window/drive.sh

want=$(build/bin/sightglass ask --image "$picture" "$question")
# What is stored is JSON: compare the answer's first line, up to what JSON writes otherwise.
want=$(printf %s "$want" | head -n 1 | sed 's/["\\<>&].*//')
[ -n "$want" ] || fail "window: the command answered nothing to compare with"

cc -o "$work/dragsource" build/window/dragsource.c $(pkg-config --cflags --libs gtk+-3.0)
build/bin/sightglass-desktop >"$work/log" 2>&1 &
window=$!
within 30 "the window opens" window_id Sightglass
id=$(window_id Sightglass)
xdotool windowmove "$id" 0 0 windowfocus "$id"
within 30 "the page shows" page_drawn
xdotool key --window "$id" Escape # skips the first-run page

"$work/dragsource" "$picture" &
within 10 "a file to drag is there" window_id dragsource
source=$(window_id dragsource)
xdotool windowmove "$source" 1080 0
xdotool mousemove 1130 50 mousedown 1
for x in 1110 1080 1000 900 800 700; do
  xdotool mousemove $x 300
  sleep 0.1
done
xdotool mouseup 1
within 20 "the dropped picture is stored" stored "${picture##*/}"

xdotool windowfocus "$id"
xdotool type --delay 20 "$question"
xdotool key Return
within 120 "the answer is stored: $want" stored "$want"
xdotool mousemove 1100 700
if [ -n "$screenshot" ]; then
  sleep 1 # what fades in has faded in
  import -window "$id" "$screenshot"
fi

# Whatever ends the app, the next start is as this one was left: the window's size, the chat, and what was not sent.
xdotool windowsize "$id" 900 600 windowfocus "$id"
within 20 "the window's size is stored" stored '"wide":900,"high":600'
xdotool type --delay 20 "And not sent yet?"
within 20 "what was not sent is stored" stored "And not sent yet?"
kill -KILL "$window"
wait "$window" 2>/dev/null || true
build/bin/sightglass-desktop >"$work/log" 2>&1 &
window=$!
within 30 "the window opens again" window_id Sightglass
id=$(window_id Sightglass)
as_left() { prints WIDTH=900 xdotool getwindowgeometry --shell "$id"; } # a window is there before it has its size
within 10 "it opens as it was left" as_left
xdotool windowmove "$id" 0 0 windowfocus "$id"
within 30 "the page shows again" page_drawn
sleep 1
xdotool key Return
within 20 "what was not sent is sent in its chat" stored '"messages":4'
within 60 "it is answered" stored '"text":"And not sent yet?"'

kill -TERM "$window"
wait "$window" || fail "window: it ended with status $? after it was asked to end"
say "window: it ends when asked to"
