#!/usr/bin/env bash
# This server becomes the primary. As postgres, on the standby that has the most, after the old primary was stopped or cut off.
# Afterwards, on an application server: flask partition promoted NAME, for control and each partition (printed below).
# Usage: promote.sh
set -euo pipefail
# shellcheck source=deploy/postgresql/common.sh
. "$(dirname "$0")/common.sh"
if [ "$(say 'select pg_is_in_recovery()')" != t ]; then echo "$(node) is a primary already" >&2; exit 1; fi
mine=$(say 'select pg_last_wal_receive_lsn()')
echo "$(node) has received up to $mine"
for one in $servers; do  # with "ANY 1 (…)" only the standby with the most surely has every acknowledged commit
  [ "${one%:*}" = "$(node)" ] && continue
  line="host=${one%:*} port=${one#*:} user=his_replica dbname=postgres sslmode=verify-full sslrootcert=$ca connect_timeout=3"
  if theirs=$(psql -qXAtw "$line" -c 'select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() end' 2>/dev/null); then
    if [ -z "$theirs" ]; then echo "${one%:*} is a primary that still answers: stop it first" >&2; exit 1; fi
    if [ "$(say "select '$theirs'::pg_lsn > '$mine'::pg_lsn")" = t ]; then
      echo "${one%:*} has more ($theirs): promote that one" >&2; exit 1
    fi
  else
    echo "${one%:*} does not answer"
  fi
done
say 'select pg_promote(true, 60)' >/dev/null
"$(dirname "$0")/slots.sh"
say checkpoint  # so that rejoin.sh sees the new timeline
echo "$(node) is the primary. Now, on an application server:"
for name in $(say "select datname from pg_database where not datistemplate and datname <> 'postgres' order by 1"); do
  echo "  flask partition promoted $name"
done
