# shellcheck shell=bash
# Fetches the servers' programs: Debian 13 packages, resolved and verified by apt, unpacked beside the data, and made to run with
# the libraries they came with. The system's own package state is neither read nor changed.

readonly SUITE=trixie
readonly WANTED=(postgresql-17 postgresql-client-17 postgresql-17-timescaledb mosquitto prometheus promtool patchelf)

# Dependencies of maintainer scripts, of JIT compilation (off, see postgres.sh) and of web pages that we don't serve: 40 % of the bytes.
readonly NEVER_LOADED='^(libllvm|libz3-|libperl|perl|lib.*-perl$|libjs-|javascript-common|fonts-|locales|libc-l10n|libc-bin|adduser|base-passwd|passwd|login|debconf|procps|libproc2|openssl$|postgresql-common|postgresql-client-common|libpam-(modules|runtime)|libsemanage|libsepol|sysvinit-utils|init-system-helpers|netbase|ssl-cert|tzdata|ucf|sensible-utils|readline-common|sgml-base|xml-core|dpkg|tar$|dbus|systemd)'

# Part of the folder's name: a change of recipe fetches anew, and servers that run from the old folder keep their files.
readonly RECIPE=1
SOFTWARE=$BASE/software-$RECIPE
PG_BIN=$SOFTWARE/usr/lib/postgresql/17/bin

# The stamp holds the path, because loader and library paths are absolute: a checkout that was moved is unpacked again.
have_software() { [[ -f $SOFTWARE/.complete && $(<"$SOFTWARE/.complete") == "$SOFTWARE" ]]; }

fetch_software() {
    have_software && return 0
    exec 9>"$BASE/.fetch.lock"
    flock -n 9 || { say "waiting for another fetch into $BASE"; flock 9; }
    if ! have_software; then
        need apt-get apt-config dpkg-deb
        # PostgreSQL of Debian reads time zones from this fixed place, whatever folder it runs from.
        [[ -e /usr/share/zoneinfo/UTC ]] || die "the system has no time zone database in /usr/share/zoneinfo" "install the package tzdata," "$USE_YOUR_OWN"
        need_space "$BASE" 700 "unpacking the servers"
        local began=$SECONDS
        write_apt_configuration
        download_packages
        unpack_packages
        say "servers ready in $SOFTWARE ($(du -sm "$SOFTWARE" | cut -f1) MB) after $((SECONDS - began)) s"
    fi
    exec 9>&-
}

apt_own() { APT_CONFIG=$BASE/apt/apt.conf "$@" 9>&- 8>&-; }

# Sources, lists and cache of our own, and an empty package status, so that apt resolves the whole closure whatever is installed.
# The machine's proxy, certificates and retries are taken over; its hooks and pins are not.
write_apt_configuration() {
    local apt=$BASE/apt
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,debs}
    : >"$apt/status"
    {
        cat <<CONF
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Log "$apt";
APT::Architecture "$(dpkg --print-architecture)";
APT::Architectures "$(dpkg --print-architecture)";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
CONF
        apt-config dump --format '%f "%v";%n' Acquire | grep -E '^Acquire::(https?|ftp|tor|Retries|ForceIPv[46])(::| )' || true
    } >"$apt/apt.conf"
    grep -q '^Acquire::Retries' "$apt/apt.conf" || echo 'Acquire::Retries "3";' >>"$apt/apt.conf"
}

# machine_mirrors: the mirrors that this machine's own apt sources name, as apt itself reads them; plain suites before others.
machine_mirrors() {
    apt-get update --print-uris -o Dir::State::lists="$BASE/apt/lists" 2>/dev/null \
        | sed -n "s|^'\(.*\)/dists/\([^/']*\).*/InRelease'.*|\2 \1|p" \
        | grep -vE '^[^ ]*(-security|/updates) ' | awk '!seen[$2]++ {print $2}'
}

# use_mirror MIRROR: true if it serves our suite under the signature of the installed Debian keyring.
use_mirror() {
    local apt=$BASE/apt
    echo "deb [signed-by=$KEYRING] $1 $SUITE main" >"$apt/sources.list"
    apt_own apt-get -q update >"$apt/update.log" 2>&1
}

choose_mirror() {
    local mirror tried=()
    KEYRING=
    for mirror in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do [[ -r $mirror ]] && KEYRING=$mirror; done
    [[ -n $KEYRING ]] || die "this machine has no Debian keyring in /usr/share/keyrings, so the packages can't be verified" \
        "install the package debian-archive-keyring," "$USE_YOUR_OWN"
    for mirror in $(machine_mirrors); do
        use_mirror "$mirror" && return 0
        tried+=("$mirror" "$(grep -m 2 -E '^(E|W|Err)' "$BASE/apt/update.log" || true)")
    done
    if [[ ${#tried[@]} -eq 0 ]]; then
        die "apt on this machine has no sources, so there is no mirror to fetch Debian 13 ($SUITE) from" "add one to /etc/apt/sources.list.d," "$USE_YOUR_OWN"
    fi
    die "no mirror in this machine's apt sources serves Debian 13 ($SUITE), or the network is down; tried:" "${tried[@]}" "mend the network or the sources," "$USE_YOUR_OWN"
}

download_packages() {
    local apt=$BASE/apt packages
    say "looking up the packages of Debian 13"
    choose_mirror
    apt_own apt-get -q -y install --print-uris "${WANTED[@]}" >"$apt/closure" 2>"$apt/closure.log" \
        || die "apt can't resolve ${WANTED[*]} in Debian 13" "$(tail -n 3 "$apt/closure.log")" "$USE_YOUR_OWN"
    # A line is: 'address' file size hash; the file's name begins with the package's.
    awk '/^\047/ {sub(/_.*/, "", $2); print $2, $3}' "$apt/closure" | awk -v skip="$NEVER_LOADED" '$1 !~ skip' >"$apt/wanted"
    mapfile -t packages < <(cut -d ' ' -f 1 "$apt/wanted")
    say "fetching ${#packages[@]} packages, $(awk '{s += $2} END {printf "%d", s / 1e6}' "$apt/wanted") MB"
    # What an interrupted fetch has left is verified and kept.
    (cd "$apt/debs" && apt_own apt-get -q download "${packages[@]}") >"$apt/download.log" 2>&1 \
        || die "the download failed; what has arrived is kept, the next try goes on from there" "$(grep -E '^(E|Err|W)' "$apt/download.log" | head -n 4)" "$USE_YOUR_OWN"
    (cd "$apt/debs" && for deb in *.deb; do
        printf '%s\n' "${packages[@]}" | grep -qxF -- "${deb%%_*}" || rm -f -- "$deb"
    done)
}

unpack_packages() {
    local debs=$BASE/apt/debs lib
    say "unpacking"
    rm -rf "$SOFTWARE"
    mkdir -p "$SOFTWARE"
    printf '%s\0' "$debs"/*.deb | xargs -0 -P 2 -I '{}' dpkg-deb --extract '{}' "$SOFTWARE" 2>"$BASE/apt/unpack.log" \
        || die "unpacking failed" "$(tail -n 3 "$BASE/apt/unpack.log")" "remove $debs and try again"
    (cd "$SOFTWARE" && rm -rf etc var usr/share/{doc,man,locale,info,lintian,gdb,gcc,prometheus,zoneinfo})

    LOADER=$(find "$SOFTWARE"/usr/lib/*/ -maxdepth 1 -name 'ld-linux*' | head -n 1)
    [[ -n $LOADER ]] || die "the C library's package holds no loader for this machine ($(uname -m))" "$USE_YOUR_OWN"
    lib=$(dirname "$LOADER")
    local program
    for program in "$PG_BIN"/* "$SOFTWARE"/usr/bin/{prometheus,promtool} "$SOFTWARE"/usr/sbin/mosquitto; do
        point_at_libraries "$program" "$lib"
    done
    { "$PG_BIN/postgres" --version && "$SOFTWARE/usr/bin/promtool" --version; } >/dev/null 2>>"$BASE/apt/unpack.log" \
        || die "the unpacked programs don't run on this machine" "$(tail -n 3 "$BASE/apt/unpack.log")" "$USE_YOUR_OWN"
    # Where PostgreSQL loads it from is compiled in relative to the server program, so a glance suffices.
    [[ -f $SOFTWARE/usr/lib/postgresql/17/lib/timescaledb.so ]] || die "the mirror's packages hold no TimescaleDB for PostgreSQL 17" "$USE_YOUR_OWN"
    echo "$SOFTWARE" >"$SOFTWARE/.complete"
    rm -rf "$BASE/apt"
}

# point_at_libraries PROGRAM LIB: the loader and libraries that came with it, whatever the system has. RPATH and not RUNPATH,
# because only RPATH counts for what a library (an extension of PostgreSQL) needs in turn. patchelf itself runs through the loader.
point_at_libraries() {
    [[ -f $1 && ! -L $1 && $(head -c 4 "$1" | tr -d '\0') == $'\x7fELF' ]] || return 0
    "$LOADER" --library-path "$2" "$SOFTWARE/usr/bin/patchelf" --set-interpreter "$LOADER" --force-rpath --set-rpath "$2" "$1" 2>>"$BASE/apt/unpack.log" \
        || die "patchelf can't change $1" "$(tail -n 3 "$BASE/apt/unpack.log")" "$USE_YOUR_OWN"
}
