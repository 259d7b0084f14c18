# The contact centre: what one can do with it. `make` alone lists it.
#
# Needs Python 3.11 or newer with its venv module, and make. Everything else comes from package
# registries into .venv and node_modules; nothing is installed into the system, except that
# `make test` brings Chromium where it runs as root on Debian.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
ARGS ?=
JOBS ?= 3

# Words for people go to standard error, so that what a command prints can be piped.
say = @printf '\033[1m%s\033[0m\n' '$(1)' >&2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench soak fuzz fix build shots clean lock setup setup-dev packages python

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1mmake %-7s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup build ## run the demo company on one loopback port (PORT=8080, FRESH=1 begins anew)
	@$(PY) -m contact_center demo $(if $(PORT),--port $(PORT)) $(if $(FRESH),--fresh)

test: setup-dev build packages ## run every test (ARGS="-k widget" for some)
	$(PY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)
	$(PY) -m contact_center.webbuild test

check: setup-dev ## check format, lint, types, import rules and the web sources
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PY) -m contact_center api --check
	$(PY) -m contact_center.webbuild check

bench: setup-dev build ## measure (ONLY=intake_batch_gain,cold_start for some)
	@$(PY) -m tests.bench $(ONLY)

soak: setup-dev build packages ## run the long rounds: crashes, races, bad networks (hours)
	CC_SOAK=1 $(PY) -m pytest --timeout 0 $(ARGS)

fuzz: setup-dev ## throw bytes at the mail parser (SECONDS=600)
	$(call install,requirements-fuzz.lock)
	$(PY) -m tests.fuzz.mail_parser -max_total_time=$(or $(SECONDS),600) $(ARGS)

fix: setup-dev ## format and mend what can be mended
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(PY) -m contact_center api --typescript

build: setup ## build console and widget where their sources are newer
	@$(PY) -m contact_center build-web

shots: setup-dev build packages ## write pictures of every page into shots/
	@$(PY) -m tests.shots $(ARGS)

clean: ## remove what is built or cached; data in var/ and .venv stay
	rm -rf build dist shots .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf contact_center/web/static/console contact_center/web/static/widget
	find channels routing contact_center tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-ups ----------------------------------------------------------------------------------
# The checkout itself is not installed: a .pth file and a launcher make `.venv/bin/contact-center`
# run what stands here, from any folder.

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.dev

# uv installs the lock in seconds, pip takes a minute or two: both check every hash.
install = @$(BIN)/uv pip install --quiet --python $(PY) --require-hashes -r $(1) 2>/dev/null \
	|| $(PY) -m pip install --quiet --require-hashes -r $(1)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'Python 3.11 or newer is needed. Debian, Ubuntu: apt-get install python3 python3-venv' \
	    '(or name one: make PYTHON=python3.12)' >&2; exit 1; }
	$(call say,Making $(VENV))
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo 'The venv module of Python is missing. Debian, Ubuntu: apt-get install python3-venv' >&2; \
	  exit 1; }
	@$(PY) -m pip install --quiet --require-hashes -r requirements-uv.lock 2>/dev/null \
	  || echo 'uv is not to be had here, pip does its work' >&2

$(VENV)/.runtime: requirements.lock requirements-node.lock | $(VENV)/bin/python
	$(call say,Installing what the service needs)
	$(call install,requirements.lock)
	@$(PY) -m contact_center.webbuild node || { \
	  echo 'No Node 20 with npm found: installing one into $(VENV)' >&2; \
	  $(BIN)/uv pip install --quiet --python $(PY) --require-hashes -r requirements-node.lock \
	    2>/dev/null || $(PY) -m pip install --quiet --require-hashes -r requirements-node.lock; }
	@echo '$(CURDIR)' > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/contact_center.pth"
	@printf '#!/bin/sh\nexec "$$(dirname "$$0")/python" -m contact_center "$$@"\n' > $(BIN)/contact-center
	@chmod +x $(BIN)/contact-center
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(call say,Installing what the tests need)
	$(call install,requirements-dev.lock)
	@touch $@

packages:
	@sh tests/packages.sh

lock: $(VENV)/bin/python ## resolve the dependencies of pyproject.toml anew
	sh tests/lock.sh $(BIN)/uv $(ARGS)
