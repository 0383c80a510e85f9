-- The role `operator` sees which migrations were applied, and what the clock shows: all that `facetally doctor` asks.
grant select on schema_migration to operator;
alter role operator set default_transaction_read_only = on;
alter role operator set statement_timeout = '10s';
alter role operator connection limit 10;
