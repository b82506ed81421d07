#!/usr/bin/env bash
# Two services talk mutual TLS with leaves from the agent; the server authorizes the connection, an intention flips it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
agent=${CONNECT_AGENT_ADDR:-http://127.0.0.1:8500}
port=${MTLS_PORT:-28443}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

"$here/fetch.sh" web "$work"
"$here/fetch.sh" db "$work"

# db: serves one page over TLS, asks for a client certificate and keeps what the handshake showed.
openssl s_server -accept "127.0.0.1:$port" -www -cert "$work/db.pem" -key "$work/db.key" -CAfile "$work/roots.pem" \
  -Verify 2 -verify_return_error >"$work/server.log" 2>&1 &
server=$!

# It listens once it says so.
until grep -qs '^ACCEPT' "$work/server.log"; do
  kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
  sleep 0.05
done

# web: connects, and trusts db by the roots of the agent. It reads until db has sent the whole page and closes.
page=$(printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -connect "127.0.0.1:$port" -cert "$work/web.pem" -key "$work/web.key" \
  -CAfile "$work/roots.pem" -verify_return_error -quiet 2>"$work/client.log") || { cat "$work/client.log" >&2; exit 1; }
grep -q 'HTTP/1.0 200' <<<"$page" && echo "handshake: web and db trust each other"
# db: the peer's certificate as the handshake showed it, and the agent's word on it.
sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' <<<"$page" >"$work/peer.pem"
echo -n "before the intention: " && "$here/authorize.sh" db "$work/peer.pem"

curl -fsS -X PUT -d '{"Action":"deny"}' "$agent/v1/connect/intentions/exact?source=web&destination=db" >/dev/null
# The agent hears of the intention by a blocking query, within moments.
while answer=$("$here/authorize.sh" db "$work/peer.pem"); do
  sleep 0.05
done
echo "after web => db deny: $answer"
curl -fsS -X DELETE "$agent/v1/connect/intentions/exact?source=web&destination=db" >/dev/null
