#!/usr/bin/env bash
# etcd3gw 2.0.0 against etcd 3.4.23 (python3-etcd3gw and etcd-server of bookworm): `with client.lock(name):`
# asks for the lock and runs the block whatever the answer. While another holds the lock, both are inside;
# nothing is raised and nothing waits. acquire() itself tells the truth, so does is_acquired().
# Two more things that the package does by itself: out of the box every call ends in "Not Found", as it
# asks under /v3alpha, which this etcd has no longer (api_path="/v3/" mends it); and a text with é becomes
# one byte in a key but two in the end of a prefix's range, so get_prefix("café/") does not find "café/1"
# and delete_prefix("café/") leaves it there.
# Common guess: entering a lock takes it, waits for it, or fails; two packages of one release work together;
# a prefix finds what was put under it.
# Whom it hurts: cron jobs and leader elections that are guarded by `with`: the guard is none when it matters.
# plated's log in etcd does not use this package; a script beside it that does must ask acquire().
# Seen 2026-11-29. Needs apt-get, dpkg-deb and Debian's python3; uses two free ports of 127.0.0.1.
set -euo pipefail
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir -p archives/partial
apt-get -qq update
wanted=(etcd-server=3.4.23-4+b4 python3-etcd3gw=2.0.0-2)
(cd archives && apt-get -qq download "${wanted[@]}" 2>/dev/null)
# What these need and this machine lacks.
apt-get -qq -y --no-install-recommends --download-only -o "Dir::Cache::archives=$tmp/archives" \
  install "${wanted[@]}" >/dev/null
for package in archives/*.deb; do dpkg-deb -x "$package" root; done
read -r port peer < <(/usr/bin/python3 -c '
import socket
pair = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in pair))')
root/usr/bin/etcd --data-dir data --log-level error --listen-client-urls "http://127.0.0.1:$port" \
  --advertise-client-urls "http://127.0.0.1:$port" --listen-peer-urls "http://127.0.0.1:$peer" 2>log &
server=$!
cat >lock.py <<'PYTHON'
import sys
import time
import etcd3gw
from etcd3gw.exceptions import ConnectionFailedError, Etcd3Exception

port = int(sys.argv[1])
client = etcd3gw.Etcd3Client("127.0.0.1", port, api_path="/v3/")
for _ in range(50):
    try:
        client.status()
        break
    except (ConnectionFailedError, Etcd3Exception):
        time.sleep(0.2)
try:
    etcd3gw.Etcd3Client("127.0.0.1", port).put("key", "value")
except Etcd3Exception as error:
    print("out of the box:", error)
print("asked:", client.lock("job").acquire(), client.lock("job").acquire())
first, second = client.lock("nightly"), client.lock("nightly")
with first:
    with second:
        print("both in the block, acquired:", first.is_acquired(), second.is_acquired())
client.put("café/1", "on the list")
print("by key:", client.get("café/1"), "by prefix:", client.get_prefix("café/"))
print("deleted by prefix:", client.delete_prefix("café/"), "still there:", client.get("café/1"))
PYTHON
PYTHONPATH=$tmp/root/usr/lib/python3/dist-packages timeout 40 /usr/bin/python3 lock.py "$port" | tee seen
diff - seen <<'SEEN'
out of the box: Not Found
asked: True False
both in the block, acquired: True False
by key: [b'on the list'] by prefix: []
deleted by prefix: False still there: [b'on the list']
SEEN
echo "as described"
