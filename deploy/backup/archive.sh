#!/usr/bin/env bash
# PostgreSQL's archive_command: keep one piece of the log, whole or not at all, never over another.
# Usage: archive.sh PATH NAME
set -euo pipefail
umask 077
folder=${HIS_BACKUP_FOLDER:-/mnt/backup}/wal
mkdir -p "$folder"
if [ -e "$folder/$2" ]; then cmp -s "$1" "$folder/$2"; exit; fi  # sent twice: good; another one of that name: not
cp "$1" "$folder/.$2.$$"
sync "$folder/.$2.$$"
mv -n "$folder/.$2.$$" "$folder/$2"
