# One way in. Every target installs what it needs (apt packages; says what where it may not).

CARGO ?= cargo
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test check bench fuzz voice deps deps-test help

help:
	@echo "make run    starts the demo hall and prints the address of the bench page"
	@echo "make test   runs every test"
	@echo "make check  format, lints, tidy, licences"
	@echo "            with LONG=1 also 60 s of random bytes for every codec"
	@echo "make bench  prints the figures beside their yardsticks"
	@echo "make fuzz   random bytes for every codec of hal; SECONDS_EACH=10"
	@echo "make voice  renders what the kiosk says; FOLDER=target/voice"

run: deps
	$(CARGO) run --quiet --package kiosk -- demo $(ARGS)

test: deps-test
	scripts/test.sh

check: deps-test
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features --quiet -- -D warnings
	$(CARGO) clippy --package kiosk --no-default-features --quiet -- -D warnings
	$(CARGO) test --quiet --package hall24-tests --test tidy
	scripts/deny.sh
	$(if $(LONG),scripts/fuzz.sh 60)

bench: deps-test
	$(CARGO) build --quiet --release --package kiosk --package hall24-tests --bins
	target/release/bench

fuzz: deps
	scripts/fuzz.sh $(or $(SECONDS_EACH),10)

voice: deps
	scripts/voice.sh $(or $(FOLDER),target/voice)

deps:
	@scripts/install.sh build

deps-test:
	@scripts/install.sh build test
