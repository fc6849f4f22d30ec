# The tasks of this project; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
LINT := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
CLUSTER := $(CURDIR)/bin/cluster
SMALL := -trimpath -ldflags "-s -w"
# Flags by which the plugin is compiled, here and for a release; the file says why.
LEAN := $(shell grep -v '^#' $(CURDIR)/release/build/flags)

##@ For everybody
.PHONY: help demo test build dist
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/kubectl-batch, with the agents for pods in it
	@for arch in amd64 arm64; do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -buildvcs=false $(SMALL) -tags nethttpomithttp2 -o bin/batch-agent-linux-$$arch ./cmd/batch-agent || exit 1; \
	done
	@go run ./pkg/agent/binary/pack pkg/agent/binary/embedded bin/batch-agent-linux-amd64 bin/batch-agent-linux-arm64
	CGO_ENABLED=0 go build $(SMALL) $(LEAN) -o bin/kubectl-batch ./cmd/kubectl-batch

demo: cluster-check build ## From an idea to files on disk, on a real cluster
	$(CLUSTER) up
	$(CLUSTER) exec -- test/demo/demo

test: cluster-check lint unit verify dist-test e2e ## All that must hold: style, unit tests, every platform, a release, and all scripts on a real cluster

dist: ## The archives of a release, in dist; VERSION=v1.2.3
	@go run ./release/dist -version "$$VERSION"

##@ For development
.PHONY: fmt lint unit e2e tidy docs golden verify cross dist-test shells cluster cluster-check cluster-up cluster-down
fmt: ## Format the code
	$(LINT) fmt ./...
	cd test/cluster && $(LINT) fmt ./...

lint: ## Check format and house rules
	$(LINT) fmt --diff ./...
	$(LINT) run --allow-parallel-runners ./...
	cd test/cluster && $(LINT) fmt --diff ./... && $(LINT) run --allow-parallel-runners ./...

unit: ## Unit tests with the race detector
	@command -v cc >/dev/null || { echo "The race detector needs a C compiler, and only root can install gcc."; apt-get update -qq && apt-get install -qq -y gcc libc6-dev; }
	go test -race ./...
	go test -C test/cluster ./...

e2e: cluster build shells ## Scripts on a real cluster; RUN=demo for one of them
	$(CLUSTER) exec -- go test -tags e2e -count=1 -timeout 40m -parallel 4 $(if $(RUN),-run 'TestScripts/(group|alone)/($(RUN))$$$$',) ./test/e2e

# The shells whose completion is tested.
shells:
	@command -v zsh >/dev/null && command -v fish >/dev/null && test -e /usr/share/bash-completion/bash_completion || \
		{ echo "The tests of completion need zsh, fish and bash-completion, and only root can install them."; apt-get update -qq && apt-get install -qq -y zsh fish bash-completion; }

docs: ## Write docs/reference from the command tree
	go run ./docs/generate

golden: ## Write the golden files from what the program does
	BATCH_UPDATE_GOLDEN=1 go test -count=1 ./pkg/cmd ./pkg/helper ./pkg/volume

# What the work tree holds, in a line.
STATE := { git diff; git ls-files -o --exclude-standard | xargs -r cat; } | git hash-object --stdin
verify: ## Nothing is left to format, tidy or generate, and all of it compiles for every system
	@before=$$($(STATE)) && $(MAKE) --no-print-directory fmt tidy docs golden && \
		{ test "$$before" = "$$($(STATE))" || { git status --short; echo "make verify has changed files: look at them, and commit them"; exit 1; }; }
	@$(MAKE) --no-print-directory cross

cross: ## Vet and compile, with the tests, for the systems that this is not
	@for system in $(filter-out $(shell go env GOOS),linux windows darwin); do \
		echo "vet and tests for $$system" && GOOS=$$system CGO_ENABLED=0 go vet -trimpath $(LEAN) ./... && \
		GOOS=$$system CGO_ENABLED=0 go test -trimpath $(LEAN) -exec true ./... >/dev/null || exit 1; \
	done

dist-test: ## Build a release twice, compare, and install from it by krew's rules
	go test -tags dist -count=1 -timeout 40m ./release/dist

.PHONY: bench
bench: cluster-check build ## The numbers of docs/performance.md, in about two hours; BENCH=-short for a few minutes
	go build -o bin/bench-start ./test/bench/start
	go build -o bin/bench ./test/bench
	go build -o bin/bench-purge ./test/bench/purge
	go build -o bin/bench-bucket ./test/bench/bucket
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/bench-hand ./test/bench/bucket/hand
	$(CLUSTER) exec -- bin/bench-start
	$(CLUSTER) exec -- bin/bench-bucket $(filter -short,$(BENCH))
	$(CLUSTER) exec -- bin/bench-purge $(filter -short,$(BENCH))
	$(CLUSTER) exec -- bin/bench $(BENCH)

tidy: ## Bring go.mod and go.sum up to date
	go mod tidy
	cd tools && go mod tidy
	cd test/cluster && go mod tidy

cluster:
	@go build -C test/cluster -o $(CLUSTER) .

cluster-check: cluster
	@$(CLUSTER) check

cluster-up: cluster ## Start the test cluster and leave it running
	$(CLUSTER) up

cluster-down: cluster ## Stop the test cluster
	$(CLUSTER) down
