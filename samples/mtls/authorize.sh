#!/usr/bin/env bash
# Asks the agent whether the holder of a certificate may connect to a service: authorize.sh TARGET CERTIFICATE
set -euo pipefail
agent=${CONNECT_AGENT_ADDR:-http://127.0.0.1:8500}
uri=$(openssl x509 -in "$2" -noout -ext subjectAltName | grep -o 'spiffe://[^, ]*')
serial=$(openssl x509 -in "$2" -noout -serial | cut -d= -f2)
answer=$(jq -n --arg target "$1" --arg uri "$uri" --arg serial "$serial" \
  '{Target: $target, ClientCertURI: $uri, ClientCertSerial: $serial}' |
  curl -fsS -X POST --data @- "$agent/v1/agent/connect/authorize")
jq -r '"authorized=\(.Authorized): \(.Reason)"' <<<"$answer"
jq -e .Authorized <<<"$answer" >/dev/null
