# dealcast builds in build/MODE/. `make help` lists what there is to make.
#   MODE=release (default), debug, sanitize; any other name is a release build in a folder of its own
#   CC=clang, DEPS=skip (never install system packages), ONLY=ingest (tests of one folder), WERROR= (warnings pass),
#   V=1 (show commands)

MODE ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
PREFIX ?= /usr/local
DEPS ?= install
ONLY ?= *
WITHOUT ?=
WERROR ?= -Werror
QUIET := $(if $(V),,@)
# WITHOUT='engine/ingest/% models/%' leaves out sources that do not compile yet, in a folder of its own.
BUILD := build/$(MODE)$(if $(WITHOUT),-part)

ifeq ($(MAKELEVEL),0)
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
endif
endif

OPTIMISE := -O2 -g
ifeq ($(MODE),debug)
OPTIMISE := -O0 -g3
endif
ifeq ($(MODE),sanitize)
OPTIMISE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
endif

# Apple's clang knows OpenMP only through Homebrew's libomp.
OPENMP := -fopenmp
BREW := $(shell command -v brew >/dev/null 2>&1 && brew --prefix)
ifneq ($(BREW),)
CPPFLAGS += -I$(BREW)/include
LDFLAGS += -L$(BREW)/lib
ifeq ($(shell uname),Darwin)
OPENMP := -Xpreprocessor -fopenmp
CPPFLAGS += -I$(BREW)/opt/libomp/include
LDFLAGS += -L$(BREW)/opt/libomp/lib -lomp -liconv
endif
endif

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla $(WERROR)
ALL_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L $(WARN) $(OPTIMISE) -ffp-contract=off $(OPENMP) -Iinclude -I. \
             $(CPPFLAGS) $(CFLAGS)
LIBS := -lgsl -lgslcblas -lcsv -linih -ljansson -lz -lzstd -lm -lpthread

LIB_SRC := $(filter-out engine/cli/% $(WITHOUT),$(wildcard engine/*/*.c models/*.c))
CLI_SRC := $(filter-out engine/cli/main.c,$(wildcard engine/cli/*.c))
GEN_SRC := $(filter-out datasets/generate/main.c,$(wildcard datasets/generate/*.c))
TEST_SRC := $(wildcard tests/$(ONLY)/test_*.c)
HELP_SRC := $(filter-out $(wildcard tests/*/test_*.c tests/fuzz/*.c),$(wildcard tests/*/*.c))
BENCH_SRC := $(wildcard bench/bench_*.c)
SCRIPTS := $(wildcard tests/$(ONLY)/*.sh)

TABLES := $(patsubst %,$(BUILD)/engine/deals/%_table.c,columns meanings)
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIB := $(BUILD)/libdealcast.a
ARCHIVES := $(BUILD)/libcli.a $(LIB)
TESTS := $(TEST_SRC:%.c=$(BUILD)/%)
BENCHES := $(BENCH_SRC:%.c=$(BUILD)/%)
BINARY := $(BUILD)/dealcast
GENERATE := $(if $(wildcard datasets/generate/main.c),$(BUILD)/dealcast-generate)

.PHONY: all demo test run-tests lint format sanitize clang fuzz coverage valgrind bench bench-peers bench-models tune agree accuracy deps clean install help lib tests
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BINARY) $(GENERATE) ## the program (default); prints where it is
	@echo $(BINARY)

lib: $(LIB)
tests: $(TESTS)
SAMPLE := datasets/sample
HISTORY := $(firstword $(wildcard $(SAMPLE)/history.csv $(SAMPLE)/history.csv.gz))
DEMO := $(BINARY) forecast $(SAMPLE)/deals.csv $(HISTORY:%=--history %) --accounts $(SAMPLE)/accounts.csv \
        --quotas $(SAMPLE)/quotas.csv --period quarter --horizon 3

demo: ## sets the machine up, builds, forecasts the sample; JSON in build/demo/forecast.json
	@DEPS=$(DEPS) CC=$(CC) .ci/deps build
	@$(MAKE) --no-print-directory WERROR= all
	@mkdir -p build/demo
	@$(DEMO) --format json -o build/demo/forecast.json
	@$(DEMO)
	@printf '\n%s\n' "The same as JSON: build/demo/forecast.json"
	@echo "Try your own:     $(BINARY) forecast FILE.csv     ($(BINARY) forecast --help)"

test: ## sets the machine up, builds, runs every test: programs, golden command lines, scripts
	@DEPS=$(DEPS) CC=$(CC) .ci/deps test
	@$(MAKE) --no-print-directory run-tests

run-tests: $(TESTS) $(if $(SCRIPTS),$(BINARY) $(GENERATE))
	@tests/run $(BUILD) $(sort $(TESTS)) $(sort $(SCRIPTS))

sanitize: ## every test under address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory MODE=sanitize test

clang: ## every test as built by clang
	@$(MAKE) --no-print-directory CC=clang MODE=clang test

SECONDS ?= 60
fuzz: ## SECONDS (60) of looking for bytes that break the reading of CSV, INI or model files, by clang's libFuzzer
	@DEPS=$(DEPS) CC=clang .ci/deps build
	@tests/fuzz/run build/fuzz $(SECONDS)

coverage: ## every test under gcov: the share of lines and branches of engine and models, by file
	@CC=gcc .ci/coverage

valgrind: ## some command lines and test programs under valgrind
	@DEPS=$(DEPS) .ci/deps tool valgrind || true
	@.ci/valgrind

format: ## lays all sources out by .clang-format
	@clang-format -i $$(find engine models include tests bench datasets -name '*.[ch]')

lint: ## format, direction of includes, file and function length, cppcheck
	@.ci/lint

BENCH_DEALS ?= 1000000
BENCH_DATA := build/bench/deals_$(BENCH_DEALS).csv
bench: $(BENCHES) $(BINARY) $(BENCH_DATA) ## builds and runs bench/bench_*.c on a generated file of BENCH_DEALS (1,000,000) deals
	@for program in $(BENCHES); do echo "== $$program"; $$program $(BENCH_DATA) || exit 1; done

bench-peers: $(BUILD)/bench/bench_load ## loads BENCH_DEALS deals beside polars, DuckDB, fread, pandas; bench/load.csv
	@bench/peers.sh $< build/bench $(BENCH_DEALS) bench/load.csv
bench-models: $(BUILD)/bench/bench_logistic $(BUILD)/bench/bench_mixed ; @bench/peers_models.sh $< build/bench 1000000 bench/models.csv $(BUILD)/bench/bench_mixed ## a logistic regression beside numpy, scikit-learn, R

tune: $(BUILD)/bench/tune ## the time of each model's fit (or of MODEL's) by rows in a block and in a tile, with 1 and 2 threads
	@bench/tune.sh $(BUILD) $(MODEL)

TEXTS ?= 1000000
agree: $(BUILD)/tests/ingest/test_plain ## reads TEXTS (1,000,000) fuzzed tables at speed and by libcsv: equal columns
	@DEALCAST_FUZZ_TEXTS=$(TEXTS) OMP_WAIT_POLICY=passive $<

accuracy: $(BINARY) $(GENERATE) ## forecasts of 200 generated teams and of maven-crm against what came; bench/accuracy.csv
	@bench/accuracy.sh $(BINARY) $(GENERATE) bench/accuracy.csv

$(BENCH_DATA): $(GENERATE)
	@mkdir -p $(@D)
	$(GENERATE) --deals $(BENCH_DEALS) --seed 1 --truth-paths 0 --no-history --out-dir $(@D)/$(BENCH_DEALS)
	@mv $(@D)/$(BENCH_DEALS)/deals.csv $@

deps: ## installs the missing system packages, saying which
	@DEPS=install CC=$(CC) .ci/deps test

install: all ## the program, the library and its headers under PREFIX (/usr/local)
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	cp $(BINARY) $(DESTDIR)$(PREFIX)/bin/
	cp $(LIB) $(DESTDIR)$(PREFIX)/lib/
	cp -R include/dealcast $(DESTDIR)$(PREFIX)/include/

clean: ## removes build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  $(CC) $<"
	$(QUIET)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# q, not r: two objects of one name in different folders both stay. The folders tell of sources that were removed.
define archive
	@mkdir -p $(@D)
	@rm -f $@
	@ar qcs $@ $(filter %.o,$^)
endef

# Tables that an analyst may extend become C.
$(BUILD)/engine/deals/%_table.c: engine/deals/%.txt engine/deals/words.sh
	@mkdir -p $(@D)
	@sh engine/deals/words.sh $< >$@
$(TABLES:.c=.o): %.o: %.c
	@echo "  $(CC) $<"
	$(QUIET)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(call objects,$(LIB_SRC)) $(TABLES:.c=.o) $(sort $(dir $(LIB_SRC)))
$(BUILD)/libcli.a: $(call objects,$(CLI_SRC))
$(BUILD)/libgenerate.a: $(call objects,$(GEN_SRC))
$(BUILD)/libhelpers.a: $(call objects,$(HELP_SRC))
$(patsubst %,$(BUILD)/lib%.a,dealcast cli generate helpers):
	$(archive)

link = $(QUIET)$(CC) $(ALL_CFLAGS) $(filter %.o %.a,$^) -o $@ $(LDFLAGS)

$(BINARY): $(BUILD)/engine/cli/main.o $(ARCHIVES)
	$(link) $(LIBS)
$(BUILD)/dealcast-generate: $(BUILD)/datasets/generate/main.o $(BUILD)/libgenerate.a
	$(link) -lm
$(TESTS): %: %.o $(BUILD)/libhelpers.a $(ARCHIVES) $(BUILD)/libgenerate.a
	$(link) -lcmocka $(LIBS)
$(BENCHES) $(BUILD)/bench/tune: %: %.o $(ARCHIVES)
	$(link) $(LIBS)

-include $(patsubst %.c,$(BUILD)/%.d,$(LIB_SRC) $(CLI_SRC) $(GEN_SRC) $(TEST_SRC) $(HELP_SRC) $(BENCH_SRC) \
           engine/cli/main.c datasets/generate/main.c bench/tune.c)
