# Every target sets up what it needs; `make test` and `make demo` work from a clean clone, in any order.
PYTHON ?= python3
BIN := .venv/bin
SHARED ?= ../shared
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format types docs pictures bench eval soak clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: .venv/ready  ## the virtual environment, with everything pinned

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "quotewarden needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "python3 lacks the venv module: install it with 'apt install python3-venv' and try again"; exit 1; }
	@echo "setting up .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup  ## the dry run on the threads in examples/
	@$(BIN)/quotewarden check --exit-zero examples

# Most of them wait for servers and processes: more at once than there are processors, those of a file in one process.
test: setup  ## the tests
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

lint: setup  ## style, types and the direction of imports
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup  ## mend what ruff can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: setup  ## write the generated pages of docs/ anew
	@$(BIN)/python docs/build.py

pictures: setup  ## the pictures of mails and pages in docs/, anew
	@$(BIN)/python docs/pictures.py && $(BIN)/python docs/review_pictures.py

bench: setup  ## speed and memory, printed
	@$(BIN)/python bench/check.py

eval: setup  ## scores on $(SHARED), when it is there, and on DECIDED=FOLDER of `findings export --labelled`
	@$(BIN)/python bench/eval.py $(SHARED) $(if $(DECIDED),--decided $(DECIDED))

soak: setup  ## kill the daemon at random moments, and compare its store with that of one left alone
	@$(BIN)/python bench/soak.py

clean:  ## remove the environment and every cache
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
