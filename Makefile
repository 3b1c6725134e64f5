PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Where this is set, each test process would compile askdoc and the tests anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help chat test test-fast lint types check unit index evaluate bench screenshots clean

help:  ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

chat: $(VENV)/.installed  ## Set everything up and open the chat
	$(BIN)/python app.py

test: lint types check unit  ## Set everything up and run every check

test-fast: $(VENV)/.installed-dev  ## Run the tests that need no server, browser, store or model
	$(BIN)/python -m pytest --fast -n auto --maxprocesses 4 --dist loadfile

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

check: $(VENV)/.installed-dev
	$(BIN)/askdoc check corpus

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

index: $(VENV)/.installed  ## Build or refresh the index of corpus/
	$(BIN)/askdoc index corpus

evaluate: $(VENV)/.installed-dev index  ## Measure retrieval and answers on the article's own questions
	$(BIN)/askdoc evaluate evals/kratom

bench: index  ## Measure speed, memory and growth beside sentence-transformers + FAISS
	mkdir -p benchmarks/results
	$(BIN)/python benchmarks/run.py --json benchmarks/results/run.json
	$(BIN)/python benchmarks/growth.py --json benchmarks/results/growth.json \
	  $(if $(DATA),--data $(DATA) --cache $(or $(CACHE),.bench-index))
	$(if $(PEERS),$(BIN)/python benchmarks/peers.py --environments $(PEERS) --json benchmarks/results/peers.json)
	$(BIN)/python benchmarks/page.py

screenshots: $(VENV)/.installed-dev  ## Remake the pictures in docs/images with Chromium
	$(BIN)/python docs/screenshots.py

clean:  ## Remove the virtual environment, the index and caches
	rm -rf $(VENV) index/builds index/manifest.json .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "askdoc needs Python 3.11 or newer; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip
	touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing what askdoc needs into $(VENV); the first time takes a few minutes."
	$(PIP) install --constraint constraints.txt --editable '.[server]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	touch $@
