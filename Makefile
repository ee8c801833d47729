# One file, every errand. `make help` lists them.
PY := .venv/bin/python
UV := .venv/bin/uv
LOCK := requirements/dev.lock
STAMP := .venv/.installed
.DEFAULT_GOAL := help
.PHONY: $(shell grep -oE '^[a-z-]+:' Makefile | tr -d :)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

setup: $(STAMP) ## make .venv from the hash-checked lock
$(STAMP): $(LOCK) pyproject.toml
	@test -x $(PY) || python3 -m venv .venv
	@test -x $(UV) || $(PY) -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	@$(UV) pip sync --quiet --python $(PY) --require-hashes $(LOCK)
	@$(UV) pip install --quiet --python $(PY) --no-deps --editable .
	@touch $@

lock: ## resolve pyproject.toml into the lock again
	@uv=$$(command -v $(UV) || command -v uv); \
	$$uv pip compile pyproject.toml --quiet --extra fleet --group test --group lint --group docs --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --output-file $(LOCK); \
	$$uv pip compile pyproject.toml --quiet --group train --python-version 3.11 --constraints $(LOCK) \
	  --generate-hashes --no-emit-index-url --no-header --output-file requirements/train.lock; \
	$$uv pip compile pyproject.toml --quiet --python-version 3.11 --constraints $(LOCK) \
	  --generate-hashes --no-emit-index-url --no-header --output-file requirements/run.lock; \
	echo "hatchling>=1.27" | $$uv pip compile - --quiet --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --output-file requirements/build.lock

demo: setup ## the whole job on the bundled news world, without the internet
	@.venv/bin/lagebild demo

run: setup ## the same job on sources.yaml
	@.venv/bin/lagebild run

test: setup ## every test of the default tier
	@.venv/bin/pytest -q -n auto --dist loadfile -m "not browser"

test-browser: setup ## the reading room in Chromium: mornings, accessibility, phones
	@.venv/bin/pytest -q -m browser tests/e2e

test-postgres: setup ## the archive's contract and the fleet's queue on a PostgreSQL of their own
	@LAGEBILD_TEST_POSTGRES=start .venv/bin/pytest -q -n 2 --dist loadfile tests/contract tests/integration/test_fleet_queue.py -k "postgres or fleet"

test-fleet: test-postgres ## that, a fortnight through two worker processes, killed workers, a restarted server (ten minutes)
	@LAGEBILD_TEST_POSTGRES=start .venv/bin/pytest -q tests/integration/test_fleet.py

ATPROTO := .cache/atproto
test-atproto: setup $(ATPROTO)/.installed ## Bluesky's own servers on this machine: search, stream, deletions, departures
	@LAGEBILD_TEST_ATPROTO=start .venv/bin/pytest -q tests/atproto
$(ATPROTO)/.installed: tests/atproto/network/package.json tests/atproto/network/install.sh
	@bash tests/atproto/network/install.sh $(CURDIR)/$(ATPROTO) $(CURDIR)/$(UV)

lint: setup ## style, types, floors
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/tach check

fmt: setup ## format the code
	@.venv/bin/ruff check --fix --quiet .
	@.venv/bin/ruff format --quiet .

reference: setup ## write what docs/ holds of the commands, the sources schema and the interface for programs
	@$(PY) -m lagebild.reference > docs/commands.md
	@.venv/bin/lagebild sources schema > docs/sources.schema.json
	@$(PY) -m web.api.openapi > docs/openapi.json

docs: setup ## build the documentation, strictly
	@.venv/bin/mkdocs build --quiet --strict

wheel-check: setup ## build the wheel, install it alone, run the command there
	@.venv/bin/pytest -q tests/e2e/test_wheel.py

bench: setup ## all benchmarks, figures kept in bench/results.json; ONLY=name for one
	@$(PY) -m bench.run $(if $(ONLY),--only $(ONLY))

bench-quick: setup ## the short ones, held against the kept figures
	@$(PY) -m bench.run --quick --compare

bench-peers: setup ## an environment of their own for the programs we measure beside
	@test -x .venv-peers/bin/python || $(PY) -m venv .venv-peers
	@$(UV) pip install --quiet --python .venv-peers/bin/python -r bench/peers/requirements.txt

eval-ner: setup ## precision, recall and F1 of the name pipelines on dev data
	@$(PY) -m nlp.models.eval_ner

eval-stories: setup ## stories: pairwise F1 and B-cubed on the labelled day and the demo fortnight
	@$(PY) -m bench.eval_stories
	@$(PY) -m bench.eval_stories --demo

eval-spikes: setup ## signals: detection against false alarms on simulated series
	@$(PY) -m bench.eval_spikes

bench-names: setup ## our names against the bare pipelines, per CPU second
	@$(PY) -m bench.names

eval-extract: setup ## extraction: text F1, titles, authors, days on real pages; throughput beside trafilatura
	@$(PY) -m bench.eval_extract

eval-dedupe: setup ## copies: precision and recall by kind of change, cost and memory of a stream of 120,000 texts
	@$(PY) -m bench.eval_dedupe

eval-risk: setup ## risk: five-fold figures, ablation, invented sets; FILE=labelled.jsonl judges that file
	@$(PY) -m bench.eval_risk $(FILE)

api-fuzz: setup ## schemathesis against the interface for programs, 500 questions a call
	@LAGEBILD_FUZZ=500 .venv/bin/pytest -q tests/integration/test_api_fuzz.py

faults: faults-kill faults-disk faults-clock faults-bytes ## what goes wrong, in the size of CI
faults-nightly: ## the same in full, and a quarter of the service: hours
	@$(MAKE) faults-kill N=1000
	@$(MAKE) faults-fleet N=100 RESTARTS=12
	@$(MAKE) faults-disk N=20
	@$(MAKE) faults-clock
	@$(MAKE) faults-bytes N=5000
	@$(MAKE) faults-quarter

faults-kill: setup ## SIGKILL at N random points over all belts: nothing committed is lost, nothing torn
	@OMP_NUM_THREADS=1 $(PY) -m bench.faults.kill --kills $(or $(N),20)

faults-fleet: setup ## SIGKILL for N of a fleet's workers, its PostgreSQL restarted RESTARTS times: all jobs done, effects once
	@$(PY) -m bench.faults.fleet --kills $(or $(N),20) --restarts $(or $(RESTARTS),4)

faults-disk: setup ## a disk full at N offsets, read-only, locked, rotten
	@$(PY) -m bench.faults.disk --offsets $(or $(N),20)

faults-clock: setup ## changes of summer time, jumps, a week asleep: each issue once per local date
	@$(PY) -m bench.faults.clock

faults-bytes: setup ## N mangled feeds and pages: read or refused, none over five seconds
	@$(PY) -m bench.faults.mangled --count $(or $(N),500)

faults-quarter: setup ## DAYS of the service with time sped up, planted outages, an alarm for each
	@OMP_NUM_THREADS=1 $(PY) -m bench.faults.quarter --days $(or $(DAYS),90)

faults-fuzz: setup ## coverage-guided bytes for the parsers (atheris, installed aside) for SECONDS
	@$(UV) pip install --quiet --python $(PY) --target .cache/atheris "atheris>=3"
	@PYTHONPATH=.cache/atheris $(PY) -m bench.faults.fuzz -max_total_time=$(or $(SECONDS),60) -artifact_prefix=.cache/

hashes: setup ## list the weights' hashes anew after a training
	@$(PY) -m nlp.checked

sbom: setup ## the bill of materials of what is installed, CycloneDX 1.6, to sbom.json
	@$(PY) -m bench.bill > sbom.json

audit: setup ## known vulnerabilities of the pinned packages; needs the network
	@.venv/bin/pip-audit --requirement $(LOCK) --require-hashes --disable-pip

image-check: setup ## lint the Dockerfile and run its steps in a clean prefix, or in a Debian of its own below ROOT (as root)
	@$(PY) -m bench.image $(if $(ROOT),--root $(ROOT))

schema-dumps: setup ## with a release: keep what its archives look like, for the upgrade tests
	@$(PY) -m tests.fixtures.schemas
