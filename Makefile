# The daily tools. `make help` lists them.
# ARGS reaches the program a target runs: `make run ARGS='--set log.segment.bytes=1048576'`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

BINARY := .build/release/martlet
LISTEN ?= 127.0.0.1:9092
DATA_DIR ?= data
PYTHON := .venv/bin/python
# Measures the memory of the process, which others would share.
ALONE := MartletWireTests.FuzzTests
# Compute without ever waiting, and would starve those beside them that talk to a broker in real time.
COMPUTING := Martlet(Core|Wire|Records|Log|Coordination|Transaction)Tests|TidyTests|ProducerSimulation
SWIFT_FILES = $$(find Package.swift Sources Tests $(wildcard Benchmarks) -name '.build*' -prune -o -name '*.swift' -print)

.PHONY: help run test unit docs interop fuzz bench bench-test micro lint format build setup setup-runtime clean
.DEFAULT_GOAL := help

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  make %-14s %s\n", $$1, $$2 }'

run: build ## Start a broker on 127.0.0.1:9092 with its data in ./data.
	$(BINARY) serve --data-dir $(DATA_DIR) --listen $(LISTEN) $(ARGS)

test: lint unit docs interop ## Everything that must hold: format, unit tests, documentation, real clients against the release binary.

unit: setup ## Debug build and the Swift tests.
	@Tests/Setup/checked-build --build-tests -Xswiftc -warnings-as-errors
	$(if $(ARGS),,@MARTLET_FUZZ_ALONE=1 Tests/Setup/checked-test --filter $(ALONE))
	$(if $(ARGS),,@Tests/Setup/checked-test --filter '$(COMPUTING)' --skip $(ALONE))
	@Tests/Setup/checked-test $(if $(ARGS),,--skip '$(COMPUTING)') $(ARGS)

docs: setup ## The documentation of the client library, in .build/docs; a broken link is an error.
	@Tests/Setup/build-docs

interop: setup build ## The tests with real Kafka clients; ARGS goes to pytest.
	@Tests/Setup/checked-build -c release --static-swift-stdlib --product martlet-client-check
	MARTLET_BINARY=$(CURDIR)/$(BINARY) $(PYTHON) -m pytest Tests/Interop $(ARGS)

fuzz: setup ## Ten million damaged frames, and the other seeded tests at full depth, in a release build.
	@Tests/Setup/checked-build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build-fuzz
	MARTLET_FUZZ_ALONE=1 MARTLET_FUZZ_INPUTS=10000000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'MartletWireTests.FuzzTests'
	MARTLET_FUZZ_INPUTS=1000000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'MartletRecordsTests.FuzzTests'
	MARTLET_SIMULATION_SEEDS=100000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'MartletLogTests.PowerLossTests'
	MARTLET_FLIP_ROUNDS=100000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'MartletLogTests.BitFlipTests'
	MARTLET_SEEDS=1-20000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'ProducerSimulation'
	MARTLET_SEEDS=1-20000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'MartletTransactionTests.TransactionSimulationTests'
	MARTLET_SEEDS=1-20000 swift test -c release --skip-build --scratch-path .build-fuzz \
		-Xswiftc -enable-testing --filter 'TransactionModelTests|OffsetModelTests'

bench: build ## Measure the broker against the physical minimum of this machine, the client against librdkafka.
	@Tests/Setup/setup bench
	MARTLET_BINARY=$(CURDIR)/$(BINARY) swift run -c release --package-path Benchmarks martlet-benchmarks $(ARGS)

bench-test: setup-runtime ## Test the benchmark suite, and build the micro-benchmarks; not part of `make test`.
	swift test --package-path Benchmarks $(ARGS)
	swift build -c release --package-path Benchmarks/Micro

micro: ## Measure what the hot path is made of, one operation at a time; ARGS goes to the benchmarks.
	@Tests/Setup/setup micro
	swift package --package-path Benchmarks/Micro benchmark --grouping metric $(ARGS)
	Benchmarks/Micro/count-instructions

lint: ## Check the format of every Swift file.
	@swift format lint --strict --parallel $(SWIFT_FILES)

format: ## Format every Swift file in place, comments included.
	@swift format format --in-place --parallel $(SWIFT_FILES)
	@Tests/Setup/rewrap-comments $(SWIFT_FILES)

build: setup-runtime ## Build the release binary, .build/release/martlet.
	@Tests/Setup/checked-build -c release --static-swift-stdlib --product martlet

setup: ## Install what building and testing need and is missing.
	@Tests/Setup/setup all

setup-runtime:
	@Tests/Setup/setup runtime

clean: ## Remove what was built; data and the Python environment stay.
	rm -rf .build .build-fuzz Benchmarks/.build Benchmarks/results Benchmarks/Micro/.build
