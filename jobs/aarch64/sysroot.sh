#!/usr/bin/env bash
# Unpacks what gridtally links on arm64 into a folder: jobs/aarch64/sysroot.sh [FOLDER]
#   FOLDER: build/aarch64-sysroot unless given; about 1.1 GB. Left alone when it is complete.
# Packages are only extracted, from the package sources of this host: no arm64 code runs, and dpkg is
# not told of a second architecture (with the MPI packages that would remove the host's own).
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(realpath -m "${1:-build/aarch64-sysroot}")
libraries=$folder/usr/lib/aarch64-linux-gnu
packages=(
  libc6-dev libstdc++-12-dev
  libopenmpi-dev openmpi-bin libdeflate-dev libhdf5-openmpi-dev libpetsc-real-dev
  libsodium-dev libssl-dev libboost-program-options-dev
  libgtest-dev libeigen3-dev zlib1g-dev
)
include=$(IFS=,; echo "${packages[*]}")
if [ "$(cat "$folder/complete" 2>/dev/null)" = "$include" ]; then
  echo "Sysroot: $folder is there."
  exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
echo "Unpacking arm64 packages into $folder"
sources() { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null || true; }
sources |
  mmdebstrap --quiet --architectures=arm64 --variant=extract \
    --aptopt='APT::Install-Recommends "false"' --include="$include" bookworm "$folder" -

# qemu takes a path to be in here where it can: these are to be the host's own.
rm -rf "${folder:?}"/{dev,tmp}
# What maintainer scripts would have done, and absolute links kept inside the folder.
ln -sf "$libraries/blas/libblas.so.3" "$libraries/libblas.so.3"
ln -sf "$libraries/lapack/liblapack.so.3" "$libraries/liblapack.so.3"
find "$libraries" -maxdepth 1 -type l -lname '/*' | while read -r link; do
  target=$(readlink "$link")
  ln -sfn "$folder${target#"$folder"}" "$link"
done
echo "$include" >"$folder/complete"
