#!/usr/bin/env bash
# The private servers of a checkout: PostgreSQL with TimescaleDB, Mosquitto and Prometheus, for development, tests, the demo and
# benchmarks. They come from Debian 13 packages that are unpacked into a folder of this checkout's own: nothing is installed, and
# no server that this script did not start is ever touched. What stands where is told in lib.sh.
set -Eeuo pipefail
trap 'echo "error: unexpected failure in ${BASH_SOURCE[0]} line $LINENO: $BASH_COMMAND" >&2' ERR

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lib.sh
source "$deploy/lib.sh"
# shellcheck source=deploy/fetch.sh
source "$deploy/fetch.sh"
# shellcheck source=deploy/postgres.sh
source "$deploy/postgres.sh"
# shellcheck source=deploy/mosquitto.sh
source "$deploy/mosquitto.sh"
# shellcheck source=deploy/prometheus.sh
source "$deploy/prometheus.sh"

usage() {
    cat <<'USAGE'
usage: deploy/servers.sh fetch                      fetch and unpack the servers' programs
       deploy/servers.sh up                         start what isn't running (fetches first)
       deploy/servers.sh down                       stop what runs
       deploy/servers.sh status [--format json]     what runs, and its addresses; exit 1 if something is down
       deploy/servers.sh run PROGRAM [ARG…]         run an unpacked program (psql, pg_dump, promtool …); PostgreSQL's find our server
       deploy/servers.sh reset --yes                stop, and delete the servers' data (not the programs)

METERLINE_HOME      where programs and data live
                    (default: as root a folder of this checkout's own under /var/lib/meterline, else .meterline/)
METERLINE_INSTANCE  a second set of servers beside the first, with data and ports of its own (tests, benchmarks)
METERLINE_ROOT      the checkout, where this script is not inside it
DATABASE_URL        use this PostgreSQL, and start none        MQTT_URL   use this broker, and start none
USAGE
}

up() {
    prepare_home
    take_lock
    if own_postgres || own_mosquitto || have_software; then
        fetch_software
    fi
    own_postgres && postgres_up
    own_mosquitto && mosquitto_up
    # Without apt, and with both servers given, there is no Prometheus to be had; nothing but its charts depends on it.
    if have_software; then prometheus_up; fi
    status_table >&2
}

# Frames stop before the place they go to, and the watcher before what it watches.
down() {
    [[ -d $INSTANCE ]] || return 0
    take_lock
    prometheus_down
    if own_mosquitto; then mosquitto_down; fi
    if own_postgres; then postgres_down; fi
}

reset() {
    [[ -d $INSTANCE ]] || return 0
    down
    # Named one by one: METERLINE_HOME may be a folder that holds other things too. Servers that were not ours to stop keep theirs.
    cd "$INSTANCE"
    if own_postgres; then rm -rf postgres socket ports/postgres log/postgres.* log/initdb.log; fi
    if own_mosquitto; then rm -rf mosquitto ports/mosquitto log/mosquitto.*; fi
    rm -rf prometheus ports/prometheus log/prometheus.* spool
    say "deleted the servers' data in $INSTANCE"
}

# run PROGRAM ARG…: in the caller's folder, as the caller.
run() {
    have_software || die "the servers' programs are not fetched yet" "run: $0 fetch"
    local program
    for program in "$PG_BIN/$1" "$SOFTWARE/usr/bin/$1" "$SOFTWARE/usr/sbin/$1"; do
        [[ -x $program ]] && break
    done
    [[ -x $program ]] || die "there is no program '$1' in $SOFTWARE"
    if postgres_runs; then
        PGPASSWORD=$(<"$PG_PASSWORD")
        PGPORT=$(port_of postgres)
        export PGPASSWORD PGPORT PGHOST=127.0.0.1 PGUSER=meterline PGDATABASE=meterline
    fi
    exec "$program" "${@:2}"
}

all_up() {
    { ! own_postgres || postgres_runs; } && { ! own_mosquitto || mosquitto_runs; } && { ! have_software || prometheus_runs; }
}

status_table() {
    printf '%-12s %-8s %s\n' server state address
    if own_postgres; then printf '%-12s %-8s %s\n' PostgreSQL "$(state postgres_runs)" "$(postgres_runs && database_url || echo -)"
    else printf '%-12s %-8s %s\n' PostgreSQL given "$DATABASE_URL"; fi
    if own_mosquitto; then printf '%-12s %-8s %s\n' Mosquitto "$(state mosquitto_runs)" "$(mosquitto_runs && mqtt_url || echo -)"
    else printf '%-12s %-8s %s\n' Mosquitto given "$MQTT_URL"; fi
    printf '%-12s %-8s %s\n' Prometheus "$(state prometheus_runs)" "$(prometheus_runs && prometheus_url || echo -)"
    printf '%-12s %-8s %s\n' home "" "$INSTANCE"
}

status_json() {
    printf '{"database_url":%s,"mqtt_url":%s,"prometheus_url":%s,"home":%s}\n' \
        "$(json_or_null "$(if own_postgres; then postgres_runs && database_url; else echo "$DATABASE_URL"; fi)")" \
        "$(json_or_null "$(if own_mosquitto; then mosquitto_runs && mqtt_url; else echo "$MQTT_URL"; fi)")" \
        "$(json_or_null "$(prometheus_runs && prometheus_url)")" \
        "$(json_or_null "$INSTANCE")"
}

case "${1-}" in
    fetch) prepare_home; fetch_software ;;
    up) up ;;
    down) down ;;
    status)
        case "${2-} ${3-}" in
            " ") status_table ;;
            "--format json" | "--format=json ") status_json ;;
            *) usage >&2; exit 2 ;;
        esac
        all_up || exit 1
        ;;
    run)
        [[ $# -ge 2 ]] || { usage >&2; exit 2; }
        run "${@:2}"
        ;;
    reset)
        [[ ${2-} == --yes ]] || { complain "reset deletes the database, the broker's queue and the metrics in $INSTANCE" "if that is meant: $0 reset --yes"; exit 2; }
        reset
        ;;
    help | -h | --help) usage ;;
    *) usage >&2; exit 2 ;;
esac
