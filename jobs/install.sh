#!/usr/bin/env bash
# Installs what gridtally needs on Debian 12 and Raspberry Pi OS (bookworm), with apt.
# Usage: jobs/install.sh [--tests|--audit|--aarch64]
#   --tests  also what tests and lint need
#   --audit  only what the audit preset needs: no MPI, no PETSc
#   --aarch64  only what cross-building for aarch64 and running the result needs besides
# Asks nothing; skips what is there; as root, or as an ordinary user with sudo.
set -euo pipefail

# package                        why
run_packages=(
  "g++                           compiles it (C++20)"
  "cmake                         configures the build"
  "ninja-build                   runs the build"
  "pkg-config                    finds libsodium, libcrypto, libdeflate"
  "libopenmpi-dev                MPI: one meter group, one validator group"
  "openmpi-bin                   mpirun"
  "petsc-dev                     PETSc with MUMPS: reference solver, partner graphs over ranks"
  "libdeflate-dev                deflates and inflates what segments hold"
  "libhdf5-openmpi-dev           parallel HDF5: the archive's segments"
  "hdf5-tools                    h5dump and h5ls, to look into an archive"
  "libboost-program-options-dev  options, config files, environment"
  "libsodium-dev                 Ed25519 signatures"
  "libssl-dev                    SHA-256 with the processor's instructions"
  "python3-h5py                  reads archives for the figures"
  "python3-matplotlib            draws the figures"
)
audit_packages=(
  "g++                           compiles it (C++20)"
  "cmake                         configures the build"
  "ninja-build                   runs the build"
  "pkg-config                    finds libsodium, libcrypto, libdeflate"
  "libdeflate-dev                deflates and inflates what segments hold"
  "libboost-program-options-dev  options, config files, environment"
  "libsodium-dev                 Ed25519 signatures"
  "libssl-dev                    SHA-256 with the processor's instructions"
)
aarch64_packages=(
  "g++-aarch64-linux-gnu         compiles for aarch64"
  "qemu-user-static              runs what it compiles"
  "mmdebstrap                    unpacks the arm64 libraries"
)
test_packages=(
  "libgtest-dev                  GoogleTest"
  "libeigen3-dev                 the dense solvers that tests compare with"
  "zlib1g-dev                    makes hostile archives' streams"
  "libbenchmark-dev              Google Benchmark, for gridtally-bench"
  "python3-cvxopt                an independent optimum to compare with"
  "python3-xarray                a second reader of the archive's format"
  "python3-h5netcdf              lets it read HDF5"
  "spin                          the model check of consensus"
  "clang-14                      sanitizers and fuzzing: the compiler"
  "libclang-rt-14-dev            fuzzing: libFuzzer itself, and the sanitizers"
  "strace                        fuzzing: which files a reader touches"
  "iproute2                      tests of jobs/pi-cluster: hosts out of network namespaces"
  "openssh-server                tests of jobs/pi-cluster: an sshd on each"
  "openssh-client                tests of jobs/pi-cluster: ssh between them"
  "binutils                      tests of jobs/pi-cluster: programs without symbols, to copy"
  "slurmctld                     tests of jobs/slurm: the controller"
  "slurmd                        tests of jobs/slurm: the nodes"
  "slurm-client                  tests of jobs/slurm: sbatch, srun, scontrol"
  "munge                         tests of jobs/slurm: who speaks to whom"
  "clang-format                  lint: layout"
  "clang-tidy                    lint: likely bugs"
  "shellcheck                    lint: these scripts"
)

wanted=("${run_packages[@]}")
case "${1:-}" in
  "") ;;
  --tests) wanted+=("${test_packages[@]}") ;;
  --audit) wanted=("${audit_packages[@]}") ;;
  --aarch64) wanted=("${aarch64_packages[@]}") ;;
  *)
    echo "install.sh: unknown option '$1'; usage: jobs/install.sh [--tests|--audit|--aarch64]" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "install.sh: no apt here. This script knows Debian 12 and Raspberry Pi OS; elsewhere" >&2
  echo "install these packages, or their like, by hand:" >&2
  printf '  %s\n' "${wanted[@]}" >&2
  exit 1
fi

# One question for all of them: dpkg reads its whole list for each.
declare -A installed=()
while read -r package state; do
  if [ "$state" = installed ]; then installed[$package]=yes; fi
done < <(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${wanted[@]%% *}" 2>/dev/null || true)

missing=()
for line in "${wanted[@]}"; do
  package=${line%% *}
  if [ -z "${installed[$package]:-}" ]; then
    [ ${#missing[@]} -gt 0 ] || echo "Packages to install:"
    echo "  $line"
    missing+=("$package")
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "Packages: all ${#wanted[@]} are there."
  exit 0
fi

by_hand="apt-get install -y ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: installing needs root, and there is no sudo here. As root, run:" >&2
    echo "  $by_hand" >&2
    exit 1
  fi
  # Without a terminal, sudo must not wait for a password that nobody can type.
  if ! sudo -n true 2>/dev/null && [ ! -t 0 ]; then
    echo "install.sh: sudo wants a password and there is no terminal to type it in. Run:" >&2
    echo "  sudo $by_hand" >&2
    exit 1
  fi
  as_root=(sudo)
fi

as_root+=(env DEBIAN_FRONTEND=noninteractive)
# Tests start an sshd of their own; a machine that had none is not to be opened by them.
if [[ " ${missing[*]} " = *" openssh-server "* ]]; then
  echo "openssh-server: its service stays off; to have it: rm /etc/ssh/sshd_not_to_be_run"
  "${as_root[@]}" mkdir -p /etc/ssh
  "${as_root[@]}" touch /etc/ssh/sshd_not_to_be_run
fi
echo "Updating apt's package lists"
"${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update
echo "Installing ${#missing[@]} packages (some hundred megabytes; minutes on a Raspberry Pi)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "${as_root[@]}" apt-get install -y -qq -o DPkg::Lock::Timeout=300 \
  --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "install.sh: apt-get failed, its last lines are above. To see it all: $by_hand" >&2
  exit 1
fi
echo "Packages: ${#missing[@]} installed."
