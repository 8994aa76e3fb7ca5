# Everything here works from a fresh clone with Rust, git, python3 and make, as root or not, and
# installs nothing on the machine: what it needs is fetched into a cache folder (PG_TENANCY_CACHE).

# The server to use: one version of pgrx.toml (PG=18), or one that is there already (PG_CONFIG=…).
PG ?=
PG_CONFIG ?=
SERVER = $(or $(PG_CONFIG),$$(tools/postgres.py pg-config $(PG)))

.DEFAULT_GOAL := help
.PHONY: help setup install demo test fuzz soak bench report lint portable pg-config clean

help:
	@echo 'make setup      get cargo-pgrx, libclang and the Postgres versions into the cache'
	@echo 'make demo       build, install and run the demo on a scratch server'
	@echo 'make install PG_CONFIG=/path/to/pg_config'
	@echo '                build the extension and install it into that Postgres'
	@echo 'make pg-config  print the pg_config that the others use by default (with make -s)'
	@echo 'make test       run all the tests, on every version; PG=18 for one version,'
	@echo '                ONLY=native/protect for one suite or test, ACCEPT=1 to accept its output'
	@echo 'make soak       200 callers of 50 tenants behind PgBouncer, 200,000 transactions; SOAK=n for n'
	@echo 'make fuzz       feed the readers of claims, tokens and keys whatever libFuzzer finds, SECONDS=60 each;'
	@echo '                needs a C++ compiler'
	@echo 'make bench      measure, on a scratch server (about twenty minutes); README=1 to write it there,'
	@echo '                ONLY=tokens for one part'
	@echo 'make report DATABASE_URL=postgresql://…'
	@echo '                write what the audit says of a database as a page, OUT=pg_tenancy-report.html;'
	@echo '                SCHEMAS=a,b for some of them, PROVE=no to try nothing out (docs/report.md)'
	@echo 'make lint       formatting, clippy, and the syntax of the scripts'
	@echo 'make portable   write target/pg_tenancy--portable.sql, for servers without the extension'
	@echo 'make clean      remove what was built here (the cache stays)'
	@echo 'With PG=… or PG_CONFIG=… install, demo, soak, bench and test use that Postgres.'

setup:
	@tools/build.py setup
	@tools/postgres.py setup $(PG)

install:
	@tools/build.py install "$(SERVER)"

demo: install
	@tools/server.py run "$(SERVER)" -- demo/run

bench: install
	@tools/server.py run "$(SERVER)" -c shared_buffers=1GB -c max_wal_size=4GB -c autovacuum=off -- \
		bench/run $(if $(README),README) $(ONLY)

test:
	@tests/run $(if $(PG),PG="$(PG)") $(if $(ONLY),ONLY="$(ONLY)") \
		$(if $(PG_CONFIG),PG_CONFIG="$(PG_CONFIG)") $(if $(ACCEPT),ACCEPT=1)

soak: install
	@tools/server.py run "$(SERVER)" -- tests/clients/pgbouncer.sh $(or $(SOAK),200000)

fuzz:
	@fuzz/run $(if $(SECONDS),SECONDS="$(SECONDS)") $(if $(TARGET),TARGET="$(TARGET)")

# (The address, with a password in it perhaps, goes by the environment.)
report:
	@tools/report

lint:
	@tools/lint

portable:
	@mkdir -p target
	@tools/portable > target/pg_tenancy--portable.sql
	@echo target/pg_tenancy--portable.sql

pg-config:
	@tools/postgres.py pg-config $(PG)

clean:
	@cargo clean
