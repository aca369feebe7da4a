#!/usr/bin/env bash
# Everything that CI runs, group by group, with the wall time of each printed.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=()
report=()

group() {
  local name="$1" started=$SECONDS
  shift
  echo "== $name"
  if "$@"; then report+=("$(printf '%-12s ok      %4d s' "$name" $((SECONDS - started)))")
  else failed+=("$name"); report+=("$(printf '%-12s FAILED  %4d s' "$name" $((SECONDS - started)))"); fi
}

tests() { .venv/bin/python -m pytest -q "$@"; }

group lint make --no-print-directory lint
group audit make --no-print-directory audit
group types make --no-print-directory types
group imports make --no-print-directory imports
group unit tests -n 2 -m "not browser and not elasticsearch and not postgres and not slow and not faults"
group elastic tests -m "elasticsearch and not faults"
group postgres tests -m "postgres and not faults"
group browser tests -m "browser and not slow and not faults"
group end-to-end tests -m "slow and not faults"
group faults tests -m faults

printf '\n'
printf '%s\n' "${report[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
