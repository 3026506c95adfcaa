# shellcheck shell=bash
# What the server scripts share: where things stand, who runs them, ports, locks, processes, and how to complain.
#
#   BASE = METERLINE_HOME            programs, shared by all instances
#     software-<recipe>/             the unpacked packages (fetch.sh)
#   INSTANCE = BASE, or BASE/instances/<METERLINE_INSTANCE>
#     ports/<server>                 the port that was chosen at first start
#     postgres/ mosquitto/ prometheus/   configuration and data
#     socket/ pid/ log/              PostgreSQL's socket; process ids; logs
#     prometheus/targets/*.json      each program with a /metrics page puts a file here, in Prometheus' file_sd form

# The folder of these scripts, set by the script that sources this.
: "${deploy:?}"

ROOT=${METERLINE_ROOT:-$(dirname "$deploy")}
ROOT=$(cd "$ROOT" && pwd -P)

# A umask of 077 would hide the configuration from the servers' user; what is secret gets its mode by name.
umask 022
# The caller's own PostgreSQL settings and preloaded libraries are not meant for our servers.
unset PGDATA PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGOPTIONS PGSERVICE PGSSLMODE LD_PRELOAD LD_LIBRARY_PATH
export LC_ALL=C

say() { printf 'servers: %s\n' "$*" >&2; }

# complain WHAT [MEND…]
complain() {
    printf 'error: %s\n' "$1" >&2
    shift
    local mend
    for mend in "$@"; do printf '  %s\n' "$mend" >&2; done
}

# die WHAT [MEND…]: says what is missing and what mends it, and ends.
die() {
    complain "$@"
    exit 1
}

readonly USE_YOUR_OWN="or use servers of your own: set DATABASE_URL and MQTT_URL, or start deploy/compose.yaml (docker compose -f deploy/compose.yaml up -d)"

as_root() { [[ $EUID -eq 0 ]]; }

default_home() {
    if as_root; then
        # The name keeps two checkouts apart and lets a person see which is which.
        local sum
        sum=$(printf '%s' "$ROOT" | sha256sum)
        printf '/var/lib/meterline/%s-%s' "$(basename "$ROOT" | tr -c 'A-Za-z0-9._\n-' _)" "${sum:0:8}"
    else
        printf '%s/.meterline' "$ROOT"
    fi
}

BASE=${METERLINE_HOME:-$(default_home)}
BASE=$(realpath -m -- "$BASE")
INSTANCE=$BASE
if [[ -n ${METERLINE_INSTANCE-} ]]; then
    [[ $METERLINE_INSTANCE =~ ^[A-Za-z0-9_-]+$ ]] || { complain "METERLINE_INSTANCE may hold letters, digits, - and _, not '$METERLINE_INSTANCE'"; exit 2; }
    INSTANCE=$BASE/instances/$METERLINE_INSTANCE
fi

# PostgreSQL refuses to run as root, and the others have no reason to: started by root, all run as an unprivileged user.
SERVER_USER=$(id -un)
AS_SERVER=()
if as_root; then
    SERVER_USER=${METERLINE_SERVER_USER:-nobody}
    AS_SERVER=(setpriv "--reuid=$SERVER_USER" "--regid=$(id -g "$SERVER_USER" 2>/dev/null || echo 0)" --clear-groups)
fi

# A URL that was given means a server of somebody else's, unless it is the one that our own status printed.
own_postgres() { [[ -z ${DATABASE_URL-} || $DATABASE_URL == "$(database_url 2>/dev/null)" ]]; }
own_mosquitto() { [[ -z ${MQTT_URL-} || $MQTT_URL == "$(mqtt_url 2>/dev/null)" ]]; }

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || die "the program '$tool' is missing" "install it with the system's package manager," "$USE_YOUR_OWN"
    done
}

# prepare_home: the folders of BASE and INSTANCE, checked to be reachable by the servers' user.
prepare_home() {
    need flock setsid sha256sum
    as_root && need setpriv
    id "$SERVER_USER" >/dev/null 2>&1 || die "the servers are to run as '$SERVER_USER', and there is no such user" "name an unprivileged user in METERLINE_SERVER_USER"
    [[ $(id -u "$SERVER_USER") -ne 0 ]] || die "PostgreSQL refuses to run as root" "name an unprivileged user in METERLINE_SERVER_USER"
    as_server true || die "can't start programs as '$SERVER_USER'" "run this as an ordinary user instead of root"
    mkdir -p "$INSTANCE"/{ports,postgres,mosquitto,prometheus/targets,socket,pid,log} \
        || die "can't create $INSTANCE" "name a folder that you may write to in METERLINE_HOME"
    if as_root; then
        chown "$SERVER_USER" "$INSTANCE/socket"
        local dir=$INSTANCE
        until as_server test -x "$dir"; do
            as_server test -x "$(dirname "$dir")" && die "the servers run as '$SERVER_USER', and that user can't enter $dir" \
                "make it enterable (chmod o+x), or name a folder elsewhere in METERLINE_HOME"
            dir=$(dirname "$dir")
        done
    fi
    # Nothing of ours depends on the caller's folder, and the servers' user may not be able to stand in it.
    cd /
}

as_server() { "${AS_SERVER[@]}" "$@"; }

# take_lock: one up, down or reset at a time in an instance. Held until the script ends.
take_lock() {
    cd /
    exec 8>"$INSTANCE/.lock"
    if ! flock -n 8; then
        say "waiting for another up, down or reset of $INSTANCE"
        flock 8
    fi
}

# need_space DIR MIB WHAT
need_space() {
    local free
    free=$(($(df -Pk "$1" | awk 'NR==2 {print $4}') / 1024))
    [[ $free -ge $2 ]] || die "$3 needs $2 MiB free in $1; there are $free MiB" "make room, or name a folder elsewhere in METERLINE_HOME"
}

# start_server NAME PROGRAM ARG…: in the background, detached from the terminal, its pid noted in pid/NAME.
start_server() {
    local name=$1
    shift
    # Descriptor 8 is our lock: a server that inherited it would hold it for as long as it runs.
    setsid "${AS_SERVER[@]}" "$@" </dev/null >>"$INSTANCE/log/$name.log" 2>&1 8>&- &
    echo $! >"$INSTANCE/pid/$name"
}

# pid_of FILE ARGUMENT: prints the pid in FILE if that process is alive and was started with ARGUMENT, a path inside our home.
# A pid alone proves nothing: after a crash or a reboot it may belong to anybody.
pid_of() {
    local pid
    [[ -r $1 ]] || return 1
    read -r pid <"$1" || return 1
    [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
    grep -qzxF -- "$2" "/proc/$pid/cmdline" 2>/dev/null || return 1
    echo "$pid"
}

# wait_until SECONDS WHAT CONDITION…: says every ten seconds what it still waits for.
wait_until() {
    local limit=$((SECONDS + $1)) what=$2 told=$SECONDS
    shift 2
    until "$@"; do
        [[ $SECONDS -lt $limit ]] || return 1
        if ((SECONDS - told >= 10)); then
            told=$SECONDS
            say "waiting for $what"
        fi
        sleep 0.05
    done
}

# gone PID: also a child of ours that ended and was not yet waited for has no command line any more.
gone() { [[ -z $(tr -d '\0' 2>/dev/null <"/proc/$1/cmdline") ]]; } 2>/dev/null

# listening_or_gone NAME PORT: the end of a start, either way.
listening_or_gone() { port_taken "$2" || gone "$(<"$INSTANCE/pid/$1")"; }

# stop_server LABEL NAME ARGUMENT SECONDS: asks politely, and never kills: a server that is still writing is writing our data.
stop_server() {
    local pid
    if ! pid=$(pid_of "$INSTANCE/pid/$2" "$3"); then
        rm -f "$INSTANCE/pid/$2"
        return 0
    fi
    kill -TERM "$pid"
    wait_until "$4" "$1 to stop" gone "$pid" || die "$1 (pid $pid) is still running $4 s after it was asked to stop" "see $INSTANCE/log/$2.log"
    rm -f "$INSTANCE/pid/$2"
    say "$1 stopped"
}

# serves RUNS PORT: true if the server runs and listens. One that is on its way out, or still starting, is waited for.
serves() { "$1" && wait_until 120 "a server on port $2 to listen or to end" listening_or_not_running "$1" "$2" && "$1"; }

listening_or_not_running() { port_taken "$2" || ! "$1"; }

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# choose_port NAME LABEL: prints the port of this server; chosen at first start, from below the range that outgoing connections use.
choose_port() {
    local file=$INSTANCE/ports/$1 port try
    if [[ -s $file ]]; then
        port=$(<"$file")
        port_taken "$port" && die "port $port, which $2 of $INSTANCE uses, is taken by another program" \
            "stop that program, or remove $file: the next start then chooses another port"
        echo "$port"
        return
    fi
    for try in {1..100}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        port_taken "$port" && continue
        echo "$port" >"$file"
        echo "$port"
        return
    done
    die "no free port between 20000 and 32000 on 127.0.0.1 for $2 ($try tried)"
}

port_of() { cat "$INSTANCE/ports/$1" 2>/dev/null || true; }

# fresh_log NAME: a log that has grown large is put aside, one generation back.
fresh_log() {
    local file=$INSTANCE/log/$1.log
    if [[ -f $file && $(stat -c %s "$file") -gt $((32 << 20)) ]]; then mv -f "$file" "$file.old"; fi
}

last_lines() { tail -n 8 "$INSTANCE/log/$1.log" 2>/dev/null | sed 's/^/| /'; }

state() { if "$1"; then echo running; else echo down; fi; }

json_or_null() {
    [[ -n $1 ]] || { echo null; return; }
    local s=${1//\\/\\\\}
    printf '"%s"' "${s//\"/\\\"}"
}
