# One way in. Every target installs what it needs (apt packages; says what where it may not).

CARGO ?= cargo
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test check bench fuzz voice image bundle image-run image-test yocto-check yocto-crates deps deps-test deps-image help

ARCH ?= amd64
export ARCH

help:
	@echo "make run    starts the demo hall and prints the address of the bench page"
	@echo "make test   runs every test"
	@echo "make check  format, lints, tidy, licences"
	@echo "            with LONG=1 also 60 s of random bytes for every codec"
	@echo "make bench  prints the figures beside their yardsticks"
	@echo "make fuzz   random bytes for every codec of hal; SECONDS_EACH=10"
	@echo "make voice  renders what the kiosk says; FOLDER=target/voice"
	@echo "make image  builds the appliance's disk image; ARCH=amd64|arm64 (docs/image.md)"
	@echo "make bundle builds a signed update of it"
	@echo "make image-run   boots it in a virtual machine, in a window or behind a page"
	@echo "make image-test  checks it in virtual machines; ARGS=\"boot update\""
	@echo "make yocto-check   style and form of the layer for Raspberry Pi boards (yocto-layer/README.md)"
	@echo "make yocto-crates  writes the layer's list of crates from Cargo.lock"

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

image: deps-image
	images/build image

bundle: deps-image
	images/build bundle

image-run: image
	scripts/install.sh image-window
	images/run

image-test: image
	images/test/prepare
	$(CARGO) run --quiet --package hall24-image-test -- --arch $(ARCH) $(ARGS)

yocto-check:
	scripts/yocto-check.sh

yocto-crates:
	scripts/yocto-crates.sh

deps:
	@scripts/install.sh build

deps-test:
	@scripts/install.sh build test

deps-image:
	@scripts/install.sh build image image-$(ARCH)
