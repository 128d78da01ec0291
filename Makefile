# Two commands do everything: `make demo` and `make test`. Each installs what it needs into this checkout.
PYTHON ?= python3
BIN := .venv/bin
BACKEND ?= programmable_chat
MINUTES ?= 30
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help demo test lint types page unit browser-tools servers build wheel screenshots torture fuzz audit bench clean lock

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: .venv/runtime build ## run everything on this machine, without any account
	$(BIN)/python -m middleware demo --backend $(BACKEND)

test: .venv/development build browser-tools servers lint types page unit ## lint, types and every test

lint: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/development
	$(BIN)/mypy

page: build
	npm run --silent types
	node --test tests/browser/

unit: .venv/development build browser-tools servers
	$(BIN)/python -m pytest

build: static/dist/socket.io.js ## the browser's files, out of npm's packages

static/dist/socket.io.js: node_modules/.package-lock.json $(wildcard static/*.js) $(shell find static/widget static/desk -type f)
	npm run --silent build

wheel: .venv/runtime build ## dist/*.whl: the server with all that browsers fetch
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.venv/runtime: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/development: requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/runtime

torture: .venv/development build servers ## prove that nothing is lost, doubled or disordered, whatever breaks
	$(BIN)/python -m tests.torture

bench: .venv/development build bench/servers/node/node_modules/.package-lock.json ## measure the relay beside python-socketio and Node
	$(BIN)/python -m bench

bench/servers/node/node_modules/.package-lock.json: bench/servers/node/package-lock.json
	cd bench/servers/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

fuzz: .venv/fuzz build ## look for what nobody thought of, for MINUTES (30)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

.venv/fuzz: requirements-fuzz.txt .venv/development
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-fuzz.txt
	@touch $@

# Needs the network, so it is no part of `make test`. A part that nobody could be asked about counts as bad news.
audit: .venv/audit ## ask the advisories' databases about every part that is pinned
	@bad=0; \
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off $(foreach file,$(wildcard requirements*.txt),-r $(file)) || bad=1; \
	for folder in . bench/servers/node; do (cd $$folder && npm audit --package-lock-only) || bad=1; done; \
	exit $$bad

.venv/audit: requirements-audit.txt .venv/development
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.txt
	@touch $@

screenshots: .venv/development build browser-tools ## take README's pictures
	$(BIN)/python docs/screenshots.py

# The browser tests use the system's Chromium; they skip, saying so, where it can be neither found nor installed.
browser-tools:
	@command -v chromium >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	  echo "No chromium here: the browser tests will skip. Install it with: sudo apt-get install chromium"

# The tests start a PostgreSQL, a Redis and an nginx server of their own; those that need one skip, saying so, where it
# can be neither found nor installed.
servers:
	@command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
	  echo "No PostgreSQL here: its tests will skip. Install it with: sudo apt-get install postgresql"
	@command -v redis-server >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null; } || \
	  echo "No Redis here: its tests will skip. Install it with: sudo apt-get install redis-server"
	@command -v nginx >/dev/null || test -x /usr/sbin/nginx || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null; } || \
	  echo "No nginx here: its tests will skip. Install it with: sudo apt-get install nginx-light"

lock: .venv/development ## pin the newest parts anew
	$(BIN)/pip-compile -q --upgrade --extra postgres --extra redis --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --strip-extras --allow-unsafe -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --extra postgres --extra redis --extra otel --extra dev --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --strip-extras --allow-unsafe -c requirements.txt -o requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --strip-extras --allow-unsafe -c requirements-dev.txt -o requirements-fuzz.txt requirements-fuzz.in
	$(BIN)/pip-compile -q --upgrade --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --strip-extras --allow-unsafe -c requirements-dev.txt -o requirements-audit.txt requirements-audit.in
	npm install --package-lock-only --omit-lockfile-registry-resolved

clean: ## remove everything that make installed or built
	rm -rf .venv node_modules static/dist dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
