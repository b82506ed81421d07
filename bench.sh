#!/usr/bin/env bash
# Measures authorize on a cache hit beside a bare Kestrel endpoint that reads the same request and returns the same bytes: same run, alternating
# rounds, medians. Prints Markdown.
set -euo pipefail
cd "$(dirname "$0")"
rounds=${ROUNDS:-3} seconds=${SECONDS_PER_ROUND:-5} agent_port=${AGENT_PORT:-18511} bare_port=${BARE_PORT:-18512}
command -v wrk >/dev/null || { sudo=$([ "$(id -u)" -eq 0 ] || echo sudo); $sudo apt-get update -qq; $sudo apt-get install -y -qq wrk; }
command -v jq >/dev/null || { sudo=$([ "$(id -u)" -eq 0 ] || echo sudo); $sudo apt-get install -y -qq jq; }
out=artifacts/bench
mkdir -p "$out"
dotnet publish src/ConnectAgent -c Release -o "$out/agent" >"$out/build.log"
dotnet publish tests/ConnectAgent.Benchmarks -c Release -o "$out/bare" >>"$out/build.log"

pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done' EXIT
cat >"$out/config.json" <<EOF
{"server":true,"bootstrap":true,"data_dir":"$PWD/$out/data","log_level":"warn","bind_addr":"127.0.0.1","connect":{"enabled":true},"ports":{"http":$agent_port}}
EOF
agent=http://127.0.0.1:$agent_port
begin=$(date +%s%N)
"$out/agent/connect-agent" agent -config-file "$out/config.json" >"$out/agent.log" 2>&1 &
pids+=($!)
agent_pid=$!
until curl -fs -o /dev/null "$agent/v1/agent/connect/ca/roots" 2>/dev/null; do :; done
started=$((($(date +%s%N) - begin) / 1000000))
rss=$(awk '/VmRSS/ {print $2}' "/proc/$agent_pid/status")

uri=spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web
request='{"Target":"db","ClientCertURI":"'$uri'","ClientCertSerial":"04:00:00:00:00:01:15:4b:5a:c3:94"}'
curl -fsS -X PUT -d '{"Action":"allow"}' "$agent/v1/connect/intentions/exact?source=web&destination=db" >/dev/null
body=$(curl -fsS -d "$request" "$agent/v1/agent/connect/authorize")
"$out/bare/ConnectAgent.Benchmarks" bare "$bare_port" "$body" >"$out/bare.log" 2>&1 &
pids+=($!)
until curl -fs -o /dev/null "http://127.0.0.1:$bare_port/" 2>/dev/null; do :; done

cat >"$out/authorize.lua" <<EOF
wrk.method = "POST"
wrk.body = '$request'
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency)
  io.write(string.format("RESULT %.0f %.1f %.1f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read))
end
EOF
measure() { # port connections
  wrk -t1 -c"$2" -d"${seconds}s" -s "$out/authorize.lua" "http://127.0.0.1:$1/v1/agent/connect/authorize" | awk '/^RESULT/ {print $2, $3, $4, $5}'
}
median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

for port in $agent_port $bare_port; do measure "$port" 16 >/dev/null; done # warm
echo "| what | connections | requests/s | of bare | p50 µs | p99 µs | p50 of bare |"
echo "|---|---|---|---|---|---|---|"
for connections in 1 16; do
  : >"$out/a.txt"; : >"$out/b.txt"
  for _ in $(seq "$rounds"); do
    measure "$agent_port" "$connections" >>"$out/a.txt"
    measure "$bare_port" "$connections" >>"$out/b.txt"
  done
  for column in 1 2 3; do
    eval "a$column=$(awk "{print \$$column}" "$out/a.txt" | median) b$column=$(awk "{print \$$column}" "$out/b.txt" | median)"
  done
  [ "$(awk '{e+=$4} END {print e+0}' "$out/a.txt" "$out/b.txt")" = 0 ] || { echo "there were failed requests"; exit 1; }
  ratio=$(awk "BEGIN {printf \"%.2f\", $a1/$b1}") slower=$(awk "BEGIN {printf \"%.2f\", $a2/$b2}")
  echo "| authorize, hit | $connections | $a1 | $ratio | $a2 | $a3 | $slower |"
  echo "| bare Kestrel | $connections | $b1 | 1 | $b2 | $b3 | 1 |"
done
echo
echo "Start to the first answered roots request: $started ms; resident memory then: $((rss / 1024)) MB."
