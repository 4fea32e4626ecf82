#!/usr/bin/env bash
# Keep the log for every other server, so that one that was away a while catches up by itself. On the primary, as postgres.
# Usage: slots.sh
set -euo pipefail
# shellcheck source=deploy/postgresql/common.sh
. "$(dirname "$0")/common.sh"
mine=$(node)
for one in $servers; do
  name=${one%:*}
  [ "$name" = "$mine" ] && continue
  say "select pg_create_physical_replication_slot('$name', true)
       where not exists (select 1 from pg_replication_slots where slot_name = '$name')" >/dev/null
done
