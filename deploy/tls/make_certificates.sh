#!/usr/bin/env bash
# A certificate authority of one's own and a certificate for each name: for a rehearsal, or an inner network without one.
# Usage: make_certificates.sh FOLDER NAME...     NAME is a host name, or FILE=HOST,HOST,...
set -euo pipefail
folder=$1; shift
mkdir -p "$folder"; cd "$folder"
umask 077
if [ ! -e ca.pem ]; then
  openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=HIS inner network" -keyout ca.key -out ca.pem 2>/dev/null
fi
for one in "$@"; do
  file=${one%%=*}; hosts=${one#*=}
  names=DNS:${hosts//,/,DNS:}
  openssl req -newkey rsa:2048 -nodes -subj "/CN=${hosts%%,*}" -keyout "$file.key" -out "$file.csr" 2>/dev/null
  openssl x509 -req -in "$file.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -out "$file.pem" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth' "$names") 2>/dev/null
  rm "$file.csr"
done
chmod 644 ./*.pem
