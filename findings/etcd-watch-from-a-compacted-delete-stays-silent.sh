#!/usr/bin/env bash
# etcd 3.4.23 (Debian bookworm): compact at the revision of a delete, then watch that key from that very
# revision. The delete is not delivered and the watch is not cancelled as compacted either: it stays
# open and says nothing. From one revision earlier it is cancelled with the compacted revision; and
# where the compacted revision was a put, the put is delivered.
# Common guess: a watch either delivers every event from its start revision on or is cancelled with
# "required revision has been compacted"; so "resume at the last revision seen" is safe.
# Whom it hurts: followers that resume after a break, caches and lock watchers: the key is gone, and
# they wait for an event that never comes. A follower must range the key again when it resumes.
# Seen 2026-11-28. Needs apt-get and dpkg-deb; uses two free ports of 127.0.0.1.
set -euo pipefail
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
apt-get -qq update
apt-get -qq download etcd-server=3.4.23-4+b4 etcd-client=3.4.23-4+b4 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
read -r port peer < <(/usr/bin/python3 -c '
import socket
pair = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in pair))')
root/usr/bin/etcd --data-dir data --log-level error --listen-client-urls "http://127.0.0.1:$port" \
  --advertise-client-urls "http://127.0.0.1:$port" --listen-peer-urls "http://127.0.0.1:$peer" 2>log &
server=$!
ask() { ETCDCTL_API=3 root/usr/bin/etcdctl --endpoints "127.0.0.1:$port" "$@"; }
for _ in $(seq 50); do ask endpoint health >/dev/null 2>&1 && break; sleep 0.2; done
# What a watch of `key` from a revision says within two seconds: an event, a cancellation, or nothing.
watched() {
  local said
  said=$(ETCDCTL_API=3 timeout 2 root/usr/bin/etcdctl --endpoints "127.0.0.1:$port" watch "$1" --rev "$2" 2>&1 || true)
  case $said in
    *compacted*) echo cancelled ;;
    PUT* | DELETE*) echo "${said%%$'\n'*}" ;;
    "") echo silent ;;
    *) echo "$said" ;;
  esac
}
{
  ask put gone 1 >/dev/null   # revision 2
  ask del gone >/dev/null     # revision 3
  ask put other 1 >/dev/null  # revision 4
  echo "before: $(watched gone 3)"
  ask compact 3 >/dev/null
  echo "from 2: $(watched gone 2)"
  echo "from 3: $(watched gone 3)"
  ask put here 1 >/dev/null # revision 5
  ask compact 5 >/dev/null
  echo "a put from 5: $(watched here 5)"
} | tee seen
diff - seen <<'SEEN'
before: DELETE
from 2: cancelled
from 3: silent
a put from 5: PUT
SEEN
echo "as described"
