# shellcheck shell=bash
# The private Prometheus: scrapes what registers in prometheus/targets/, evaluates the alert rules of dashboards/prometheus/.

PROM_HOME=$INSTANCE/prometheus
PROM_CONF=$PROM_HOME/prometheus.yml

prometheus_runs() { pid_of "$INSTANCE/pid/prometheus" "--config.file=$PROM_CONF" >/dev/null; }

prometheus_url() { printf 'http://127.0.0.1:%s' "$(port_of prometheus)"; }

configuration_sum() { find "$PROM_HOME" -maxdepth 1 -name '*.yml' -exec cat {} + | sha256sum; }

prometheus_up() {
    # Also when it runs: rules that changed in the checkout are taken over.
    local before after port try fresh
    before=$(configuration_sum)
    rm -f "$PROM_HOME"/*.yml
    cp "$ROOT"/dashboards/prometheus/*.yml "$PROM_HOME/"
    after=$(configuration_sum)
    if serves prometheus_runs "$(port_of prometheus)"; then
        [[ $before == "$after" ]] || kill -HUP "$(<"$INSTANCE/pid/prometheus")"
        return 0
    fi
    fresh_log prometheus
    mkdir -p "$PROM_HOME/data"
    if as_root; then chown "$SERVER_USER" "$PROM_HOME/data"; fi
    for try in 1 2 3; do
        fresh=$([[ -s $INSTANCE/ports/prometheus ]] || echo yes)
        port=$(choose_port prometheus Prometheus) || exit 1
        start_server prometheus "$SOFTWARE/usr/bin/prometheus" "--config.file=$PROM_CONF" "--storage.tsdb.path=$PROM_HOME/data" \
            --storage.tsdb.retention.time=15d --storage.tsdb.retention.size=512MB "--web.listen-address=127.0.0.1:$port" --log.level=warn
        if wait_until 60 "Prometheus to listen" listening_or_gone prometheus "$port" && prometheus_runs; then
            say "Prometheus started on 127.0.0.1:$port"
            return 0
        fi
        [[ -n $fresh ]] || break
        rm -f "$INSTANCE/ports/prometheus"
    done
    die "Prometheus doesn't start ($try tried); the end of $INSTANCE/log/prometheus.log:" "$(last_lines prometheus)"
}

prometheus_down() { stop_server Prometheus prometheus "--config.file=$PROM_CONF" 60; }
