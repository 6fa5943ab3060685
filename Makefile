# Everything a person types is here; `make` alone explains it. Needs Python 3.11+ and make, no more.

.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python that is new enough; `make PYTHON=/path/to/python` overrules it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && exit; done)
BIN := .venv/bin
WORKERS ?= 2
SEED ?= $(shell date +%s)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# The model comes with the packages: nothing is ever looked up on a hub unless somebody asks for it.
export HF_HUB_OFFLINE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo test check prove conformance bench format constraints clean

help: ## explain the targets
	@echo "A customer assistant that asks before it remembers. Start with:  make demo"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | \
		while IFS='|' read -r target text; do printf '%-20s %s\n' "$$target" "$$text"; done

install: ## create .venv with everything (again: under 2 s)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed and none was found." >&2; \
		echo "Install it, or name it: make install PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" tools/install.py

demo: install ## install, load demo customers and serve; prints the addresses to open
	@$(BIN)/assistant demo

test: install ## all tests with small counts (under 12 minutes on 2 cores)
	@$(PYTEST)

check: install ## format, lint, types, layers, and that the docs are true
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/architecture tests/docs

prove: install ## the full counts, with seeds; writes docs/proofs.md (long)
	ASSISTANT_PROVE=1 ASSISTANT_PROVE_SEED=$(SEED) $(PYTEST) --timeout=7200 \
		--hypothesis-seed=$(SEED) --proofs docs/proofs.md

conformance: install ## what a running server promises, from outside; needs URL=http://127.0.0.1:8080
	@CONFORMANCE_URL="$${URL:-$(URL)}" $(BIN)/python -m conformance

bench: install ## speed and quality on this machine, as tables; writes bench/results
	@for script in $$(grep -l '__main__' bench/*.py); do echo "== $$script"; \
		$(BIN)/python -m "bench.$$(basename "$$script" .py)" || exit 1; done

format: install ## bring the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

constraints: install ## write constraints.txt anew from what is installed
	$(BIN)/python tools/constraints.py

clean: ## remove the environment and every cache; demo data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build
	find src tests tools bench -type d -name __pycache__ -prune -exec rm -rf {} +
