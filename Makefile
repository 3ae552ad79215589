# Two commands are enough: `make run` to use it, `make test` to prove it.
PORT ?= 8000
HOST ?= 127.0.0.1
DEMO ?= 1
export PORT HOST DEMO
PYTHON_BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run setup test check format bench lock

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

run: ## set up and run with demo data (PORT=8000, HOST=127.0.0.1; DEMO=0: empty)
	@exec bin/run # exec: a signal to make must reach it

test: ## set up and run every test: SQLite, PostgreSQL, browser
	@bin/test

setup: ## the virtualenv and assets for work on the code
	@bin/setup dev

check: setup ## lint, types, contracts, migrations, deployment settings
	@bin/check

format: setup ## put code and imports in the house format
	$(PYTHON_BIN)/ruff check --fix .
	$(PYTHON_BIN)/ruff format .

bench: setup ## measure, and write bench/results.json
	$(PYTHON_BIN)/python bench/run.py

lock: ## resolve the libraries anew (needs uv)
	@bin/lock
