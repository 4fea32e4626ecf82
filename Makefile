# Community Cloud HIS: `make run` opens the demo district, `make test` proves the system.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
STAMPS := .venv/stamps
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run test test-fast lint check bench soak mutations controls sbom screenshots messages lock clean reset

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

$(STAMPS)/venv:
	@deploy/system.sh run
	@test -x $(PY) || python3 -m venv .venv
	@$(PY) -m pip install -q uv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/run: requirements.lock $(STAMPS)/venv
	@test -f $(STAMPS)/dev || .venv/bin/uv pip sync -q --python $(PY) --require-hashes requirements.lock
	@.venv/bin/uv pip install -q --python $(PY) uv
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/venv
	@deploy/system.sh test
	@.venv/bin/uv pip sync -q --python $(PY) --require-hashes requirements-dev.lock
	@$(PY) -m pip install -q uv
	@touch $@ $(STAMPS)/run

$(STAMPS)/assets: package-lock.json deploy/assets.py $(STAMPS)/venv
	@$(PY) deploy/assets.py
	@touch $@

.PHONY: translations
translations: $(STAMPS)/run
	@$(PY) deploy/translations.py compile

run: $(STAMPS)/run $(STAMPS)/assets translations  ## Build the demo district if it is missing and open the system
	@$(PY) deploy/run.py

test: $(STAMPS)/dev $(STAMPS)/assets translations  ## Set up everything and run the whole suite
	@$(PY) -m pytest -n 2

controls: $(STAMPS)/dev $(STAMPS)/assets translations  ## Run the tests of security controls and write docs/security/controls.md
	@mkdir -p build && $(PY) -m pytest -n 2 -o junit_family=xunit1 --junitxml=build/controls.xml $$($(PY) deploy/controls.py --list) || true
	@$(PY) deploy/controls.py --junit build/controls.xml

sbom: $(STAMPS)/dev  ## List what the product is made of (build/sbom.json, CycloneDX)
	@$(PY) deploy/sbom.py

mutations: $(STAMPS)/dev translations  ## Break rules of money and medicine one by one; a test has to notice each
	@$(PY) deploy/mutations.py

soak: $(STAMPS)/dev $(STAMPS)/assets translations  ## The suite with more examples, twenty failovers, ten thousand marked reads
	@HIS_API_EXAMPLES=100 HIS_SOAK=1 $(PY) -m pytest -n 2

bench: $(STAMPS)/dev $(STAMPS)/assets translations  ## Journeys against the bare floor, growth, look-ups; figures of one run
	@$(PY) -m bench

screenshots: $(STAMPS)/dev $(STAMPS)/assets translations  ## Take the pictures in docs/screenshots anew
	@$(PY) -m bench.screenshots

test-fast: $(STAMPS)/dev translations  ## The suite on SQLite without the browser
	@$(PY) -m pytest -m "not browser and not slow" --engines sqlite -n 2

lint: $(STAMPS)/dev  ## ruff, mypy, import contracts
	@.venv/bin/ruff check -q . && .venv/bin/ruff format -q --check . && .venv/bin/mypy && .venv/bin/lint-imports --no-logo

check: lint test  ## What a change must pass

messages: $(STAMPS)/dev  ## Bring the translation catalogues up to date with the sources
	@$(PY) deploy/translations.py update

lock: $(STAMPS)/dev  ## Make the requirement locks anew from pyproject.toml
	@.venv/bin/uv pip compile -q --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	@.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --extra gm pyproject.toml -o requirements-gm.lock
	@.venv/bin/uv pip compile -q --universal --generate-hashes --no-header --group dev pyproject.toml -o requirements-dev.lock

reset:  ## Throw the demo district away; the next `make run` builds it anew
	@rm -rf var

clean: reset  ## Remove everything that was installed or built here
	@rm -rf .venv node_modules app/static/vendor build
