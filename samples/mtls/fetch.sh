#!/usr/bin/env bash
# Asks the agent who I am and whom I trust: fetch.sh SERVICE FOLDER
set -euo pipefail
agent=${CONNECT_AGENT_ADDR:-http://127.0.0.1:8500}
service=$1 folder=$2
umask 077
leaf=$(curl -fsS "$agent/v1/agent/connect/ca/leaf/$service")
jq -r .CertPEM <<<"$leaf" >"$folder/$service.pem"
jq -r .PrivateKeyPEM <<<"$leaf" >"$folder/$service.key"
curl -fsS "$agent/v1/agent/connect/ca/roots" | jq -r '.Roots[].RootCert' >"$folder/roots.pem"
