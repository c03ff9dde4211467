# make run: the sample program, end to end.  make test: the checks of a commit.  make test-slow: whole runs, models, browser.  The rest: lint, dev, bench, bi-check, docs, examples, lock, clean.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
WORKSPACE ?= data/sample
PUBLISHES ?= 20
REAL_DATA ?= $(or $(LEADROUTE_REAL_DATA),../shared/data)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DO_NOT_TRACK := 1
.DEFAULT_GOAL := run
.PHONY: run test test-slow lint dev bench bi-check docs examples lock clean

# pip installs only uv (hash-checked); uv installs the rest, twenty times faster than pip would.
$(INSTALLED): requirements.lock pyproject.toml
	@echo "Installing into .venv (once, about a minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@awk '/^[A-Za-z0-9]/ {wanted = /^uv==/} wanted' requirements.lock > .venv/installer.lock
	@$(BIN)/pip install --quiet --require-hashes --no-deps -r .venv/installer.lock
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@echo "Compiling the routing kernel (once, two to three minutes) ..."
	@$(BIN)/python -m routing_jobs.routing
	@touch $@

run: $(INSTALLED)
	@$(BIN)/leadroute --workspace $(WORKSPACE) run

test: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist loadgroup tests/unit tests/architecture

# The dbt models, whole runs of the sample (killed, shuffled, refused) and the browser: longer than a commit waits.
test-slow: $(INSTALLED)
	$(BIN)/pytest -n 2 --dist loadgroup tests/models tests/integration tests/browser

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt --processes 2

dev: $(INSTALLED)
	@$(BIN)/python -m dagster_project.dev --workspace $(WORKSPACE)

bench: $(INSTALLED)
	@missed=0; for script in tests/benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || missed=1; done; exit $$missed

# What BI tools can do with the published marts: Superset, MetricFlow, other readers, each in an environment of its own.
.venv-bi/%/.installed: tests/bi/requirements/%.lock | $(INSTALLED)
	@echo "Installing $* into $(@D) (once, under a minute) ..."
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(@D)/bin/python --require-hashes $<
	@touch $@

bi-check: .venv-bi/readers/.installed .venv-bi/metricflow/.installed .venv-bi/superset/.installed
	$(BIN)/pytest tests/bi
	@$(BIN)/python tests/bi/check.py --workspace $(WORKSPACE) --environments .venv-bi --publishes $(PUBLISHES)

# Every table, column and rule, and how they hang together, in one page that opens without a network.
docs: $(INSTALLED)
	@test -f $(WORKSPACE)/state/warehouse.duckdb || { echo "$(WORKSPACE) has no warehouse yet: make run"; exit 2; }
	@LEADROUTE_WAREHOUSE=$(abspath $(WORKSPACE)/state/warehouse.duckdb) $(BIN)/dbt --quiet docs generate --static \
	  --project-dir dbt --profiles-dir dbt --target-path target/docs --log-path dbt/target/docs
	@echo "Written: dbt/target/docs/static_index.html"

# Links the public exports into the example workspaces and runs them.
examples: $(INSTALLED)
	@for name in crm_sales service_queue; do \
	  mkdir -p data/examples/$$name/landing && \
	  ln -sfn $$(cd $(REAL_DATA)/$$name && pwd) data/examples/$$name/landing/$$name && \
	  $(BIN)/leadroute --workspace data/examples/$$name run || exit 1; done

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --group dev --group lock pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .venv-bi build *.egg-info dbt/target dbt/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf data/*/state data/*/published data/examples/*/state data/examples/*/published
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
