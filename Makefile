# What people and CI run. Everything of substance stands in deploy/ and in the program itself.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench

BENCHES ?= decode sink mqtt bill rate

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## a small utility, from frames to issued bills, and the console (ONESHOT=1: check it and stop)
	@deploy/demo.sh

test: ## everything that CI runs: format, lints, all tests against servers of their own
	@deploy/test.sh

check: ## format, lints and documentation only
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items --quiet

bench: ## each benchmark against its baseline, one JSON object a line (BENCHES="sink mqtt")
	@cargo build --release --quiet
	@set -e; for bench in $(BENCHES); do cargo run --release --quiet -- bench $$bench; done
