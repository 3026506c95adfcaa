# shellcheck shell=bash
# The private PostgreSQL with TimescaleDB (Apache edition): cluster, configuration, start and stop.

PG_DATA=$INSTANCE/postgres/data
PG_PASSWORD=$INSTANCE/postgres/password

postgres_pid() { pid_of "$PG_DATA/postmaster.pid" "$PG_DATA"; }
postgres_runs() { [[ -s $PG_PASSWORD ]] && postgres_pid >/dev/null; }

database_url() { printf 'postgres://meterline:%s@127.0.0.1:%s/meterline' "$(<"$PG_PASSWORD")" "$(port_of postgres)"; }

postgres_up() {
    serves postgres_runs "$(port_of postgres)" && return 0
    local began=$SECONDS port try fresh
    [[ -d $PG_DATA ]] || create_cluster
    forget_killed_server
    fresh_log postgres
    # Opened by PostgreSQL's user, in a folder where that user may create nothing.
    touch "$INSTANCE/log/postgres.log"
    if as_root; then chown "$SERVER_USER" "$INSTANCE/log/postgres.log"; fi
    for try in 1 2 3; do
        fresh=$([[ -s $INSTANCE/ports/postgres ]] || echo yes)
        port=$(choose_port postgres PostgreSQL) || exit 1
        write_postgres_configuration "$port"
        # After a crash, recovery replays up to max_wal_size: minutes on a slow disk.
        if as_server "$PG_BIN/pg_ctl" start --silent --wait --timeout=600 -D "$PG_DATA" -l "$INSTANCE/log/postgres.log" </dev/null >/dev/null 2>&1 8>&-; then
            create_database
            say "PostgreSQL started on 127.0.0.1:$port ($((SECONDS - began)) s)"
            return 0
        fi
        postgres_runs && die "PostgreSQL is still recovering after 600 s" "see $INSTANCE/log/postgres.log; try again when it is done"
        # A port that was free a moment ago can be taken by another first start.
        if [[ -n $fresh ]]; then rm -f "$INSTANCE/ports/postgres"; else sleep "$try"; fi
    done
    die "PostgreSQL doesn't start; the end of $INSTANCE/log/postgres.log:" "$(last_lines postgres)"
}

create_cluster() {
    need_space "$INSTANCE" 500 "a database cluster"
    say "creating a database cluster in $PG_DATA"
    local new=$PG_DATA.new secret=$INSTANCE/postgres/initdb.password
    rm -rf "$new"
    mkdir -m 700 "$new"
    (umask 077 && head -c 24 /dev/urandom | od -An -vtx1 | tr -d ' \n' >"$PG_PASSWORD" && cp "$PG_PASSWORD" "$secret")
    as_root && chown "$SERVER_USER" "$new" "$secret"
    # Text sorts by code point, whatever C library the cluster is opened with later: an index never depends on the machine.
    as_server "$PG_BIN/initdb" -D "$new" --username=meterline --pwfile="$secret" --auth=scram-sha-256 --encoding=UTF8 \
        --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --data-checksums </dev/null >"$INSTANCE/log/initdb.log" 2>&1 8>&- \
        || { rm -rf "$new" "$secret"; die "initdb failed" "$(last_lines initdb)"; }
    rm -f "$secret"
    echo "include '../meterline.conf'" >>"$new/postgresql.conf"
    # Renamed when whole: an interrupted initdb leaves no half cluster behind.
    mv "$new" "$PG_DATA"
}

# nobody_in_data: no process, dead postmaster's child or other, stands in the data folder, which is where PostgreSQL's all stand.
nobody_in_data() { ! grep -qxF -- "$PG_DATA" < <(find /proc -maxdepth 2 -name cwd -printf '%l\n' 2>/dev/null || true); }

# forget_killed_server: after kill -9 or a reboot the pid that postmaster.pid names may be a zombie's or a stranger's, and PostgreSQL
# would refuse to start. The file goes only when no child of the dead server is left; else PostgreSQL is left to judge.
forget_killed_server() {
    [[ -e $PG_DATA/postmaster.pid ]] || return 0
    if wait_until 10 "the children of a killed PostgreSQL to end" nobody_in_data; then rm -f "$PG_DATA/postmaster.pid"; fi
}

# memory_mib: what this machine, or the container that we run in, has.
memory_mib() {
    local total limit
    total=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    if [[ $limit =~ ^[0-9]+$ ]] && ((limit >> 20 < total)); then total=$((limit >> 20)); fi
    echo "$total"
}

between() { local v=$1; ((v < $2)) && v=$2; ((v > $3)) && v=$3; echo "$v"; }

write_postgres_configuration() {
    local memory free sockets shm
    memory=$(memory_mib)
    free=$(($(df -Pk "$PG_DATA" | awk 'NR==2 {print $4}') / 1024))
    sockets=$INSTANCE/socket
    # The kernel allows 107 bytes for a socket's path; everything of ours connects over loopback anyway.
    ((${#sockets} + 20 < 107)) || sockets=
    # A container's /dev/shm is often 64 MB, too little for a parallel query.
    shm=$(df -Pk /dev/shm 2>/dev/null | awk 'NR==2 && $4 > 512 * 1024 {print "posix"}')
    cat >"$INSTANCE/postgres/meterline.conf" <<CONF
# Written by deploy/postgres.sh at each start; a change belongs there.
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$sockets'
unix_socket_permissions = 0700
max_connections = 200

# An acknowledged frame and an issued bill are on disk: these stay on, also in benchmarks.
fsync = on
synchronous_commit = on
full_page_writes = on
# After a crash, one call per file system instead of one for each file of each database: seconds instead of minutes, as safe.
recovery_init_sync_method = syncfs

# Modest on purpose: broker, ingest, workers and the build share the machine.
shared_buffers = $(between $((memory / 8)) 64 1024)MB
effective_cache_size = $(between $((memory / 2)) 128 65536)MB
work_mem = 16MB
maintenance_work_mem = $(between $((memory / 32)) 64 256)MB
dynamic_shared_memory_type = ${shm:-mmap}

# Ingest writes in bursts: few, spread checkpoints, and compressed page images.
max_wal_size = $(between $((free / 8)) 256 8192)MB
min_wal_size = $(between $((free / 64)) 80 1024)MB
checkpoint_timeout = 15min
wal_compression = lz4
random_page_cost = 1.1
effective_io_concurrency = 64
# Short statements over many chunks: compiling costs more than it saves (and the compiler isn't fetched).
jit = off
# Each chunk that a statement touches is a lock, and so is each of its indexes.
max_locks_per_transaction = 256

shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
# Rollups and retention are jobs of our own, so the extension needs no workers; none also means that none holds a test's database open.
timescaledb.max_background_workers = 0

timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
CONF
}

# own_psql DATABASE SQL
own_psql() {
    PGOPTIONS="-c client_min_messages=warning" PGPASSWORD=$(<"$PG_PASSWORD") "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
        "host=127.0.0.1 port=$(port_of postgres) user=meterline dbname=$1" -c "$2" </dev/null
}

create_database() {
    if [[ $(own_psql postgres "SELECT count(*) FROM pg_database WHERE datname = 'meterline'") != 1 ]]; then
        own_psql postgres "CREATE DATABASE meterline"
    fi
    own_psql meterline "CREATE EXTENSION IF NOT EXISTS timescaledb"
}

postgres_down() {
    local pid
    pid=$(postgres_pid) || return 0
    say "stopping PostgreSQL"
    # Fast: sessions are ended, the last checkpoint is written.
    kill -INT "$pid"
    wait_until 300 "PostgreSQL to write its last checkpoint" gone "$pid" || die "PostgreSQL (pid $pid) is still running 300 s after it was asked to stop" "see $INSTANCE/log/postgres.log"
    say "PostgreSQL stopped"
}
