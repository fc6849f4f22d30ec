# The tasks of this project; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
TESTRUN := $(CURDIR)/bin/testrun
LINT := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
# KUBERNETES=oldest is for the oldest supported version, in a cluster of its own.
CLUSTER := $(CURDIR)/bin/cluster$(if $(filter oldest,$(KUBERNETES)), --oldest)
SMALL := -trimpath -ldflags "-s -w"
# Flags by which the plugin is compiled, here and for a release; the file says why.
LEAN := $(shell grep -v '^#' $(CURDIR)/release/build/flags)

##@ General
.PHONY: help demo test check build dist
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/kubectl-batch, with the agents for helper pods
	@for arch in amd64 arm64; do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -buildvcs=false $(SMALL) -tags nethttpomithttp2 -o bin/batch-agent-linux-$$arch ./cmd/batch-agent || exit 1; \
	done
	@CGO_ENABLED=0 go run -trimpath ./pkg/agent/embedded/pack pkg/agent/embedded/programs bin/batch-agent-linux-amd64 bin/batch-agent-linux-arm64
	CGO_ENABLED=0 go build $(SMALL) $(LEAN) -o bin/kubectl-batch ./cmd/kubectl-batch

demo: cluster-check ## Run a job and fetch its results on a real cluster, which is built first
	@$(MAKE) --no-print-directory -j2 build cluster-up
	$(CLUSTER) exec -- test/demo/demo

test: cluster-check testrun ## Run format, vet, all unit tests, and a script for each promise of the README on a real cluster
	@$(TESTRUN) -name "make test" -then "make check runs the other tests" -- $(MAKE) --no-print-directory format vet unit promises

check: cluster-check testrun ## Run all other tests: linter, race detector, every platform, a release, every script
	@$(TESTRUN) -name "make check" -- $(MAKE) --no-print-directory lint race verify dist-test e2e

dist: ## Build the archives of a release in dist; VERSION=v1.2.3
	@go run ./release/dist -version "$$VERSION"

##@ Development
.PHONY: fmt format vet lint actionlint govulncheck unit race e2e kind promises tidy docs golden verify cross dist-test shells testrun cluster cluster-check cluster-up cluster-down
fmt: ## Format the code
	$(LINT) fmt ./...
	cd test/cluster && $(LINT) fmt ./...

lint: actionlint ## Check format, house rules and workflows
	$(LINT) fmt --diff ./...
	$(LINT) run --allow-parallel-runners ./...
	cd test/cluster && $(LINT) fmt --diff ./... && $(LINT) run --allow-parallel-runners ./...

actionlint: ## Check the workflows in .github
	go tool -modfile=$(CURDIR)/tools/actionlint/go.mod actionlint .github/workflows/*.yml

govulncheck: ## Check for known vulnerabilities in called code; requires https://vuln.go.dev
	go tool -modfile=$(CURDIR)/tools/go.mod govulncheck ./...

format: ## Check the format of the code without the linter
	@unformatted=$$(gofmt -l .) && { test -z "$$unformatted" || { echo "not formatted by gofmt: $$unformatted"; exit 1; }; }

vet: ## Run go vet on all code
	go vet ./...
	go vet -tags e2e,dist ./test/... ./release/...
	go vet -C test/cluster ./...

unit: testrun ## Run unit tests
	@$(TESTRUN) -name "unit tests" -- go test -json -count=1 ./...
	@$(TESTRUN) -name "unit tests of test/cluster" -- go test -C test/cluster -json -count=1 ./...

race: testrun ## Run unit tests with the race detector
	@command -v cc >/dev/null || { echo "The race detector requires a C compiler. Installing gcc, which requires root."; apt-get update -qq && apt-get install -qq -y gcc libc6-dev; }
	@$(TESTRUN) -name "race detector" -- go test -json -race -count=1 ./...

# Runs scripts; $(1) are further arguments of go test. The suite itself limits how many run at a time.
define SCRIPTS
@$(CLUSTER) up --build-only --store
@$(TESTRUN) -name scripts -- $(CLUSTER) exec --store -- go test -json -tags e2e -count=1 -timeout 60m -parallel 100 $(1)
endef

e2e: cluster build shells testrun ## Run all scripts on a real cluster; RUN=fetch for the scripts of a verb, RUN=fetch-via-s3 for one script, KUBERNETES=oldest
	$(call SCRIPTS,$(if $(RUN),-run 'TestScripts/(group|alone)/^($(RUN))(-.*)?$$') ./test/e2e)

kind: cluster ## Run scripts on a new kind cluster; IMAGE=kindest/node:TAG, RUN as for e2e
	test/kind/run "$(IMAGE)" $(MAKE) --no-print-directory e2e

promises: cluster build testrun ## Run the script for each promise of the README
	$(call SCRIPTS,-run TestScripts ./test/e2e -args -promises)

testrun:
	@go build -o $(TESTRUN) ./test/testrun

# The shells whose completion is tested.
shells:
	@command -v zsh >/dev/null && command -v fish >/dev/null && test -e /usr/share/bash-completion/bash_completion || \
		{ echo "The completion tests require zsh, fish and bash-completion. Installing them, which requires root."; apt-get update -qq && apt-get install -qq -y zsh fish bash-completion; }

docs: ## Generate docs/reference from the command tree
	go run ./docs/generate

golden: ## Update the golden files
	BATCH_UPDATE_GOLDEN=1 go test -count=1 ./pkg/cmd ./pkg/helper ./pkg/claim

# What the work tree holds, in a line.
STATE := { git diff; git ls-files -o --exclude-standard | xargs -r cat; } | git hash-object --stdin
verify: ## Fail if format, tidy or generation changes a file; compile for every system
	@before=$$($(STATE)) && $(MAKE) --no-print-directory fmt tidy docs golden && \
		{ test "$$before" = "$$($(STATE))" || { git status --short; echo "make verify changed files; review and commit them"; exit 1; }; }
	@$(MAKE) --no-print-directory cross

cross: ## Vet and compile code and tests for the other systems
	@for system in $(filter-out $(shell go env GOOS),linux windows darwin); do \
		echo "vet and tests for $$system" && GOOS=$$system CGO_ENABLED=0 go vet -trimpath $(LEAN) ./... && \
		GOOS=$$system CGO_ENABLED=0 go test -trimpath $(LEAN) -exec true ./... >/dev/null || exit 1; \
	done

dist-test: ## Build a release twice, compare, and install it like krew
	go test -tags dist -count=1 -timeout 40m ./release/dist

.PHONY: bench
bench: cluster-check build ## Measure performance and write docs/performance*.md (about two hours; a few minutes with BENCH=-short)
	go build -o bin/bench-start ./test/bench/start
	go build -o bin/bench ./test/bench
	go build -o bin/bench-purge ./test/bench/purge
	go build -o bin/bench-bucket ./test/bench/bucket
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/bench-hand ./test/bench/bucket/hand
	$(CLUSTER) up --build-only --store
	$(CLUSTER) exec -- bin/bench-start
	$(CLUSTER) exec --store -- bin/bench-bucket $(filter -short,$(BENCH))
	$(CLUSTER) exec -- bin/bench-purge $(filter -short,$(BENCH))
	$(CLUSTER) exec -- bin/bench $(BENCH)

tidy: ## Update go.mod and go.sum
	go mod tidy
	cd tools && go mod tidy
	cd tools/actionlint && go mod tidy
	cd test/cluster && go mod tidy

# Built like the plugin, so that the standard library is compiled once for both. The first time takes half a minute.
cluster:
	@{ while sleep 15 >/dev/null 2>&1; do echo "compiling bin/cluster"; done & } ; ticker=$$!; \
		CGO_ENABLED=0 go build -C test/cluster -trimpath -o $(CURDIR)/bin/cluster .; status=$$?; kill $$ticker; exit $$status

cluster-check: cluster
	@$(CLUSTER) check

cluster-up: cluster ## Build and start the test cluster
	$(CLUSTER) up

cluster-down: cluster ## Stop the test cluster
	$(CLUSTER) down
