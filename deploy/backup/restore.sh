#!/usr/bin/env bash
# Restore a copy into an empty server and prove it. As root, on a machine of its own or beside the others on a free port.
# CHECKS is an environment file like his.env whose addresses name the restored server (host his-restored, its PORT).
# The signed heads may be younger than the last piece of the log: that the trail ends before them is then said.
# Usage: restore.sh COPY PORT CHECKS [MOMENT]     MOMENT "2026-11-22 08:00:00+00": not further than this
set -euo pipefail
copy=$1 port=$2 checks=$3 moment=${4:-}
version=${HIS_POSTGRES_VERSION:-15}
cluster=${HIS_RESTORED:-restored}
folder=${HIS_BACKUP_FOLDER:-/mnt/backup}
program=${HIS_PROGRAM:-/opt/his/current}
settings=/etc/postgresql/$version/$cluster
data=/var/lib/postgresql/$version/$cluster
until=""
if [ -n "$moment" ]; then until="recovery_target_time = '$moment'"; fi
began=$(date +%s)
if pg_lsclusters -h | awk '{print $2}' | grep -qx "$cluster"; then
  echo "there is a cluster $cluster already: pg_dropcluster $version $cluster" >&2; exit 1
fi
pg_createcluster "$version" "$cluster" -p "$port" >/dev/null
rm -rf "$data"
cp -r "$copy" "$data"
rm -f "$data/postgresql.auto.conf" "$data/standby.signal"
touch "$data/recovery.signal"
cat >"$settings/conf.d/restored.conf" <<CONF
restore_command = 'cp $folder/wal/%f %p'
recovery_target_action = 'promote'
$until
synchronous_standby_names = ''
archive_mode = off
listen_addresses = 'localhost'
ssl = on
ssl_cert_file = '${HIS_TLS:-/etc/his/tls}/db.pem'
ssl_key_file = '${HIS_TLS:-/etc/his/tls}/db.key'
max_connections = 300
max_wal_senders = 10
CONF
cat >"$settings/pg_hba.conf" <<'CONF'
local   all all              peer
hostssl all all 127.0.0.1/32 scram-sha-256
hostssl all all ::1/128      scram-sha-256
CONF
chown -R postgres:postgres "$data" "$settings"
chmod 700 "$data"
pg_ctlcluster "$version" "$cluster" start
until [ "$(runuser -u postgres -- psql -qXAt -p "$port" -d postgres -c 'select pg_is_in_recovery()' 2>/dev/null)" = f ]; do
  sleep 0.5
done
echo "restored in $(($(date +%s) - began)) s"
cd "$program"
set -a
# shellcheck disable=SC1090
. "$checks"
set +a
failed=0
for command in "db status" "check" "audit verify"; do
  echo "flask $command"
  # shellcheck disable=SC2086
  runuser -u "${HIS_USER:-his}" -- .venv/bin/flask $command || failed=1
done
echo "restored and checked in $(($(date +%s) - began)) s"
exit $failed
