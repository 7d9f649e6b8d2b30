-- What the receipt of an erasure promises: docs/operations.md#erasures-on-postgresql.
ALTER SYSTEM SET wal_recycle = off;
SELECT pg_reload_conf();
GRANT pg_checkpoint TO :"role";
\connect :"name"
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO :"role";
GRANT EXECUTE ON FUNCTION pg_ls_waldir() TO :"role";
