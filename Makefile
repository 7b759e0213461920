# One command each to see the hub (make demo) and to check it (make test). Needs Python 3.11+, make.

.DEFAULT_GOAL := help
.PHONY: help demo test bench lint format promises lock setup setup-demo clean
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# Each of the hub's processes would compile every library anew: 3 s instead of 1 s to start.
unexport PYTHONDONTWRITEBYTECODE
UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-build --no-config --quiet --custom-compile-command "make lock"

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup-demo ## Play the story of a few dozen prison events on this machine (under a minute)
	@$(BIN)/hub demo $(ARGS)

test: setup ## Run every suite with its time budget
	@$(BIN)/python -m tests.run_suites $(SUITES)

bench: setup ## Measure events per second of the core and of the pipeline
	@$(BIN)/python -m tests.benchmarks $(ARGS)

lint: setup ## Check style, types and import contracts only
	@$(BIN)/python -m tests.run_suites lint types imports

format: setup ## Format the code and apply the safe fixes
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format

promises: setup ## Write docs/promises.md: which test files prove which promise
	@$(BIN)/python -m tests.house.promises

lock: setup ## Resolve the dependencies anew and write requirements/*.txt with hashes
	@env -u UV_FIND_LINKS -u PIP_FIND_LINKS $(UV_COMPILE) $(ARGS) --all-extras --group dev -o requirements/dev.txt
	@$(UV_COMPILE) --all-extras --group build -c requirements/dev.txt -o requirements/all.txt
	@$(UV_COMPILE) --group build -c requirements/dev.txt -o requirements/embedded.txt

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	find hub connectors tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is rebuilt only when a lock, the project file or the checkout's place changes:
# the stamp's name carries their checksum. The development lock holds all of the embedded one.
stamp = $(VENV)/.$(1)-$(shell (pwd; cat requirements/$(1).txt pyproject.toml) | cksum | tr -s ' \t' '-')

setup-demo:
	@$(call in_place,embedded) || $(call in_place,dev) || { $(call install,embedded); }

setup: ## Make the development environment in .venv
	@$(call in_place,dev) || { $(call install,dev); }

in_place = { [ -x $(BIN)/python ] && [ -f $(call stamp,$(1)) ]; }

define install
set -eu; \
if [ ! -x $(BIN)/python ] || [ "$$(cat $(VENV)/.place 2>/dev/null)" != "$$(pwd)" ]; then \
  found=; \
  for candidate in "$${PYTHON:-}" python3.13 python3.12 python3.11 python3; do \
    [ -n "$$candidate" ] || continue; \
    if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
      >/dev/null 2>&1; then found=$$candidate; break; fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo "No usable Python 3.11 or newer was found (tried \$$PYTHON, python3.13, python3.12," \
      "python3.11, python3)." >&2; \
    echo "Install one with its venv module (Debian, Ubuntu: apt install python3-venv) or name" \
      "it: make PYTHON=/path/to/python3.12" >&2; \
    exit 1; \
  fi; \
  echo "Making $(VENV) with $$("$$found" --version)"; \
  rm -rf $(VENV); "$$found" -m venv $(VENV); pwd > $(VENV)/.place; \
fi; \
echo "Installing requirements/$(1).txt (hashes checked)"; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-compile \
  --require-hashes --only-binary :all: -r requirements/$(1).txt; \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
  --no-deps --no-build-isolation --no-index -e .; \
touch $(call stamp,$(1))
endef
export PYTHON
