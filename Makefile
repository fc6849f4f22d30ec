# The tasks of this project; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
LINT := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
CLUSTER := $(CURDIR)/bin/cluster
SMALL := -trimpath -ldflags "-s -w"

##@ For everybody
.PHONY: help demo test build
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/kubectl-batch, with the agents for pods in it
	@for arch in amd64 arm64; do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch go build -buildvcs=false $(SMALL) -o bin/batch-agent-linux-$$arch ./cmd/batch-agent || exit 1; \
	done
	@go run ./pkg/agent/binary/pack pkg/agent/binary/embedded bin/batch-agent-linux-amd64 bin/batch-agent-linux-arm64
	go build $(SMALL) -o bin/kubectl-batch ./cmd/kubectl-batch

demo: cluster-check build ## From an idea to files on disk, on a real cluster
	$(CLUSTER) up
	$(CLUSTER) exec -- test/demo/demo

test: cluster-check lint unit e2e ## Format, lint, unit tests, and all scripts on a real cluster

##@ For development
.PHONY: fmt lint unit e2e tidy cluster cluster-check cluster-up cluster-down
fmt: ## Format the code
	$(LINT) fmt ./...
	cd test/cluster && $(LINT) fmt ./...

lint: ## Check format and house rules
	$(LINT) fmt --diff ./...
	$(LINT) run ./...
	cd test/cluster && $(LINT) fmt --diff ./... && $(LINT) run ./...

unit: ## Unit tests with the race detector
	@command -v cc >/dev/null || { echo "The race detector needs a C compiler: installing gcc."; apt-get update -qq && apt-get install -qq -y gcc libc6-dev; }
	go test -race ./...
	go test -C test/cluster ./...

e2e: cluster build ## Scripts on a real cluster
	$(CLUSTER) exec -- go test -tags e2e -count=1 -timeout 40m -parallel 4 ./test/e2e

.PHONY: bench
bench: cluster-check build ## The numbers of docs/performance.md, in about two hours; BENCH=-short for a few minutes
	go build -o bin/bench ./test/bench
	go build -o bin/bench-purge ./test/bench/purge
	go build -o bin/bench-bucket ./test/bench/bucket
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/bench-hand ./test/bench/bucket/hand
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
