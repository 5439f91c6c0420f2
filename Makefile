# cxnlp: `make` lists what can be done.
SHELL := bash
UV := $(shell command -v uv || echo .uv/bin/uv)
RUN := $(UV) run --locked --no-sync
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export HF_HUB_OFFLINE := 1
# seconds a file; uv gives up after 60, too few on a busy machine
export UV_COMPILE_BYTECODE_TIMEOUT ?= 600

.PHONY: help setup demo test test-all check format bench audit fuzz clean
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.ready ## install everything, locked (finds or installs uv itself)

.uv/bin/uv: # only where there is no uv yet
	@command -v uv >/dev/null || { python3 -m venv .uv && .uv/bin/python -m pip install -q --disable-pip-version-check 'uv>=0.8'; }

.venv/.ready: pyproject.toml uv.lock $(if $(shell command -v uv),,.uv/bin/uv)
	$(UV) sync --locked --all-extras --group dev --no-group training
	@touch $@

demo: setup ## mine the sample in data/raw through the Prefect flow and print the path of the report
	$(RUN) python -m flows.mine_feedback

test: setup ## the tests (under 10 minutes on 2 cores; one that hangs for 20 is named and ended)
	$(RUN) pytest -n 2 --dist loadfile -o faulthandler_timeout=1200 -o faulthandler_exit_on_timeout=true

test-all: setup ## the tests and the slow ones (kill -9, full disk, two writers, Ray …)
	$(RUN) pytest -n 2 --dist loadfile -m ''

check: setup audit ## format, lint, types, import contracts, lock file, known vulnerabilities
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(UV) lock --check

audit: setup ## known vulnerabilities in the locked versions (needs pypi.org; says so and goes on without)
	$(UV) export -q --frozen --all-extras --no-hashes --no-emit-project --no-annotate --no-header -o .venv/locked.txt
	$(RUN) python tools/audit.py .venv/locked.txt

FUZZ := csv jsonl json xlsx zip vtt dates redact annotate
fuzz: setup ## a minute of fuzzing for each reader, dates, redaction and the annotator (atheris)
	@for t in $(FUZZ); do $(UV) run --locked --group fuzz --all-extras --no-group training python -m tests.fuzz $$t $(or $(SECONDS_EACH),60) || exit 1; done

format: setup ## put the code in order
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

bench: setup ## print every figure that we claim (long; see benchmarks/README.md)
	$(RUN) python -m benchmarks

clean: ## remove what can be made again
	rm -rf .venv .uv data/processed .pytest_cache .mypy_cache .ruff_cache
