#!/usr/bin/env bash
# Runs a script as root in a throw-away copy of this host: the host's files below an overlay in memory, processes of its own, no network but a loopback of its
# own, and a systemd of its own. Nothing that the script does stays.
#
#   throwaway.sh FOLDER SCRIPT    FOLDER is /test inside, and may be written; SCRIPT is a path inside. Its output, and its exit code, are those of this.
set -euo pipefail
folder=$(realpath "$1")
script=$2

case ${PHASE:-} in
'')
  [ "$(id -u)" -eq 0 ] || exec sudo -n "$0" "$@"
  PHASE=groups exec unshare --mount "$0" "$folder" "$script"
  ;;
groups)
  # A control group of its own, so that what systemd makes of them goes, too.
  mount --make-rprivate /
  groups=$(mktemp -d)
  mount -t cgroup2 cgroup2 "$groups"
  group=$groups/throwaway-$$
  mkdir "$group"
  code=0
  work=$(mktemp -d)
  PHASE=host WORK=$work bash -c 'echo $$ >"$1"/cgroup.procs && exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup "$2" "$3" "$4"' \
    bash "$group" "$0" "$folder" "$script" || code=$?
  find "$group" -depth -type d -exec rmdir {} +
  umount "$groups"
  rmdir "$groups" "$work"
  exit "$code"
  ;;
esac

work=$WORK
mount --make-rprivate /
mount -t tmpfs tmpfs "$work"
mkdir "$work"/upper "$work"/work "$work"/root
root=$work/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$root"
mount -t proc proc "$root"/proc
mount --bind "$root"/proc/sys "$root"/proc/sys
mount -o remount,bind,ro "$root"/proc/sys # the kernel is the host's
mount -t sysfs -o ro sysfs "$root"/sys
mount -t cgroup2 cgroup2 "$root"/sys/fs/cgroup
for each in dev run tmp; do mount -t tmpfs tmpfs "$root/$each"; done
chmod 1777 "$root"/tmp
mkdir "$root"/dev/shm "$root"/dev/pts
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 ptmx:5:2; do
  IFS=: read -r name major minor <<<"$device"
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
ln -s /proc/self/fd "$root"/dev/fd
ln -s /proc/self/fd/1 "$root"/dev/stdout
ln -s /proc/self/fd/2 "$root"/dev/stderr
mkdir -p "$root"/test
mount --bind "$folder" "$root"/test

# What this host starts is not started here; only what the script asks for.
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/system/*.requires
rm -f "$root"/usr/sbin/policy-rc.d
for unit in systemd-modules-load.service systemd-remount-fs.service systemd-udevd.service systemd-random-seed.service \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
printf '00000000000000000000000000000001\n' >"$root"/etc/machine-id
cat >"$root"/etc/systemd/system/throwaway.service <<UNIT
[Unit]
After=basic.target
Requires=basic.target
SuccessAction=exit-force
FailureAction=exit-force

[Service]
Type=oneshot
ExecStart=/bin/bash $script
StandardOutput=file:/test/output
StandardError=file:/test/output
UNIT
# A new root and no mere chroot, from which systemd could give services no file systems of their own.
mkdir "$root"/host
cd "$root"
pivot_root . host
umount --lazy /host
mount --make-rshared / # as systemd makes it on a host; credentials come over that way
exec env -i container=throwaway PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=throwaway.service --show-status=no --log-target=journal
