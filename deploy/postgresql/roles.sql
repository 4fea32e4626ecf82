-- psql -v app=… -v owner=… -v replica=… -f roles.sql   (three passwords; run once on the first primary)
\set ON_ERROR_STOP on
create role his_owner login password :'owner';
create role his_app login password :'app';
create role his_replica login replication password :'replica';
create database control owner his_owner encoding 'UTF8' template template0 locale 'C.UTF-8';
create database p1 owner his_owner encoding 'UTF8' template template0 locale 'C.UTF-8';
revoke all on database control, p1 from public;
grant connect on database control, p1 to his_app;
-- what pg_rewind reads from the new primary when an old one comes back
grant execute on function pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean),
  pg_read_binary_file(text), pg_read_binary_file(text, bigint, bigint, boolean) to his_replica;
