#!/usr/bin/env bash
# Make this machine's empty cluster a standby of the present primary. As postgres; ~postgres/.pgpass knows his_replica.
# Usage: standby.sh
set -euo pipefail
# shellcheck source=deploy/postgresql/common.sh
. "$(dirname "$0")/common.sh"
[ "$(id -un)" = postgres ] || { echo "run this as postgres" >&2; exit 2; }
if [ -e "$data/postmaster.pid" ]; then echo "$cluster is running; stop it first" >&2; exit 1; fi
if [ -n "$(ls -A "$data" 2>/dev/null)" ]; then
  echo "$data is not empty; a standby is made into an empty folder (rejoin.sh brings an old primary back)" >&2; exit 1
fi
"$bin/pg_basebackup" -d "$(primary_line) dbname=replication" -D "$data" -X stream -c fast
follow
pg_ctlcluster "$version" "$cluster" start
echo "$(node) follows"
