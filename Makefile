# `make run` serves the atlas; `make test` proves it. Everything lives in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# where scripts and style sheets are
SCRIPTS := assets tests/sheets

.PHONY: setup dev dask oidc lock sbom browser postgres redis run test test-fast test-browser test-whole coverage lint sheets bench bench-large bench-brief bench-siting bench-published fuzz faults fuzz-files fuzz-requests fuzz-ground shots gallery matrix bench-face bench-load bench-playback docs clean

setup: $(VENV)/.runtime

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "需要 Python 3.11 至 3.13 / Python 3.11 to 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(VENV)/bin/python
	@echo "正在装库，第一次要几分钟 / installing what is needed: minutes, the first time"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

dev: $(VENV)/.dev

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# what ATLAS_DASK needs, on every machine of the cluster
dask: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dask.lock

# every package that is installed, transitive ones too, with the hashes of its files: after a change of requirements*.txt
lock:
	@test -x $(VENV)/tools/bin/uv || $(PYTHON) -m venv $(VENV)/tools
	$(VENV)/tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	for one in requirements requirements-dask requirements-dev; do \
		$(VENV)/tools/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-header --constraint requirements.txt $$one.txt --output-file $$one.lock || exit 1; done

# what is installed at run time as a bill of materials (CycloneDX), in sbom.json
sbom: setup
	@test -x $(VENV)/tools/bin/python || $(PYTHON) -m venv $(VENV)/tools
	$(VENV)/tools/bin/python -m pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0
	$(VENV)/tools/bin/cyclonedx-py requirements requirements.lock --output-reproducible --output-file sbom.json

# Chromium and a Chinese font for the browser tests, where they are missing and we may install them
browser:
	@sh tests/browser/install.sh

# PostgreSQL with PostGIS for the tests of the shared store, likewise; the tests start a server of their own
postgres: | browser  # never both at once: apt lets in one
	@sh tests/postgres.sh

# Redis for the tests of the cache that processes share, likewise
redis: | postgres
	@sh tests/redis.sh

# an OpenID Connect provider of npm's for the tests of signing in, where there is node; its files are locked by hash
oidc: $(VENV)/oidc/.made

$(VENV)/oidc/.made: tests/oidc/package-lock.json | $(VENV)/bin/python
	@mkdir -p $(VENV)/oidc && cp tests/oidc/package*.json $(VENV)/oidc
	@if command -v npm > /dev/null && (cd $(VENV)/oidc && npm ci --ignore-scripts --no-audit --no-fund --silent); then touch $@; \
		else echo "npm 不可用，略过统一登录的测试 / npm cannot be used: the tests of OpenID Connect are skipped"; fi

run: setup
	$(BIN)/python -m dashboard serve

# a file of browser tests keeps to one browser; what it waits for is one thread of one page, so two files at once
# take little more than half the time
test: test-fast test-browser

test-fast: dev postgres redis oidc
	$(BIN)/python -m pytest -n 2 --ignore=tests/browser

test-browser: dev browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not whole" tests/browser

# every browser test, at every place, width, theme and in both languages: before a release
test-whole: dev browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/browser

# which lines and branches of the three floors the tests without a browser run
coverage: dev postgres redis
	$(BIN)/python -m pytest -n 2 --ignore=tests/browser --cov --cov-report=term:skip-covered

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ty check --quiet --python $(VENV)
	$(BIN)/oxlint --quiet $(SCRIPTS)
	$(BIN)/oxfmt --list-different $(SCRIPTS)

bench: dev
	$(BIN)/python -m pytest tests/benchmarks -p no:cacheprovider -s

# a ledger of a million rows within one GiB: minutes
bench-large: dev
	$(BIN)/python -m pytest tests/benchmarks/test_large_import.py -p no:cacheprovider -s

# seconds and memory of briefs: one cold, one warm, 27 grids
bench-brief: dev browser
	$(BIN)/python -m tests.benchmarks.bench_briefs

# how soon a page is painted, cold and warm, and how soon what is pressed answers on the screen
bench-face: dev browser
	$(BIN)/python -m tests.benchmarks.bench_face

# 200 viewers who are signed in, played by Locust, which lives in an environment of its own: about twenty minutes
bench-load: dev browser
	@test -x $(VENV)/load/bin/locust || { $(PYTHON) -m venv $(VENV)/load \
		&& $(VENV)/load/bin/python -m pip install --quiet --disable-pip-version-check locust==2.47.0; }
	$(BIN)/python -m tests.benchmarks.bench_load --locust $(VENV)/load/bin/locust

# a year of the page 活动 played at two frames a second: frames, beat, bytes
bench-playback: dev browser
	$(BIN)/python -m tests.benchmarks.bench_playback

# the site planner against spopt with HiGHS, which lives in an environment of its own: a rival, not a dependency
bench-siting: dev
	@test -x $(VENV)/rival/bin/python || $(PYTHON) -m venv $(VENV)/rival
	@$(VENV)/rival/bin/python -c 'import spopt, highspy' 2>/dev/null \
		|| $(VENV)/rival/bin/python -m pip install --quiet --disable-pip-version-check spopt==0.7.0 highspy==1.16.0
	$(BIN)/python -m tests.benchmarks.bench_siting --rival $(VENV)/rival/bin/python

# OR-Library's p-median files in FOLDER (pmed1.txt … pmed40.txt) as p-medians and p-centers against the published optima
# and capacitated ones (pmedcap1.txt, SJC1.dat …, lin318_005.txt …)
bench-published: dev
	$(BIN)/python -m tests.benchmarks.bench_published $(FOLDER)

# the site planner against brute force: 500 random instances of each model and condition, of what may change, of stages and
# of the nearest pairs alone
fuzz: dev
	ATLAS_FUZZ=500 $(BIN)/python -m pytest tests/layers/siting/test_siting_exhaustive.py \
		tests/layers/siting/test_siting_reorganisation.py tests/layers/siting/test_siting_stages.py \
		tests/layers/siting/test_siting_large.py tests/layers/siting/test_siting_two_aims.py

# killed, cancelled, refused by the disk at a hundred random moments each; about an hour
faults: dev postgres
	ATLAS_FAULTS=100 $(BIN)/python -m pytest tests/dashboard/test_faults.py tests/dashboard/test_backup.py tests/geodata/store/test_killed.py tests/geodata/osm/test_ground.py

# two thousand hostile files for the importer, each within ten seconds and one GiB
fuzz-files: dev
	ATLAS_FUZZ_FILES=2000 $(BIN)/python -m pytest -s tests/geodata/importing/test_hostile.py

# 25,000 requests that no page sends against a server as it runs: no 5xx, no trace, no change, none over ten seconds, memory told
fuzz-requests: dev
	$(BIN)/python -m tests.fuzzing --callbacks 20000 --routes 5000

# two hundred extracts and files of tiles with bytes that nobody wrote: read or refused in words, nothing changed, within one GiB
fuzz-ground: dev
	$(BIN)/python -m tests.fuzzing_ground --seeds 200

# the screenshots of README and docs, taken from the atlas as it is now
shots: dev browser
	$(BIN)/python -m tests.browser.shots

# every page in light, dark and print, Chinese and English, 1920, 1366 and 390 px wide: what is wrong, and contact sheets in docs/sheets
sheets: dev browser
	$(BIN)/python -m tests.sheets

# one of each brief, for docs/gallery
gallery: dev browser
	$(BIN)/python -m tests.browser.gallery

# every template in both themes and languages and every format, checked, in matrix/ to be looked at
matrix: dev browser
	$(BIN)/python -m tests.browser.matrix --out matrix

# the documentation as a site that needs no network, in site/
docs: dev
	$(BIN)/python -m tests.reference
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf $(VENV) .atlas .pytest_cache .hypothesis .ruff_cache
