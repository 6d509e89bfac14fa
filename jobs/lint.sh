#!/usr/bin/env bash
# Layout, likely bugs, scripts: jobs/lint.sh. Needs the dev build's compile_commands.json.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -e build/dev/compile_commands.json ]; then
  echo "lint.sh: build/dev/compile_commands.json is not there: jobs/build.sh dev, or tests/run.sh, makes it" >&2
  exit 2
fi
mapfile -t sources < <(find src apps bench tests -name '*.cpp' -o -name '*.hpp' | sort)
echo "clang-format: ${#sources[@]} files"
clang-format --dry-run -Werror "${sources[@]}"

# Not alone.cpp: only the audit preset compiles it.
mapfile -t units < <(find src apps bench -name '*.cpp' ! -path src/auditors/alone.cpp | sort)
echo "clang-tidy: ${#units[@]} files"
# Without precompiled headers: each file must include what it uses, and GCC's are none for clang.
mkdir -p build/lint
sed -E 's/ -Winvalid-pch -include [^ ]*cmake_pch\.hxx//' build/dev/compile_commands.json >build/lint/compile_commands.json
printf '%s\n' "${units[@]}" |
  xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/lint 2> >(grep -vE 'warnings? generated|^Suppressed|^Use -' >&2)

mapfile -t scripts < <(find jobs tests -name '*.sh' -o -name '*.sbatch' | sort)
scripts+=(.ci/run)
echo "shellcheck: ${#scripts[@]} files"
shellcheck -x "${scripts[@]}"
echo "lint: clean"
