#!/usr/bin/env bash
# Makes the checkout ready: the Python environment in .venv, and the Debian packages that the
# asked-for group needs. Usage: tools/setup.sh run|test
#
# Without root (and without password-less sudo) nothing is installed system-wide: the missing
# packages are listed once. For `run` that is a warning (seals will say 未完成固证 without a
# browser); for `test` it is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
group="${1:?run or test}"

python_environment() {
  local lock="requirements/$1.txt" stamp=".venv/.$1.stamp" want
  want="$(cat requirements/uv.txt "$lock" pyproject.toml | sha256sum | cut -d' ' -f1)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then return; fi
  echo "==> Python environment (.venv) from $lock"
  [ -x .venv/bin/python ] || python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
  echo "$want" > "$stamp"
}

has_browser() {
  local name
  for name in chromium chromium-browser chromium-headless-shell google-chrome; do
    command -v "$name" > /dev/null && return 0
  done
  [ -n "${CLUEWATCH_BROWSER__EXECUTABLE:-}" ]
}
has_chinese_font() { command -v fc-list > /dev/null && [ -n "$(fc-list :lang=zh-cn family)" ]; }
has_postgres() {
  [ -n "${TEST_DATABASE_URL:-}" ] || compgen -G "/usr/lib/postgresql/*/bin/initdb" > /dev/null \
    || command -v initdb > /dev/null
}
has_java() { [ -n "${TEST_ELASTICSEARCH_URL:-}" ] || command -v javac > /dev/null; }
has_maven() { [ -n "${TEST_ELASTICSEARCH_URL:-}" ] || command -v mvn > /dev/null; }

missing_packages() {
  has_browser || echo chromium
  has_chinese_font || echo fonts-wqy-microhei fontconfig
  [ "$group" = test ] || return 0
  has_postgres || echo postgresql
  has_java || echo default-jdk-headless
  has_maven || echo maven
}

system_packages() {
  local missing as_root=()
  missing="$(missing_packages | tr '\n' ' ')"
  if [ -z "${missing// /}" ]; then return; fi
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
      as_root=(sudo -n)
    else
      echo "==> These Debian packages are missing and need an administrator:" >&2
      echo "    apt-get install --no-install-recommends $missing" >&2
      [ "$group" = run ]
      return
    fi
  fi
  echo "==> Debian packages: $missing"
  "${as_root[@]}" apt-get update -qq
  # shellcheck disable=SC2086 - a list of package names
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends $missing > /dev/null
}

started=$SECONDS
python_environment "$group" &
environment=$!
system_packages
wait "$environment"
echo "==> ready in $((SECONDS - started)) s"
