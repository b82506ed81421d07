#!/usr/bin/env bash
# The life of the package on a host with systemd: /test/old.deb and /test/new.deb, run by throwaway.sh.
set -euo pipefail
trap 'echo "FAILED in line $LINENO: $BASH_COMMAND"; journalctl --no-pager -n 40 -u connect-agent' ERR

api() { curl -sf "$@"; }
show() { systemctl show -p "$1" --value connect-agent; }
until_true() { for _ in $(seq 600); do if "$@"; then return; fi; sleep 0.05; done; echo "never: $*"; return 1; }
logged() { journalctl --no-pager -q -o cat -u connect-agent | grep -qF "$1"; }
title() { echo "== $*"; }

title install
dpkg -i /test/old.deb
[ "$(show ActiveState)" = active ]
[ "$(show StatusText)" = "Serving on 127.0.0.1:8500, unix:///run/connect-agent/agent.sock" ]
[ "$(systemctl is-enabled connect-agent)" = enabled ]
[ "$(stat -c '%U %a' /proc/"$(show MainPID)" | cut -d' ' -f1)" = connect-agent ]
[ "$(stat -c '%U:%G %a' /etc/connect-agent)" = "root:connect-agent 750" ]
[ "$(stat -c '%U:%G %a' /var/lib/connect-agent)" = "connect-agent:connect-agent 700" ]
[ "$(stat -c '%U:%G %a' /run/connect-agent)" = "connect-agent:connect-agent 750" ]
[ "$(stat -c '%a' /run/connect-agent/agent.sock)" = 660 ]
api http://127.0.0.1:8500/v1/agent/connect/ca/roots | grep -q TrustDomain
api --unix-socket /run/connect-agent/agent.sock http://localhost/v1/status/leader | grep -q 8300
grep -q '^CapEff:	0000000000000000$' /proc/"$(show MainPID)"/status
grep -q '^NoNewPrivs:	1$' /proc/"$(show MainPID)"/status
grep -q '^Seccomp:	2$' /proc/"$(show MainPID)"/status

title unit
[ -z "$(systemd-analyze verify /lib/systemd/system/connect-agent.service 2>&1)" ]
systemd-analyze security --no-pager --threshold=20 connect-agent.service >/dev/null

title reload
sed -i 's|"server": true,|"server": true, "log_level": "DEBUG",|' /etc/connect-agent/agent.json
systemctl reload connect-agent
until_true logged 'Configuration reloaded'
until_true eval '[ "$(show ActiveState)" = active ]'
pid=$(show MainPID)
echo '{"bogus": 1}' >/etc/connect-agent/bad.json
systemctl reload connect-agent
until_true eval '[ "$(show StatusText)" = "Serving on 127.0.0.1:8500, unix:///run/connect-agent/agent.sock; the last reload failed, see the log" ]'
rm /etc/connect-agent/bad.json
[ "$(show MainPID)" = "$pid" ]

title credentials
install -d -m 0700 /etc/credstore
echo 5ec3e7ab-0000-1111-2222-333344445555 | install -m 0600 /dev/stdin /etc/credstore/connect-agent.acl.tokens.initial_management
echo '{"acl": {"enabled": true, "default_policy": "deny"}}' >/etc/connect-agent/acl.json
systemctl restart connect-agent
[ "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8500/v1/agent/self)" = 403 ]
api -H 'X-Consul-Token: 5ec3e7ab-0000-1111-2222-333344445555' http://127.0.0.1:8500/v1/agent/self >/dev/null
! journalctl --no-pager -q -o cat -u connect-agent | grep -q 5ec3e7ab
rm /etc/connect-agent/acl.json

title log files
echo '{"log_file": "/var/log/connect-agent/agent.log", "log_rotate_bytes": 4096, "log_rotate_max_files": 2}' >/etc/connect-agent/log.json
systemctl restart connect-agent
files() { find /var/log/connect-agent -name 'agent-*.log' | wc -l; }
for _ in $(seq 100); do api http://127.0.0.1:8500/v1/status/leader >/dev/null; done
until_true eval '[ "$(files)" = 3 ]'
[ "$(find /var/log/connect-agent -name 'agent-*.log' -printf '%U %m %s\n' | awk -v user="$(id -u connect-agent)" '$1 != user || $2 ~ /[1-7]$/ || $3 > 4096')" = "" ]
rm /etc/connect-agent/log.json

title watchdog
install -d /run/systemd/system/connect-agent.service.d
printf '[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n' >/run/systemd/system/connect-agent.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart connect-agent
first=$(show WatchdogTimestampMonotonic)
until_true eval '[ "$(show WatchdogTimestampMonotonic)" != "$first" ]'
[ "$(show NRestarts)" = 0 ]
kill -STOP "$(show MainPID)"
until_true eval '[ "$(show NRestarts)" = 1 ]'
until_true eval '[ "$(show ActiveState)" = active ]'
rm -r /run/systemd/system/connect-agent.service.d
systemctl daemon-reload

title upgrade
api -X PUT -d '{"Action":"deny"}' 'http://127.0.0.1:8500/v1/connect/intentions/exact?source=web&destination=db' >/dev/null
pid=$(show MainPID)
echo '{"bogus": 1}' >/etc/connect-agent/bad.json
dpkg -i /test/new.deb
[ "$(show ActiveState)" = inactive ]
rm /etc/connect-agent/bad.json
dpkg -i /test/new.deb
until_true eval '[ "$(show ActiveState)" = active ]' # at once, or at the second attempt of Restart=
[ "$(show MainPID)" != "$pid" ]
grep -q '"log_level": "DEBUG"' /etc/connect-agent/agent.json
[ "$(api 'http://127.0.0.1:8500/v1/connect/intentions/check?source=web&destination=db')" = '{"Allowed":false}' ]

title drop-in
install -D -m 0644 /usr/share/doc/connect-agent/examples/identify-processes.conf /etc/systemd/system/connect-agent.service.d/identify-processes.conf
systemctl daemon-reload
systemctl restart connect-agent
grep -q '^CapEff:	0000000000080000$' /proc/"$(show MainPID)"/status
[ "$(readlink /proc/"$(show MainPID)"/ns/mnt)" = "$(readlink /proc/1/ns/mnt)" ]
rm -r /etc/systemd/system/connect-agent.service.d
systemctl daemon-reload

title remove
dpkg -r connect-agent
[ "$(show ActiveState)" = inactive ]
[ ! -e /usr/bin/connect-agent ]
[ -e /var/lib/connect-agent/state.db ]
[ -e /etc/connect-agent/agent.json ]

title purge
dpkg -P connect-agent
[ ! -e /var/lib/connect-agent ]
[ ! -e /etc/connect-agent ]
[ ! -e /var/log/connect-agent ]
title done
