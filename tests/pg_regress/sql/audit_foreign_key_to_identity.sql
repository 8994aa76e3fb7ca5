-- Rule foreign_key_to_identity: a key to what the identity provider lets change.
\pset format unaligned
\pset tuples_only on
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE SCHEMA audited;
CREATE SCHEMA identity_of_test;
SELECT tenancy.configure('identity_schema', 'identity_of_test');
CREATE TABLE identity_of_test."user" (id uuid PRIMARY KEY, email text UNIQUE, name text, UNIQUE (id, name), UNIQUE (id));
CREATE TABLE audited.posts (id int, author text CONSTRAINT by_email REFERENCES identity_of_test."user" (email), tenant_id uuid);
CREATE TABLE audited.by_more (id uuid, name text, CONSTRAINT by_id_and_name FOREIGN KEY (id, name) REFERENCES identity_of_test."user" (id, name));
SELECT level, object, message, detail, fix FROM test.findings('foreign_key_to_identity');

-- By the id, and to another schema's unique columns
CREATE TABLE audited.people (id uuid REFERENCES identity_of_test."user", email text UNIQUE);
CREATE TABLE audited.letters (recipient text REFERENCES audited.people (email));
DROP TABLE audited.posts;
DROP TABLE audited.by_more;
SELECT count(*) FROM test.findings('foreign_key_to_identity');
ROLLBACK;
