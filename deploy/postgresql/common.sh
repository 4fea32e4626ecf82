# shellcheck shell=bash
# What the scripts beside it share. Read from the environment:
#   HIS_CLUSTER   the cluster's name on this machine (default his)
#   HIS_SERVERS   all servers, "db1:5432 db2:5432 db3:5432"
#   HIS_CA        the authority that signed their certificates
version=${HIS_POSTGRES_VERSION:-15}
cluster=${HIS_CLUSTER:-his}
servers=${HIS_SERVERS:-db1:5432 db2:5432 db3:5432}
ca=${HIS_CA:-/etc/his/tls/ca.pem}
# shellcheck disable=SC2034  # for the scripts that read this file
bin=/usr/lib/postgresql/$version/bin
settings=/etc/postgresql/$version/$cluster
data=/var/lib/postgresql/$version/$cluster

# "host=db1,db2,db3 port=5432,5432,5432 …": whichever of them is the primary
primary_line() {
  local hosts ports one
  for one in $servers; do hosts+=${hosts:+,}${one%:*}; ports+=${ports:+,}${one#*:}; done
  echo "host=$hosts port=$ports user=his_replica sslmode=verify-full sslrootcert=$ca target_session_attrs=primary connect_timeout=3"
}

# A statement as superuser on this machine's server
say() { psql -qXAt -v ON_ERROR_STOP=1 -h /var/run/postgresql -p "$(port)" -d postgres -c "$1"; }

port() { pg_conftool "$version" "$cluster" show -s port; }
node() { sed -n "s/^cluster_name = '\(.*\)'.*/\1/p" "$settings/conf.d/node.conf"; }

# This server follows whoever is the primary, from its next start on
follow() {
  cat >"$data/postgresql.auto.conf" <<CONF
primary_conninfo = '$(primary_line)'
primary_slot_name = '$(node)'
recovery_target_timeline = 'latest'
CONF
  touch "$data/standby.signal"
}
