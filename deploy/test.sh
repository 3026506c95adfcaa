#!/usr/bin/env bash
# Everything that CI runs, against servers of the tests' own: an instance beside the demo's, created anew for each run. Each test
# creates its own database there. With DATABASE_URL and MQTT_URL given, those servers are used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*" >&2; }

for tool in "cargo --version" "cargo fmt --version" "cargo clippy --version"; do
    $tool >/dev/null 2>&1 || {
        echo "error: '$tool' fails; the tests need a Rust toolchain with rustfmt and clippy (Cargo.toml says which version at least)" >&2
        exit 1
    }
done

# Two runs in one checkout would stop each other's servers.
mkdir -p target
exec 7>target/.test.lock
flock -n 7 || { echo "waiting for another run of the tests in this checkout" >&2; flock 7; }

export METERLINE_ROOT=$PWD METERLINE_INSTANCE=test
servers() { deploy/servers.sh "$@" 7>&-; }
address() { servers status --format json | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

stop() {
    local status=$?
    trap - EXIT
    servers down || status=1
    # After a failure the logs and the databases stay, for whoever looks.
    [[ $status -ne 0 ]] || servers reset --yes || status=1
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

# The larger collection of checked data lies beside the tree, if at all; what is in the tree is always checked.
cases() {
    local folder
    for folder in "${METERLINE_CASES:-}" ../shared/cases ../../shared/cases; do
        if [[ $folder && -d $folder ]]; then
            (cd "$folder" && pwd)
            return
        fi
    done
    return 1
}

# A function, because bash reads a script as it goes: what is edited or merged meanwhile must not change a run.
run_all() {
    step servers
    servers reset --yes
    servers up
    DATABASE_URL=$(address database_url)
    MQTT_URL=$(address mqtt_url)
    PROMETHEUS_URL=$(address prometheus_url)
    METERLINE_TEST_HOME=$(address home)
    export DATABASE_URL MQTT_URL PROMETHEUS_URL METERLINE_TEST_HOME REQUIRE_DB=1

    if METERLINE_CASES=$(cases); then export METERLINE_CASES REQUIRE_CASES=1; else unset METERLINE_CASES; fi

    step scripts and alert rules
    for script in deploy/*.sh .ci/run; do bash -n "$script"; done
    if command -v shellcheck >/dev/null; then shellcheck -x --severity=error deploy/*.sh .ci/run; fi
    if [[ $PROMETHEUS_URL ]]; then
        servers run promtool check config dashboards/prometheus/prometheus.yml
        servers run promtool test rules dashboards/prometheus/tests/*.test.yml
    fi

    step cargo fmt
    cargo fmt --all --check
    step cargo clippy
    cargo clippy --workspace --all-targets -- -D warnings

    if cargo nextest --version >/dev/null 2>&1; then
        step cargo nextest
        cargo nextest run --workspace --no-fail-fast
        step doc tests
        cargo test --workspace --doc
    else
        step cargo test
        cargo test --workspace --no-fail-fast
    fi

    if [[ ! ${REQUIRE_CASES:-} ]]; then
        step "NOT CHECKED: the collection of real frames and published bills is not here (METERLINE_CASES names its folder)"
    fi
}

run_all; exit
