# What the tests of a real window share; the caller sets $work and, once there is one, $window (its process) and $id (its
# number on the display).

# within SECONDS WHAT COMMAND... waits until the command succeeds.
within() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ -n "${window:-}" ] && ! kill -0 "$window" 2>/dev/null; then cat "$work/log" >&2; fail "window: it ended before $what"; fi
    if [ $SECONDS -ge $end ]; then
      import -window root build/bin/test-window.png || true
      [ ! -f "$work/log" ] || cat "$work/log" >&2
      fail "window: $what did not happen; see build/bin/test-window.png"
    fi
    sleep 0.2
  done
  say "window: $what"
}

window_id() { xdotool search --onlyvisible --name "^$1\$" 2>/dev/null | tail -n 1 | grep .; }
hidden() { ! window_id Sightglass; }
# A page that has not been drawn is of one colour.
page_drawn() { [ "$(import -window "$id" png:- | identify -format %k -)" -gt 100 ]; }
stored() { grep -rqaF -- "$1" "$SIGHTGLASS_HOME"; }
