#!/usr/bin/env bash
# Runs a command in an arm64 Debian 12 under qemu, as root there: jobs/aarch64/debian.sh COMMAND [ARGUMENT...]
#   The Debian is the folder $GRIDTALLY_ARM64_DEBIAN, or build/aarch64-debian: made at the first call, from this
#   host's package sources (300 MB). The command starts in its /root, with the host's network.
# Needs root here, and namespaces. That the kernel starts arm64 programs with qemu is told to it in a namespace
# alone, which Linux can since 6.7; an older one must have been told before (binfmt-support).
set -euo pipefail
here=$(dirname "$(realpath "$0")")
root=$(realpath -m "${GRIDTALLY_ARM64_DEBIAN:-$here/../../build/aarch64-debian}")
registry=/proc/sys/fs/binfmt_misc
qemu=$(command -v qemu-aarch64-static) || {
  echo "debian.sh: qemu-aarch64-static: not found: jobs/install.sh --aarch64" >&2
  exit 1
}

# Outside: into namespaces whose users are this host's, so that packages can give files to all of them.
if [ "${1:-}" != --inside ]; then
  if [ $# -eq 0 ] || [ "$(id -u)" -ne 0 ]; then
    echo "debian.sh: usage, as root: jobs/aarch64/debian.sh COMMAND [ARGUMENT...]" >&2
    exit 2
  fi
  registered=$([ -e $registry/qemu-aarch64 ] && echo yes || echo no)
  outside=$(readlink /proc/self/ns/user)
  {
    while [ "$(readlink /proc/$$/ns/user)" = "$outside" ]; do sleep 0.1; done
    echo 0 0 65536 >/proc/$$/gid_map
    echo 0 0 65536 >/proc/$$/uid_map
  } 2>/dev/null &
  # shellcheck disable=SC2016 # for the inner shell
  exec unshare --user --mount --pid --fork --kill-child sh -c '
    until grep -q . /proc/self/uid_map; do sleep 0.1; done
    exec "$@"' sh "$here/debian.sh" --inside "$registered" "$@"
fi
registered=$2
shift 2

mount -t proc proc /proc
if [ "$registered" = no ]; then
  if ! mount -t binfmt_misc binfmt_misc $registry 2>/dev/null; then
    echo "debian.sh: this kernel knows no qemu for arm64, and takes none in a namespace (Linux before 6.7):" >&2
    echo "  apt-get install -y binfmt-support && apt-get install -y --reinstall qemu-user-static" >&2
    exit 1
  fi
  # An ELF header of 64-bit little-endian ARM, and which of its bits count; F: qemu is opened here, not in the root.
  header='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  echo ":qemu-aarch64:M::$header:$mask:$qemu:F" >$registry/register
fi

sources() { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null || true; }
if [ ! -e "$root/complete" ]; then
  echo "Making an arm64 Debian in $root"
  rm -rf "$root"
  mkdir -p "$root"
  certificates=()
  if sources | grep -q https:; then certificates=(--include=ca-certificates); fi
  sources |
    mmdebstrap --quiet --mode=root --architectures=arm64 --variant=minbase --skip=check/qemu,chroot/mount/sys "${certificates[@]}" \
      --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io bookworm "$root" -
  touch "$root/complete"
fi

cat /etc/resolv.conf >"$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind /dev/$device "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"
exec env -u TMPDIR HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  chroot "$root" sh -c 'cd && "$@"; exit' sh "$@" # not as process 1, which is deaf to Ctrl-C
