-- Rule duplicate_index: two indexes where one would do.
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE SCHEMA audited AUTHORIZATION table_owner;
SET LOCAL ROLE table_owner;
SET LOCAL client_min_messages = warning;
CREATE TABLE audited.docs (id int, tenant_id uuid, slug text, PRIMARY KEY (id));
CREATE UNIQUE INDEX unique_id ON audited.docs (id);
CREATE INDEX "Plain id" ON audited.docs (id);
ALTER TABLE audited.docs ADD CONSTRAINT unique_again UNIQUE (id);
CREATE INDEX lower_1 ON audited.docs (lower(slug)) WHERE id > 0;
CREATE INDEX lower_2 ON audited.docs  ( lower( slug ) )  WHERE id > 0;
CREATE TABLE audited.parts (id int) PARTITION BY RANGE (id);
CREATE TABLE audited.parts_1 PARTITION OF audited.parts FOR VALUES FROM (1) TO (10);
CREATE INDEX of_parts ON audited.parts (id);
CREATE INDEX of_one_part ON audited.parts_1 (id);

-- These differ: order, condition, expression, operators, collation, what is included, method, how NULLs are taken, when it is tried
CREATE TABLE audited.sound (id int, slug text, other int);
CREATE INDEX ON audited.sound (id);
CREATE INDEX ON audited.sound (id DESC);
CREATE INDEX ON audited.sound (id, other);
CREATE INDEX ON audited.sound (id) INCLUDE (other);
CREATE INDEX ON audited.sound (id) WHERE id > 0;
CREATE INDEX ON audited.sound USING hash (id);
CREATE INDEX ON audited.sound (slug);
CREATE INDEX ON audited.sound (slug text_pattern_ops);
CREATE INDEX ON audited.sound (slug COLLATE "POSIX");
CREATE INDEX ON audited.sound (lower(slug));
CREATE UNIQUE INDEX ON audited.sound (other);
CREATE UNIQUE INDEX ON audited.sound (other) NULLS NOT DISTINCT;
ALTER TABLE audited.sound ADD UNIQUE (other) DEFERRABLE;
SELECT level, object, detail, fix FROM test.findings('duplicate_index');

-- The mend leaves the constraint, which ON CONFLICT may name, to a person; and what a foreign key goes by
SELECT * FROM test.mend('duplicate_index');
ALTER TABLE audited.docs DROP CONSTRAINT unique_again;
CREATE UNIQUE INDEX referred_to ON audited.docs (slug);
CREATE TABLE audited.referring (slug text REFERENCES audited.docs (slug));
ALTER TABLE audited.docs ADD CONSTRAINT named UNIQUE (slug);
SELECT level, object, detail, fix FROM test.findings('duplicate_index');
ROLLBACK;
