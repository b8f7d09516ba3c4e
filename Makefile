# Every target sets up what it misses first, saying so. The work is in build/; this file only names it.
.DEFAULT_GOAL := help
.PHONY: help run test build app package dev bench bench-peers bench-tune eval tune-example proof mac-check golden generate clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: ## build, and let the built-in model answer a question about the sample picture
	@build/run.sh

test: ## every test: Go, the pages, a real browser, a real window
	@build/test.sh

build: ## leave build/bin/sightglass, and sightglass-desktop where GTK and WebKit are
	@build/build.sh

app: ## the window: Sightglass.app on a Mac, build/bin/sightglass-desktop elsewhere
	@build/app.sh

package: ## what is handed out: a disk image on a Mac, a tarball elsewhere
	@build/package.sh

dev: ## the pages with live reload, on a running engine
	@build/dev.sh

bench: ## the built-in model's speed on this machine
	@build/build.sh command
	@build/bin/sightglass bench

bench-peers: ## the same beside llama.cpp and transformers, in turns
	@build/peers/bench.sh $(ARGS)

bench-tune: ## the speed and memory of fine-tuning beside transformers and PEFT, in turns
	@build/peers/tune.sh

eval: ## how well the built-in model reads screens: 1,900 questions, about half an hour
	@build/eval/run.sh $(ARGS)

tune-example: ## fine-tune on the example, and say how often the model is right before and after
	@build/tune-example.sh

proof: ## prove the Metal kernels without a Mac
	@build/proof.sh

mac-check: ## on a Mac: every op and some models on its GPU, timed; writes a report to send back
	@build/mac-check.sh

golden: ## compute the tests' expected values anew from transformers
	@build/golden/run.sh

generate: ## write the pages' types from the Go ones
	@build/generate.sh

clean: ## remove what building left here; the cache folder stays
	rm -rf build/bin build/lib build/cache frontend/node_modules
	find frontend/dist -mindepth 1 ! -name .gitkeep -delete
