# The two commands of this project are `make run` and `make test`; `make` alone lists them all.
SHELL := /bin/bash
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=
PART ?=

# $(call stage,NAME,COMMAND) runs a command and says how long it took.
stage = @echo "── $(1)"; TIMEFORMAT='── $(1): %1R s'; time { $(2); }

.PHONY: help run test check quick fix bench python site dev
help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

run: site  ## Everything: .venv, database, migrations, demo project, workers, web server (PORT=, HOST=, DATABASE_URL=)
	@exec $(PY) manage.py serve $(ARGS)

test: python  ## Everything: .venv, training stack, browser, linters, import contracts, all tests
	$(call stage,set-up,$(PYTHON) -I annotation/bootstrap.py --dev --training --browser)
	@$(MAKE) --no-print-directory check
	$(call stage,tests,$(PY) -m pytest $(ARGS))

check: dev  ## Format, lint, import contracts, types, migrations, Django's checks, no GPU packages without a GPU
	$(call stage,format,.venv/bin/ruff format --check --quiet .)
	$(call stage,lint,.venv/bin/ruff check --quiet .)
	$(call stage,import contracts,.venv/bin/lint-imports)
	$(call stage,types,$(PY) -m mypy)
	$(call stage,migrations,$(PY) manage.py makemigrations --check --dry-run)
	$(call stage,Django checks,$(PY) manage.py check --fail-level WARNING)
	$(call stage,Django checks for production,FLYWHEEL_PRODUCTION=1 ALLOWED_HOSTS=flywheel.example SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(64))') $(PY) manage.py check --deploy --fail-level WARNING)
	$(call stage,GPU packages,$(PYTHON) -I annotation/bootstrap.py --check)

quick: dev  ## The fast tests; `make quick ARGS="-k claim"` for a few
	@$(PY) -m pytest -q -m "not browser and not training and not slow" $(ARGS)

fix: dev  ## Let the tools repair what they can
	@.venv/bin/ruff check --quiet --fix .; .venv/bin/ruff format --quiet .

bench: dev  ## The benchmarks, as ratios against a baseline; `make bench PART=loops` for one
	@for part in $(if $(PART),$(PART),$$(cd tests/benchmarks && ls *.py | sed -n 's/^\([a-z]\w*\)\.py$$/\1/p')); do $(PY) -m tests.benchmarks.$$part $(ARGS) || exit 1; done

site: python
	@$(PYTHON) -I annotation/bootstrap.py

dev: python
	@$(PYTHON) -I annotation/bootstrap.py --dev

python:
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 or newer is needed: run 'apt-get install python3 python3-venv' (as root), or set PYTHON=/path/to/it." >&2; exit 1; }
