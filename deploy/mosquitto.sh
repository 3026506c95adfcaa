# shellcheck shell=bash
# The private MQTT broker: the profile of mosquitto.conf, plus where this one listens and stores.

MQ_CONF=$INSTANCE/mosquitto/mosquitto.conf

mosquitto_runs() { pid_of "$INSTANCE/pid/mosquitto" "$MQ_CONF" >/dev/null; }

mqtt_url() { printf 'mqtt://127.0.0.1:%s' "$(port_of mosquitto)"; }

mosquitto_up() {
    serves mosquitto_runs "$(port_of mosquitto)" && return 0
    local port try fresh
    fresh_log mosquitto
    mkdir -p "$INSTANCE/mosquitto/data"
    if as_root; then chown "$SERVER_USER" "$INSTANCE/mosquitto/data"; fi
    for try in 1 2 3; do
        fresh=$([[ -s $INSTANCE/ports/mosquitto ]] || echo yes)
        port=$(choose_port mosquitto Mosquitto) || exit 1
        {
            cat "${deploy:?}/mosquitto.conf"
            printf '\n# This broker.\nlistener %s 127.0.0.1\nallow_anonymous true\npersistence_location %s/mosquitto/data/\nlog_dest stderr\n' "$port" "$INSTANCE"
        } >"$MQ_CONF"
        start_server mosquitto "$SOFTWARE/usr/sbin/mosquitto" -c "$MQ_CONF"
        if wait_until 60 "Mosquitto to listen" listening_or_gone mosquitto "$port" && mosquitto_runs; then
            say "Mosquitto started on 127.0.0.1:$port"
            return 0
        fi
        [[ -n $fresh ]] || break
        rm -f "$INSTANCE/ports/mosquitto"
    done
    die "Mosquitto doesn't start ($try tried); the end of $INSTANCE/log/mosquitto.log:" "$(last_lines mosquitto)"
}

# A large queue is written to disk on the way out.
mosquitto_down() { stop_server Mosquitto mosquitto "$MQ_CONF" 120; }
