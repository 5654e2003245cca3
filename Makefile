# Everything a person or CI calls. Each target sets up what it needs; nothing needs root but `make test`'s
# installation of the Debian packages that the tests use (.ci/prepare says which).
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
DATA ?= ./var

help:  ## what there is
	@sed -nE 's/^([a-z-]+):.*##[ ]*(.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

check-machine:
	@.ci/check-machine

$(VENV)/.run-$(shell cat requirements/run.txt 2>/dev/null | cksum | cut -d' ' -f1): | check-machine
	@echo "Preparing the private virtual environment (once) ..."
	@test -x $(PY) || python3 -m venv $(VENV)
	@$(PY) -m pip install -q -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@.ci/command $(VENV)
	@rm -f $(VENV)/.run-*; touch $@

RUN_READY := $(VENV)/.run-$(shell cat requirements/run.txt 2>/dev/null | cksum | cut -d' ' -f1)
TEST_READY := $(VENV)/.test-$(shell cat requirements/test.txt 2>/dev/null | cksum | cut -d' ' -f1)
PANEL := server/panel
PANEL_SOURCES := $(shell find $(PANEL)/src $(PANEL)/public $(PANEL)/index.html $(PANEL)/package.json -type f 2>/dev/null)

$(TEST_READY): $(RUN_READY)
	@$(PY) -m pip install -q -q --disable-pip-version-check --require-hashes -r requirements/test.txt
	@rm -f $(VENV)/.test-*; touch $@

# `npm install` and not `npm ci`: the latter gives up where a mirror lacks packages of other platforms. The lock file's
# versions and hashes hold for both.
$(PANEL)/node_modules/.ready: $(PANEL)/package-lock.json | check-machine
	@echo "Fetching the panel's packages (once) ..."
	@cd $(PANEL) && npm install --no-save --no-audit --no-fund --loglevel=error && touch node_modules/.ready

$(PANEL)/dist/index.html: $(PANEL)/node_modules/.ready $(PANEL_SOURCES)
	@echo "Building the panel ..."
	@cd $(PANEL) && npm run --silent build

panel: $(PANEL)/dist/index.html

run: $(RUN_READY) panel  ## the main job: two real trackers kept in step, on the embedded default
	@exec $(PY) -m appliance demo --data $(DATA) $(ARGS)

demo-check: $(RUN_READY) panel  ## the same, checks itself and exits
	@exec $(PY) -m appliance demo --data $(DATA) --check $(ARGS)

console: $(RUN_READY) panel  ## the desktop console
	@exec $(PY) -m gui --data $(DATA)

lint: $(TEST_READY) $(PANEL)/node_modules/.ready  ## style, types, walls
	@.ci/lint

test-fast: $(TEST_READY) panel  ## all but end to end, under 3 minutes
	@.ci/test fast

test: $(TEST_READY) panel  ## everything; what CI runs
	@.ci/prepare
	@.ci/lint
	@.ci/test all

bench: $(TEST_READY)  ## goals as ratios to a yardstick of the same run
	@$(PY) -m tests.bench $(ARGS)

soak: $(TEST_READY) panel  ## random histories, then hostile input at each part; SOAK seconds each (600)
	@$(PY) -m tests.property.soak --seconds $(or $(SOAK),600)
	@$(PY) -m tests.security.fuzz --seconds $(or $(SOAK),600)

storm: $(TEST_READY)  ## real trackers, people at work, a spoiling proxy, 25 kills; then both sides compared
	@$(PY) -m tests.storm $(ARGS)

sbom: $(TEST_READY) $(PANEL)/node_modules/.ready  ## what all is in it (CycloneDX), and the licences in full, to build/
	@$(PY) -m installers.sbom build/sbom.cdx.json
	@$(PY) -m installers.notice --texts build/licences.txt
	@echo "build/sbom.cdx.json, build/licences.txt"

notice: $(TEST_READY) $(PANEL)/node_modules/.ready  ## write NOTICE anew, after a dependency came or went
	@$(PY) -m installers.notice NOTICE

lock: $(VENV)/bin/uv  ## write requirements/ anew from pyproject.toml
	@cd requirements && UV=../$(VENV)/bin/uv ./lock

clean:  ## remove what was built (not the data)
	@rm -rf build $(PANEL)/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help check-machine panel run demo-check console lint test-fast test bench soak storm sbom notice lock clean
