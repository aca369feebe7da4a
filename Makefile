# One place to start everything. `make demo` and `make test` need nothing before them but
# git, make and python3 ≥3.11 with venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PACKAGES := domain language storage evidence documents crawlers classifiers registers indexer tickets cluewatch sitefarm

.PHONY: help setup demo test check lint types imports unit lock audit sbom bench farm-report clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup:  ## everything that demo and test need, into the checkout (and Debian packages, as root)
	@tools/setup.sh test

demo:  ## crawl the replica internet, judge, issue tickets, leave the console running
	@tools/setup.sh run
	@CLUEWATCH_HOME=$${CLUEWATCH_HOME:-var/demo} .venv/bin/cluewatch demo

test: setup  ## everything, as CI does
	@tools/run-tests.sh

check: lint types imports unit  ## static checks and unit tests, under a minute

lint:
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types:
	$(PY) -m mypy

imports:
	.venv/bin/lint-imports

unit:
	$(PY) -m pytest -q -n 2 -m "not browser and not elasticsearch and not postgres and not slow and not faults"

bench:  ## speeds against named peers, for docs/benchmarks.md
	$(PY) -m benchmarks.reading
	$(PY) -m benchmarks.normalising
	$(PY) -m benchmarks.revisiting
	$(PY) -m benchmarks.frontier
	$(PY) -m benchmarks.reviewing
	$(PY) -m benchmarks.pictures

farm-report:  ## recall, precision and phrase overlap on seeds that the rules have never seen
	$(PY) -m tools.farm_report

lock:  ## resolve the dependencies again and write the hash-pinned files
	echo uv > /tmp/cluewatch-uv.in
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" /tmp/cluewatch-uv.in -o requirements/uv.txt
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements/run.txt
	.venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --extra test -c requirements/run.txt pyproject.toml -o requirements/test.txt

audit:  ## is the lock whole: hashes everywhere, nothing imported from outside it
	$(PY) -m tools.locked

sbom:  ## the bill of materials of what is installed (CycloneDX), from the lock
	$(PY) -m tools.sbom

clean:  ## remove what was built and all state
	rm -rf .venv .engines var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
