#!/usr/bin/env bash
# Bring one application server to a new release, clinics open. As root, on one server after the other.
# The first run migrates the databases (expand only: the old release goes on working beside the new one).
# Usage: upgrade.sh RELEASE_FOLDER [--no-migrate]      the folder below /opt/his/releases, with its .venv made
set -euo pipefail
release=$(realpath "$1"); migrate=${2:-}
home=${HIS_HOME:-/opt/his}
bind=$(sed -n 's/^HIS_BIND=//p' /etc/his/his.env); bind=${bind:-127.0.0.1:8000}
[ -x "$release/.venv/bin/flask" ] || { echo "$release has no .venv" >&2; exit 2; }
run() { # as the product's user, with his.env (and owner.env for migrations)
  ( set -a
    # shellcheck disable=SC1091
    . /etc/his/his.env
    # shellcheck disable=SC1091
    if [ "$1" = owner ]; then . /etc/his/owner.env; fi
    set +a; shift; cd "$release"; exec runuser -u his -- "$@" )
}
run plain .venv/bin/flask db status        # the new program reads its settings and reaches the databases
if [ "$migrate" != --no-migrate ]; then run owner .venv/bin/flask db upgrade; fi
before=$(readlink "$home/current" || true)
ln -sfn "$release" "$home/current.new" && mv -T "$home/current.new" "$home/current"
# nginx sends new requests elsewhere while this one drains (graceful_timeout), POSTs are never sent twice.
systemctl restart his-web
for _ in $(seq 30); do
  if curl -fsS "http://$bind/readyz" >/dev/null 2>&1; then break; fi
  sleep 1
done
curl -fsS "http://$bind/readyz" >/dev/null || {
  echo "not ready; back to $before" >&2
  ln -sfn "$before" "$home/current.new" && mv -T "$home/current.new" "$home/current"
  systemctl restart his-web
  exit 1
}
systemctl restart his-relay 'his-worker-desk@*'
systemctl restart --no-block 'his-worker-long@*'   # each ends the work it has begun first
run plain .venv/bin/flask doctor || true
echo "$(hostname): $release"
