#!/usr/bin/env bash
# A month in the life of a small utility, from frames to issued bills, on servers of the demo's own. The same seed, dates and figures
# each time. Ends at the console, which stays up until Ctrl-C; with ONESHOT=1 it stops everything and exits 0 only if nothing was lost
# or doubled and all control totals agree.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
trap 'echo "error: the demo failed in ${BASH_SOURCE[0]} line $LINENO: $BASH_COMMAND; its logs are in ${work-target/demo}" >&2' ERR

# The figures hang on these.
readonly SEED=1 NOW=2026-11-30T09:00:00+08:00 PERIOD=2026-10 SEASON=season:2025-26 ISSUED_ON=2026-11-05 PAID_ON=2026-11-12 AS_OF=2026-12-31
readonly FLEET=(--seed "$SEED" --water 200 --heat 20 --electricity 40 --modbus 4 --installed-on 2025-11-01 --event-from 2026-10-02 --event-to 2026-10-30)

export METERLINE_ROOT=$PWD METERLINE_INSTANCE=demo
readonly work=$PWD/target/demo
readonly meterline=$PWD/target/release/meterline

say() { printf '\n== %s\n' "$*"; }
servers() { deploy/servers.sh "$@"; }

# Two demos in one checkout would stop each other's servers.
mkdir -p target
exec 8>target/.demo.lock
flock -n 8 || { echo "error: a demo already runs in this checkout" >&2; exit 1; }

pids=()
stop() {
    local status=$?
    trap - EXIT ERR
    for pid in "${pids[@]-}"; do [[ -z $pid ]] || kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    servers down 8>&- || true
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

# start NAME ARG…: a part of the program in the background, its output in a log, its pid in $started.
start() {
    local name=$1
    shift
    "$meterline" "$@" >>"$work/$name.log" 2>&1 8>&- &
    started=$!
    pids+=("$started")
}

# A TCP port that nobody listens on now.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}

# number KEY: the value of a number in the JSON on standard input.
number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }

# text KEY: the same of a text.
text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

prepare() {
    say "building (the first time takes some minutes)"
    cargo build --release --quiet --package meterline --bin meterline 8>&-
    say "servers"
    rm -rf "$work"
    mkdir -p "$work"
    servers reset --yes 8>&-
    servers up 8>&-
    http=$(free_port) udp=$(free_port) tcp=$(free_port) modbus=$(free_port) console=$(free_port)
    token=$(head -c 18 /dev/urandom | base64 | tr -d '+/=')
    cat >"$work/meterline.toml" <<TOML
[utility]
time_zone = "Asia/Shanghai"
currency = "CNY"
language = "zh"

[ingest]
client_id = "meterline-demo"
http = "127.0.0.1:$http"
udp = "127.0.0.1:$udp"
tcp = "127.0.0.1:$tcp"
tokens = { ctwing = "$token" }

[billing.heat]
season = ["11-15", "03-16"]

[office]
now = "${NOW}"

[console]
listen = "127.0.0.1:$console"
TOML
    export METERLINE_CONFIG=$work/meterline.toml METERLINE_PUSH_TOKEN=$token
    "$meterline" migrate
}

master_data() {
    say "users, tariffs and a fleet's master data"
    "$meterline" user add admin --role admin
    "$meterline" user add lina --role clerk --as admin
    "$meterline" user add wang --role supervisor --as admin
    "$meterline" user add zhao --role cashier --as admin
    "$meterline" user add chen --role operator --as admin
    for tariff in deploy/demo/tariff-*.json; do "$meterline" tariff publish "$tariff" --as wang; done
    "$meterline" policy publish deploy/demo/policy-late-fee.json --as wang
    "$meterline" simulate master "${FLEET[@]}" --out "$work/fleet" --modbus-port "$modbus"
    for kind in areas books accounts services attributes meters openings; do
        "$meterline" import "$kind" "$work/fleet/$kind.csv" --as lina
    done
    for kind in lines devices; do "$meterline" import "$kind" "$work/fleet/$kind.csv" --as chen; done
}

# The fleet sends a heating season by the day and a month by the hour, while ingest and the database are killed.
frames() {
    say "frames: a heating season and a month, with ingest and the database killed on the way"
    start modbus simulate serve "${FLEET[@]}" --listen "127.0.0.1:$modbus"
    start ingest ingest
    local ingest=$started
    local door=(--push "127.0.0.1:$http" --udp "127.0.0.1:$udp")
    until (exec 3<>"/dev/tcp/127.0.0.1/$http") 2>/dev/null; do sleep 0.2; done
    "$meterline" simulate send "${FLEET[@]}" "${door[@]}" --only heat --from 2025-11-15 --to 2026-03-17 --every-min 1440 --ledger "$work/heat.jsonl"
    "$meterline" simulate send "${FLEET[@]}" "${door[@]}" --only water,electricity --from 2026-10-01 --to 2026-11-02 --every-min 60 --rate 12000 \
        --ledger "$work/month.jsonl" 8>&- &
    local sender=$!
    sleep 3
    echo "kill -9 ingest"
    kill -9 "$ingest"
    sleep 1
    start ingest ingest
    sleep 3
    echo "kill -9 the database"
    kill -9 "$(head -n 1 "$(home)/postgres/data/postmaster.pid")"
    sleep 1
    servers up 8>&- 2>/dev/null
    wait "$sender"
    until settled; do sleep 0.5; done
    "$meterline" readings export --format csv >"$work/stored.csv"
    "$meterline" status
    local ledgers=()
    for file in "$work"/*.jsonl "$work"/*.jsonl.push "$work"/*.jsonl.udp; do ledgers+=(--ledger "$file"); done
    "$meterline" simulate check "${ledgers[@]}" --export "$work/stored.csv" | tee "$work/check.txt"
}

home() { servers status --format json 8>&- | sed -n 's/.*"home":"\([^"]*\)".*/\1/p'; }

# Nothing under way, and no more frames than half a second ago.
settled() {
    local before after
    before=$("$meterline" status --format json | number received) || return 1
    sleep 1
    after=$("$meterline" status --format json) || return 1
    [[ $(number received <<<"$after") == "$before" && $(number lag_s <<<"$after") =~ ^0(\.0*)?$ ]]
}

# bill PERIOD: run by one person, approved by another, issued. Its control totals stand in run-PERIOD.json.
bill() {
    local run
    run=$("$meterline" bill run --period "$1" --as lina --format json | number run)
    echo "lina started run $run and may not approve it:"
    "$meterline" bill approve "$run" --as lina && { echo "error: who started a run must not approve it" >&2; return 1; }
    "$meterline" bill approve "$run" --on "$ISSUED_ON" --as wang
    "$meterline" bill issue "$run" --as lina
    "$meterline" bill status "$run" --format json >"$work/run-$1.json"
}

billing() {
    say "billing: lina runs, wang approves"
    bill "$SEASON"
    bill "$PERIOD"
    "$meterline" bill verify --all
}

# Two accounts in three pay their bills of the month; the rest is arrears.
payments() {
    say "payments and arrears"
    "$meterline" bill list --period "$PERIOD" --limit 1000 --format csv >"$work/bills.csv"
    awk -F, -v at="${PAID_ON}T10:00:00" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; print "channel,channel_ref,account_no,amount,paid_at,bill_no"; next }
        $column["bill_no"] % 3 != 0 && $column["total"] > 0 {
            print "wechat,WX" $column["bill_no"] "," $column["account_no"] "," $column["total"] "," at "," $column["bill_no"]
        }
    ' "$work/bills.csv" >"$work/payments.csv"
    "$meterline" import payments "$work/payments.csv" --as zhao
    "$meterline" arrears --as-of "$AS_OF" --by area
    "$meterline" arrears --as-of "$AS_OF" --by area --format csv >"$work/arrears.csv"
}

# What a person wants to see in the end.
shown() {
    say "alarms"
    "$meterline" alarms list | head -n 12
    say "one bill, explained"
    local bill
    "$meterline" bill export --period "$PERIOD" --format csv >"$work/lines.csv"
    bill=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next } $column["code"] == "water_fee#2" { print $column["bill_no"]; exit }' "$work/lines.csv")
    "$meterline" bill explain "${bill:?no bill reaches the second block}"
}

# Amounts in hundredths, because a shell counts in whole numbers: 12.3 is 1230, 0 is 0.
hundredths() {
    local whole=${1%%.*} rest=${1#*.}
    [[ $1 == *.* ]] || rest=
    rest=${rest}00
    echo "$((10#$whole * 100 + 10#${rest:0:2}))"
}

amount() { printf '%d.%02d' "$(($1 / 100))" "$(($1 % 100))"; }

# column NAME: the amounts of a column of the CSV on standard input, summed.
column() {
    local sum=0 value
    while read -r value; do sum=$((sum + $(hundredths "$value"))); done < <(
        awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }')
    echo "$sum"
}

# object NAME: the numbers of an object of reasons in the JSON on standard input, summed.
object() { sed -n "s/.*\"$1\":{\([^}]*\)}.*/\1/p" | tr ',' '\n' | awk -F: '{ sum += $2 } END { print sum + 0 }'; }

agrees() { [[ $2 == "$3" ]] || { echo "error: $1: $2 is not $3" >&2; return 1; }; }

# The control totals, each counted at both of its ends.
summary() {
    say "what came of it"
    local frames received stored duplicate conflict rejected
    frames=$("$meterline" status --format json)
    for name in received stored duplicate conflict rejected; do printf -v "$name" '%s' "$(number "$name" <<<"$frames")"; done
    echo "frames      $(sed -n 's/^sent \([0-9]*\) frames.*/\1/p' "$work/check.txt") published, $received received = $stored stored + $duplicate duplicate + $conflict conflict + $rejected rejected"
    agrees "frames received" "$received" "$((stored + duplicate + conflict + rejected))"
    echo "readings    $(grep -E '^(lost|double|wrong|invented) ' "$work/check.txt" | paste -sd, | sed 's/,/, /g')"

    local due=0 billed=0 parked=0 excluded=0 receivable=0 ledger=0 file
    for file in "$work"/run-*.json; do
        due=$((due + $(number due <"$file"))) billed=$((billed + $(number billed <"$file")))
        parked=$((parked + $(object parked <"$file"))) excluded=$((excluded + $(object excluded <"$file")))
        receivable=$((receivable + $(hundredths "$(text total <"$file")")))
        ledger=$((ledger + $(hundredths "$(text ledger <"$file")")))
    done
    echo "agreements  $due due = $billed billed + $parked parked + $excluded excluded"
    agrees "agreements due" "$due" "$((billed + parked + excluded))"
    echo "receivable  $(amount "$receivable") on bills = $(amount "$ledger") in the ledger"
    agrees "receivable" "$receivable" "$ledger"
    local paid open
    paid=$(column amount <"$work/payments.csv") open=$(column principal <"$work/arrears.csv")
    echo "received    $(amount "$paid"), so that $(amount "$open") is open"
    agrees "received and open" "$((paid + open))" "$receivable"
    local age ages=
    for age in 1-30 31-60 61-90 91-180; do ages+="  $age days $(amount "$(column "$age" <"$work/arrears.csv")")"; done
    echo "arrears     on $AS_OF, late fees included:$ages"
    echo "alarms      $("$meterline" alarms list --format csv | tail -n +2 | wc -l) open"
}

console() {
    say "console"
    start serve serve
    local serve=$started
    until (exec 3<>"/dev/tcp/127.0.0.1/$console") 2>/dev/null; do
        kill -0 "$serve" || { cat "$work/serve.log"; return 1; }
        sleep 0.2
    done
    echo "http://127.0.0.1:$console/   (Ctrl-C ends the demo)"
    [[ -n ${ONESHOT-} ]] || wait "$serve"
}

prepare
master_data
frames
billing
payments
shown
summary
console
