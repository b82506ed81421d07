#!/usr/bin/env bash
# Measures the daemon, each figure beside what it is to be compared with, prints the tables and puts them into docs/performance.md and
# docs/performance.json. Sections: authorize roots leaf leaf-watched match health health-many health-readers acl scale issue memory readers start idle churn services checks library; none named: all.
# ROUNDS, SECONDS_PER_ROUND and SECONDS_TO_WARM change how long the alternating rounds take.
set -euo pipefail
cd "$(dirname "$0")"
command -v wrk >/dev/null || { sudo=$([ "$(id -u)" -eq 0 ] || echo sudo); $sudo apt-get update -qq; $sudo apt-get install -y -qq wrk; }
ulimit -n "$(ulimit -H -n)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
if [ -z "${NO_BUILD:-}" ]; then
  mkdir -p artifacts
  { dotnet build ConnectAgent.sln -c Release && dotnet publish src/ConnectAgent -c Release --use-current-runtime --no-self-contained -p:PublishReadyToRun=true -p:RunAnalyzers=false -o artifacts/publish; } >artifacts/bench-build.log ||
    { cat artifacts/bench-build.log; exit 1; }
fi
exec tests/ConnectAgent.Benchmarks/bin/Release/net10.0/ConnectAgent.Benchmarks bench "$@"
