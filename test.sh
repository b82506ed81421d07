#!/usr/bin/env bash
# Installs what is missing, restores, builds with warnings as errors, checks the format and runs every test.
set -euo pipefail
cd "$(dirname "$0")"

# A command, and the package that brings it.
declare -A needed=([dpkg-shlibdeps]=dpkg-dev [systemd-analyze]=systemd [openssl]=openssl [curl]=curl [jq]=jq [nginx]=nginx [node]=nodejs [npm]=npm)
missing=()
for tool in "${!needed[@]}"; do
  command -v "$tool" >/dev/null || missing+=("${needed[$tool]}")
done
if ((${#missing[@]})); then
  sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
  $sudo apt-get update -qq
  $sudo apt-get install -y -qq "${missing[@]}"
fi

# In its folder: with --prefix npm would not read the machine's own settings.
[ -d tests/node-client/node_modules ] || (cd tests/node-client && npm ci --no-audit --no-fund --loglevel error)

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet restore ConnectAgent.sln
dotnet build ConnectAgent.sln --no-restore --configuration Release
# Compiled ahead of time, because the functional tests start it some hundred times.
dotnet publish src/ConnectAgent --configuration Release --use-current-runtime --no-self-contained -p:PublishReadyToRun=true -p:RunAnalyzers=false --output artifacts/publish
# Style and analyzers are held by the build, which takes their findings for errors.
dotnet format whitespace ConnectAgent.sln --no-restore --verify-no-changes

# One project after the other: two cores are few, and the functional tests start many processes. What failed is said again at the end, where it is found.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet test ConnectAgent.sln -maxcpucount:1 --no-build --configuration Release --logger "console;verbosity=normal" | tee "$log"; then
  echo "--- failed:"
  grep -A 25 '^  Failed ' "$log" | head -200 || true
  exit 1
fi
