#!/usr/bin/env bash
# Whether this machine lets throwaway.sh do what it does: exit code 0 when it can.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || exec sudo -n "$0"
exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup bash -c '
  set -e
  mount --make-rprivate /
  work=$(mktemp -d)
  mount -t tmpfs tmpfs "$work"
  mkdir "$work"/upper "$work"/work "$work"/root
  mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work"/root
  mount -t proc proc "$work"/root/proc
  mount -t sysfs -o ro sysfs "$work"/root/sys
  mount -t cgroup2 cgroup2 "$work"/root/sys/fs/cgroup
  mkdir "$work"/root/sys/fs/cgroup/throwaway-probe-$$
  rmdir "$work"/root/sys/fs/cgroup/throwaway-probe-$$
'
