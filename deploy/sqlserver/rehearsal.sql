-- Rehearsal of an AlwaysOn group for the product. Run the parts by hand, in order, beside deploy/rehearsal.py.
-- Written after the documentation and a protocol double: it did not run on a server yet (docs/engines.md).

-- 1. On every replica: what is it, and may it be written to?
SELECT @@SERVERNAME AS server, DATABASEPROPERTYEX(N'his_p1', 'Updateability') AS updateability;
SELECT ag.name, r.replica_server_name, rs.role_desc, r.availability_mode_desc, r.failover_mode_desc,
       r.secondary_role_allow_connections_desc, rs.synchronization_health_desc, ag.required_synchronized_secondaries_to_commit
FROM sys.availability_groups ag JOIN sys.availability_replicas r ON r.group_id = ag.group_id
JOIN sys.dm_hadr_availability_replica_states rs ON rs.replica_id = r.replica_id;
SELECT name, is_read_committed_snapshot_on, is_encrypted FROM sys.databases WHERE name LIKE N'his[_]%';

-- 2. Zero loss: one synchronous secondary must have it. (Run on the primary.)
-- ALTER AVAILABILITY GROUP his SET (REQUIRED_SYNCHRONIZED_SECONDARIES_TO_COMMIT = 1);

-- 3. Lines are encrypted; the product's logins are plain.
SELECT encrypt_option, COUNT(*) AS connections FROM sys.dm_exec_connections GROUP BY encrypt_option;
SELECT IS_SRVROLEMEMBER('sysadmin', 'his_app') AS sysadmin, name FROM sys.server_principals WHERE name = N'his_app';

-- 4. Read your own writes with redo standing still: on a secondary, while rehearsal.py runs; its desks must go on.
-- ALTER DATABASE his_p1 SET HADR SUSPEND;
-- WAITFOR DELAY '00:01:00';
-- ALTER DATABASE his_p1 SET HADR RESUME;
SELECT database_id, redo_queue_size, log_send_queue_size, last_commit_time FROM sys.dm_hadr_database_replica_states;

-- 5. Planned failover: on the synchronous secondary.
-- ALTER AVAILABILITY GROUP his FAILOVER;
-- then on an application server: flask partition promoted p1; flask partition promoted control

-- 6. Forced failover: stop the primary's machine, then on the secondary; only where losing work is the lesser evil.
-- ALTER AVAILABILITY GROUP his FORCE_FAILOVER_ALLOW_DATA_LOSS;

-- 7. Row-level security through pooled connections: no rows without a centre.
EXEC sp_set_session_context N'his_tenant', NULL;
SELECT COUNT(*) AS must_be_0 FROM dbo.patients_patient;
SELECT p.name, p.is_enabled, COUNT(*) AS predicates FROM sys.security_policies p
JOIN sys.security_predicates s ON s.object_id = p.object_id GROUP BY p.name, p.is_enabled HAVING COUNT(*) <> 2;
