-- native only: nobody presents tokens to the pure-SQL edition
-- Rule parameter_logging: tokens in the server's log.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_duration_sample = -1;
SET LOCAL log_transaction_sample_rate = 0;
SET LOCAL log_parameter_max_length = -1;
SET LOCAL log_parameter_max_length_on_error = 0;
SELECT tenancy.configure('mode', 'gateway');
SELECT * FROM test.findings('parameter_logging');
SET LOCAL log_min_duration_statement = 1000;
SELECT * FROM test.findings('parameter_logging');
SET LOCAL log_statement = 'all';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_parameter_max_length_on_error = 64;
SELECT level, object, detail FROM test.findings('parameter_logging');
SET LOCAL log_statement = 'mod';
SET LOCAL log_transaction_sample_rate = 0.1;
SELECT level, object, detail FROM test.findings('parameter_logging');
-- A plain role sees it too
SET LOCAL ROLE table_owner;
SELECT level, object, detail FROM test.findings('parameter_logging');
RESET ROLE;
-- Without parameters, or without tokens
SET LOCAL log_statement = 'all';
SET LOCAL log_parameter_max_length = 0;
SET LOCAL log_parameter_max_length_on_error = 0;
SELECT * FROM test.findings('parameter_logging');
SET LOCAL log_parameter_max_length = -1;
SELECT tenancy.configure('mode', 'claims');
SELECT * FROM test.findings('parameter_logging');
SELECT tenancy.configure('mode', 'verified');
SELECT object FROM test.findings('parameter_logging');
ROLLBACK;
