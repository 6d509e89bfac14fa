#!/usr/bin/env bash
# Whether the audit preset needs neither MPI, PETSc nor HDF5: check.sh SOURCE FRESH_BUILD FULL_BUILD_SRC
#   configures the preset into FRESH_BUILD with all hidden, then looks into the archive of every
#   module that it would build for calls to MPI or PETSc, as the full build compiled them.
set -euo pipefail
source=$1
fresh=$2
full=$3

rm -rf "$fresh"
cmake -S "$source" --preset audit -B "$fresh" --log-level=WARNING \
  -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON -DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON >"$fresh.log" 2>&1 || {
  cat "$fresh.log" >&2
  exit 1
}
if grep -qiE '^(MPI_|MPIEXEC|PETSC|HDF5)' "$fresh/CMakeCache.txt"; then
  echo "the audit preset searched for MPI, PETSc or HDF5:" >&2
  grep -iE '^(MPI_|MPIEXEC|PETSC|HDF5)' "$fresh/CMakeCache.txt" >&2
  exit 1
fi

modules=0
for folder in "$fresh"/src/*/; do
  module=$(basename "$folder")
  [ -e "$folder/cmake_install.cmake" ] || continue
  [ "$module" != auditors ] || continue # compiled from another source there: for one process
  for library in "$full/$module"/libgridtally_*.a; do
    modules=$((modules + 1))
    calls=$(nm -C -u "$library" 2>/dev/null | grep -E ' (MPI_|ompi_|Petsc|H5P[gs]et_[a-z]*_mpi)' || true)
    if [ -n "$calls" ]; then
      echo "$library calls MPI or PETSc; keep that out of src/$module:" >&2
      echo "$calls" | head -n 5 >&2
      exit 1
    fi
  done
done
[ "$modules" -ge 9 ] || {
  echo "only $modules libraries under $full: build the full project first" >&2
  exit 1
}
echo "$modules libraries, no MPI, no PETSc; no HDF5 looked for"
