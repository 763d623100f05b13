#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that people have: curl, python3, wrk, each where it is installed.
. "$(dirname "$0")/common.sh"

command -v python3 >/dev/null || {
	echo 'cannot run here: no python3 to serve'
	exit 77
}
setting ip_local_port_range '40000 49999'
mkdir "$work/www"
echo 'I love you.' >"$work/www/index.html"
python3 - "$work/www" >>"$work/log" 2>&1 <<'PYTHON' &
import functools, http.server, os, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, form, *values):
        # one write: several threads log
        os.write(1, b"%s %d\n" % (self.client_address[0].encode(), self.client_address[1]))
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    def handle_error(self, request, client_address):
        pass  # a client that has gone away
handler = functools.partial(Handler, directory=sys.argv[1])
Server(("127.0.0.1", 8000), handler).serve_forever()
PYTHON
server=$!
trap 'kill $server; wait $server 2>/dev/null || :; rm -rf "$work"' EXIT
url=http://127.0.0.1:8000/

python3 - <<'PYTHON' || fail 'the server answers'
import socket, time
end = time.monotonic() + 20
while True:
    try:
        socket.create_connection(("127.0.0.1", 8000), 1).close()
        break
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.05)
PYTHON

# came_from FIRST LAST ADDRESS: what the server saw since the last look
came_from() {
	[ -s "$work/log" ] || fail 'the server saw somebody'
	awk -v first="$1" -v last="$2" -v address="$3" '
		$1 != address || $2 < first || $2 > last { exit 1 }' "$work/log" || {
		cp "$work/log" "$out"
		fail "all come from $3, ports $1-$2"
	}
	: >"$work/log"
}

: >"$work/log"
if command -v curl >/dev/null; then
	pooled --ports 42000-42009 --from 127.0.0.7 -- curl -sS --noproxy '*' "$url" "$url"
	has "$out" 'I love you'
	came_from 42000 42009 127.0.0.7
	# its own choice of a port stands
	pooled --ports 42000-42009 -- curl -sS --noproxy '*' --local-port 43000 "$url"
	came_from 43000 43000 127.0.0.1
	# many at a time, non-blocking
	pooled --ports 42000-42099 -- curl -sS --noproxy '*' -Z --parallel-max 20 \
		"$url?[1-100]" -o /dev/null
	came_from 42000 42099 127.0.0.1
fi

pooled --ports 42100-42199 -- python3 -c '
import asyncio, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for i in range(20):
    opener.open(sys.argv[1]).read()
async def one():
    reader, writer = await asyncio.open_connection("127.0.0.1", 8000)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return b"I love you" in answer
async def many():
    return await asyncio.gather(*[one() for i in range(50)])
print(sum(asyncio.run(many())))' "$url"
ends_with 50
came_from 42100 42199 127.0.0.1
# a child of subprocess (vfork, closes all descriptors) does not confuse it
pooled --ports 42200-42203 -- python3 -c '
import socket, subprocess, sys
held = [socket.create_connection(("127.0.0.1", 8000)) for i in range(4)]
subprocess.run([sys.executable, "-c", "pass"], close_fds=True, check=True)
try:
    socket.create_connection(("127.0.0.1", 8000))
except OSError as error:
    print(error.strerror)'
ends_with 'Cannot assign requested address'

# standard error may be another file in the end: that one gets none of our lines
pooled -- python3 -c '
import os, socket, sys
socket.create_connection(("127.0.0.1", 8000)).close()
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), 2)' "$work/replaced"
[ -e "$work/replaced" ] && [ ! -s "$work/replaced" ] || fail 'the file is as the program left it'

if command -v wrk >/dev/null; then
	: >"$work/log"
	pooled --ports 44000-44999 -- wrk -t 2 -c 20 -d 1s -H 'Connection: close' "$url"
	has "$out" 'requests in'
	has_not "$out" 'Socket errors: connect [1-9]'
	came_from 44000 44999 127.0.0.1
fi
