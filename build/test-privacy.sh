#!/usr/bin/env bash
# Counts the connections that the app tries to make, in a network of its own that leads nowhere: none while it answers, in the
# command and in the app, and some once a model is asked for, so that the counting is seen to count.
set -euo pipefail
cd "$(dirname "$0")/.."
. build/setup/env.sh
if [ "$(uname -s)" = Darwin ]; then
  say "connections are counted on Linux only"
  exit
fi
if [ "${1:-}" != --alone ]; then
  if ! unshare --map-root-user --net true 2>/dev/null || ! strace -o /dev/null true 2>/dev/null; then
    say "privacy: connections are not counted: this machine lets nobody make a network or watch a program"
    exit
  fi
  exec unshare --map-root-user --net -- "build/test-privacy.sh" --alone
fi
ip link set lo up

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
export SIGHTGLASS_HOME=$work/home HF_HOME=$work/hub
picture=engine/builtin/sample.png
question="What does the message say?"

# watched LOG COMMAND... runs a command and notes its calls of the network.
calls=connect,sendto,sendmsg,sendmmsg
watched() { strace -f -qq -e trace=$calls -o "$1" "${@:2}"; }
# tried LOG counts the calls that name an address beyond this machine.
tried() { grep -E 'AF_INET6?,' "$1" | grep -vcE 'inet_addr\("127\.0\.0\.1"\)|inet_pton\(AF_INET6, "::1"' || true; }

prints "new version" watched "$work/ask" build/bin/sightglass ask --image "$picture" "$question" || fail "privacy: the command does not answer without a network"
n=$(tried "$work/ask")
[ "$n" = 0 ] || fail "privacy: answering tried $n connections: $(grep -E 'AF_INET6?,' "$work/ask" | head -n 3)"
say "privacy: the command answers and tries no connection"

# As the process itself, so that its child is the app.
(exec strace -f -qq -e trace=$calls -o "$work/serve" build/bin/sightglass serve) >"$work/address" &
server=$!
for _ in $(seq 200); do grep -qs token= "$work/address" && break; sleep 0.2; done
address=$(cat "$work/address")
[ -n "$address" ] || fail "privacy: the app did not start without a network"
call() { curl -sS --fail -H "Authorization: Bearer ${address##*token=}" -H 'Content-Type: application/json' "${address%%\?*}api/$1" "${@:2}"; }
sample=$(call sample | sed -E 's/.*"id":"([0-9a-f]+)".*/\1/')
chat=$(call chats -X POST | sed -E 's/.*"id":"([0-9a-f]+)".*/\1/')
prints '"kind":"done"' call "chats/$chat/ask" -d "{\"text\": \"$question\", \"pictures\": [\"$sample\"]}" || fail "privacy: the app does not answer without a network"
prints '"recommended"' call models || fail "privacy: the app does not list its models without a network"
prints '"phase":"ready"' call model -X PUT -d '{"id": "builtin"}' || fail "privacy: the app does not choose a model without a network"
call export -X POST >/dev/null
call settings >/dev/null
call erase -X POST
pkill -INT -P "$server" || true
wait "$server" || true
n=$(tried "$work/serve")
[ "$n" = 0 ] || fail "privacy: the app tried $n connections: $(grep -E 'AF_INET6?,' "$work/serve" | head -n 3)"
say "privacy: the app starts, answers, lists its models, exports and erases, and tries no connection"

# The same app, asked for a newer version.
(SIGHTGLASS_RELEASES=http://192.0.2.1/latest exec strace -f -qq -e trace=$calls -o "$work/update" build/bin/sightglass serve) >"$work/address" &
server=$!
for _ in $(seq 200); do grep -qs token= "$work/address" && break; sleep 0.2; done
address=$(cat "$work/address")
call settings >/dev/null
[ "$(tried "$work/update")" = 0 ] || fail "privacy: the app looked for a newer version before it was asked to"
call update -X POST >/dev/null 2>&1 && fail "privacy: a newer version was found without a network"
pkill -INT -P "$server" || true
wait "$server" || true
[ "$(tried "$work/update")" != 0 ] || fail "privacy: looking for a newer version was not seen to try a connection"
say "privacy: looking for a newer version tries a connection, once it is asked for"

HF_ENDPOINT=http://192.0.2.1 watched "$work/pull" timeout 20 build/bin/sightglass models pull nobody/nothing >/dev/null 2>&1 || true
[ "$(tried "$work/pull")" != 0 ] || fail "privacy: asking for a model was not seen to try a connection: the counting does not count"
say "privacy: asking for a model tries one"
