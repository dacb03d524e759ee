# Each target works on a fresh clone with only Python >= 3.11 and make: .venv is made on demand.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test editors chaos bench bench-all bench-test check format coverage wheel clean

.venv/.stamp: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[media,team]" --group dev
	@touch $@

demo: .venv/.stamp  ## run manifests/quickstart.yaml against the built-in emulator
	$(BIN)/vidu-run run --emulate manifests/quickstart.yaml

# More workers than most machines have cores: tests of runs and of other processes mostly wait.
# Without bytecode each of hundreds of processes would compile everything.
test: .venv/.stamp  ## the tests, with branch coverage, in under four minutes
	$(BIN)/coverage erase
	PYTHONDONTWRITEBYTECODE= $(BIN)/coverage run -m pytest -q -n 6 --dist worksteal -m "not slow"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

editors: .venv/editors/.stamp  ## install the language server for the tests of the editors' schema; needs npm

# In .venv, so that each checkout has one, of the pinned versions, and git has none.
.venv/editors/.stamp: tests/editors/package.json tests/editors/package-lock.json .venv/.stamp
	@mkdir -p .venv/editors
	@cp tests/editors/package.json tests/editors/package-lock.json .venv/editors
	npm ci --prefix .venv/editors --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000 --loglevel=error
	@touch $@

chaos: .venv/.stamp  ## hundreds of kills, every pair of faults, broken answers; half an hour
	VIDU_RUN_CHAOS_ROUNDS=300 VIDU_RUN_FUZZ_ROUNDS=$${VIDU_RUN_FUZZ_ROUNDS:-200000} $(BIN)/python -m pytest -q -n 4 \
		tests/commands/test_kill.py tests/commands/test_film.py tests/commands/test_faults.py \
		tests/commands/test_mutated_answers.py tests/providers/test_mutated_replies.py \
		tests/engine/net/test_mutated_answers.py tests/commands/test_mutated_manifests.py \
		tests/commands/test_mutated_results.py tests/results \
		tests/expansion/test_mutated_rows.py

bench: .venv/.stamp  ## speed and memory beside plain scripts, into BENCHMARKS.md, in about twenty minutes
	$(BIN)/python -m bench --write

bench-all: .venv/.stamp  ## the same with Snakemake, Prefect, Dask and more, in half an hour
	$(BIN)/python -m bench --all --write

bench-test: .venv/.stamp  ## the tests of the benchmark itself
	$(BIN)/python -m pytest -q bench

check: .venv/.stamp  ## lint, format, types and the import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

format: .venv/.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: .venv/.stamp
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

clean:
	rm -rf .venv dist build .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
