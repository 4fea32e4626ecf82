#!/usr/bin/env bash
# An old primary comes back as a standby: what only it has is thrown away. As postgres, on the old primary.
# Usage: rejoin.sh
set -euo pipefail
# shellcheck source=deploy/postgresql/common.sh
. "$(dirname "$0")/common.sh"
if "$bin/pg_ctl" -D "$data" status >/dev/null; then echo "$cluster is running; stop it first" >&2; exit 1; fi
# It must have ended its log by itself before pg_rewind reads it: started alone, unreachable for everybody else.
if [ "$("$bin/pg_controldata" "$data" | sed -n 's/^Database cluster state: *//p')" != "shut down" ]; then
  rm -f "$data/postmaster.pid"
  "$bin/postgres" --single -D "$data" -c config_file="$settings/postgresql.conf" -c archive_mode=off \
    -c synchronous_standby_names='' postgres </dev/null >/dev/null
fi
"$bin/pg_rewind" -D "$data" --source-server="$(primary_line) dbname=postgres"
follow
pg_ctlcluster "$version" "$cluster" start
echo "$(node) follows"
