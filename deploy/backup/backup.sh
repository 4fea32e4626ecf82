#!/usr/bin/env bash
# A full copy of a cluster, checked, with a stamp that `flask doctor` reads. As postgres, best on a standby, every night.
# The folder lies on an encrypted disk of another machine; the master key is never in it.
# Usage: HIS_BACKUP_FOLDER=/mnt/backup backup.sh [CLUSTER]
set -euo pipefail
umask 077
version=${HIS_POSTGRES_VERSION:-15}
cluster=${1:-his}
keep_days=${HIS_BACKUP_DAYS:-35}
folder=${HIS_BACKUP_FOLDER:-/mnt/backup}
bin=/usr/lib/postgresql/$version/bin
port=$(pg_conftool "$version" "$cluster" show -s port)
target=$folder/base/$cluster-$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p "$folder/base"
"$bin/pg_basebackup" -h /var/run/postgresql -p "$port" -D "$target.part" -X stream -c fast
"$bin/pg_verifybackup" -q "$target.part"
mv "$target.part" "$target"
date -u +%Y-%m-%dT%H:%M:%SZ >"$folder/$cluster.stamp.new"
chmod 644 "$folder/$cluster.stamp.new"
mv "$folder/$cluster.stamp.new" "$folder/$cluster.stamp"
# Old copies go once a newer one is whole; so does the log that only they needed.
find "$folder/base" -maxdepth 1 -name "$cluster-*" -mtime "+$keep_days" -exec rm -rf {} +
oldest=$(find "$folder/base" -maxdepth 1 -name "$cluster-*Z" | sort | head -1)
start=$(sed -n 's/^START WAL LOCATION: .* (file \(.*\))$/\1/p' "$oldest/backup_label")
[ -d "$folder/wal" ] && "$bin/pg_archivecleanup" "$folder/wal" "$start"
echo "$target"
