-- The border between two tenants: every command, tried by two users of each. An attempt runs with real effects in a
-- subtransaction that is then undone; before that, the other tenant's rows are compared with what they were.
\pset format unaligned
\pset null NULL
SET client_min_messages = warning;
CREATE SCHEMA border;
SET search_path = border;

CREATE TABLE docs (
    id int PRIMARY KEY,
    tenant_id uuid NOT NULL,
    slug text UNIQUE,
    title text
);
INSERT INTO docs VALUES
    (1, 'aaaaaaaa-0000-4000-8000-000000000001', 'a-one', 'plan'),
    (2, 'aaaaaaaa-0000-4000-8000-000000000001', 'a-two', 'budget'),
    (3, 'bbbbbbbb-0000-4000-8000-000000000002', 'b-one', 'secret plan'),
    (4, 'bbbbbbbb-0000-4000-8000-000000000002', 'b-two', 'secret budget');
CREATE TABLE incoming AS TABLE docs;
GRANT SELECT ON incoming TO authenticated;
SELECT count(*) > 0 AS protected FROM tenancy.protect('docs');

CREATE TABLE callers (name text, claims jsonb, mine uuid, theirs uuid);
INSERT INTO callers
SELECT name, jsonb_build_object('sub', name, 'tenant_id', mine), mine, theirs
FROM (VALUES
    ('ann', 'aaaaaaaa-0000-4000-8000-000000000001'::uuid, 'bbbbbbbb-0000-4000-8000-000000000002'::uuid),
    ('bob', 'aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002'),
    ('cat', 'bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001'),
    ('dan', 'bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001')
) AS v (name, mine, theirs);

CREATE FUNCTION fingerprint(tenant uuid) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT string_agg(docs::text, ' ' ORDER BY id) FROM docs WHERE tenant_id = tenant);

-- What a statement does for a caller: how many rows it answered or touched and the first value, or its SQLSTATE. {mine}
-- and {theirs} in it become tenants; {my id} and {their id} the number of a row of each; {their slug} as it says.
CREATE FUNCTION attempt(caller callers, statement text) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    theirs_before text := fingerprint(caller.theirs);
    answer text;
    touched int;
    answers boolean := statement ~* '^(select|with|values)' OR statement ~* 'returning';
BEGIN
    statement := replace(replace(statement, '{mine}', caller.mine::text), '{theirs}', caller.theirs::text);
    statement := replace(statement, '{my id}', (SELECT min(id)::text FROM docs WHERE tenant_id = caller.mine));
    statement := replace(statement, '{their id}', (SELECT min(id)::text FROM docs WHERE tenant_id = caller.theirs));
    statement := replace(statement, '{their slug}', (SELECT min(slug) FROM docs WHERE tenant_id = caller.theirs));
    BEGIN
        PERFORM test.caller(caller.claims::text);
        IF answers THEN
            EXECUTE statement INTO answer;
        ELSE
            EXECUTE statement;
        END IF;
        GET DIAGNOSTICS touched = ROW_COUNT;
        RESET ROLE;
        answer := touched || ' row' || CASE touched WHEN 1 THEN '' ELSE 's' END || COALESCE(': ' || answer, '');
        IF fingerprint(caller.theirs) IS DISTINCT FROM theirs_before THEN
            answer := answer || ' AND CROSSED THE BORDER';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'UNDO1', MESSAGE = answer;
    EXCEPTION
        WHEN SQLSTATE 'UNDO1' THEN RETURN SQLERRM;
        WHEN OTHERS THEN RETURN SQLSTATE;
    END;
END $$;

CREATE FUNCTION everybody_tries(statement text, OUT ann text, OUT bob text, OUT cat text, OUT dan text)
    LANGUAGE sql
    RETURN (SELECT row(max(outcome) FILTER (WHERE name = 'ann'), max(outcome) FILTER (WHERE name = 'bob'),
                       max(outcome) FILTER (WHERE name = 'cat'), max(outcome) FILTER (WHERE name = 'dan'))
            FROM (SELECT name, attempt(callers, statement) AS outcome FROM callers) AS tried);

-- The instrument works: a superuser, whom nothing binds, is seen to cross.
BEGIN;
GRANT authenticated TO CURRENT_USER;
ALTER TABLE docs DISABLE ROW LEVEL SECURITY;
SELECT ann, cat FROM everybody_tries('UPDATE border.docs SET title = ''mine now''');
ROLLBACK;

\pset tuples_only on

-- SELECT: each caller sees the two rows of their tenant, however they ask.
SELECT * FROM everybody_tries('SELECT string_agg(id::text, '','' ORDER BY id) FROM border.docs');
SELECT * FROM everybody_tries('SELECT id FROM border.docs WHERE tenant_id = ''{theirs}''');
SELECT * FROM everybody_tries('SELECT id FROM border.docs WHERE id = {their id}');
SELECT * FROM everybody_tries('SELECT id FROM border.docs WHERE tenant_id = ''{theirs}'' OR true ORDER BY tenant_id = ''{theirs}'' DESC');
SELECT * FROM everybody_tries('SELECT count(*) FROM border.docs a CROSS JOIN border.docs b');
SELECT * FROM everybody_tries('SELECT id FROM border.docs WHERE id = {their id} FOR UPDATE');
SELECT * FROM everybody_tries('SELECT id FROM border.docs WHERE id = {my id} FOR UPDATE');
SELECT * FROM everybody_tries('SELECT count(*) FROM ONLY border.docs TABLESAMPLE bernoulli (100)');
-- A condition that tells what it sees is asked about no foreign row: it would divide by zero.
SELECT * FROM everybody_tries('SELECT count(*) FROM border.docs WHERE 1 / (tenant_id <> ''{theirs}'')::int = 1');

-- INSERT: without a tenant it lands in the caller's; with another's it is refused.
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, title) VALUES (10, ''new'') RETURNING tenant_id = ''{mine}''');
SELECT * FROM everybody_tries('INSERT INTO border.docs VALUES (10, ''{mine}'', ''new'', ''new'') RETURNING tenant_id = ''{mine}''');
SELECT * FROM everybody_tries('INSERT INTO border.docs VALUES (10, ''{theirs}'', ''new'', ''new'')');
SELECT * FROM everybody_tries('INSERT INTO border.docs VALUES (10, ''{theirs}'', ''new'', ''new'') RETURNING id');
SELECT * FROM everybody_tries('INSERT INTO border.docs VALUES (10, NULL, ''new'', ''new'')');
SELECT * FROM everybody_tries('INSERT INTO border.docs VALUES (10, DEFAULT, ''new'', ''new''), (11, ''{theirs}'', ''newer'', ''new'')');
SELECT * FROM everybody_tries('INSERT INTO border.docs SELECT id + 10, tenant_id, slug || ''-copy'', title FROM border.incoming');
SELECT (test.error('INSERT INTO border.docs VALUES (10, ''bbbbbbbb-0000-4000-8000-000000000002'')')).*
FROM (SELECT test.caller('{"sub": "ann", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}') OFFSET 0) AS as_ann;
RESET ROLE;

-- ON CONFLICT: a key that another tenant has is told (a unique key over all tenants always tells), its row is not
-- touched. Make keys unique per tenant to keep even that.
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, slug) VALUES (10, ''{their slug}'')');
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, slug) VALUES (10, ''{their slug}'') ON CONFLICT DO NOTHING');
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, slug) VALUES (10, ''{their slug}'') ON CONFLICT (slug) DO UPDATE SET title = ''mine now''');
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, slug) VALUES (10, ''{their slug}'') ON CONFLICT (slug) DO UPDATE SET title = docs.title || excluded.slug');
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, slug) VALUES ({my id}, ''x'') ON CONFLICT (id) DO UPDATE SET title = ''again'' RETURNING title');
SELECT * FROM everybody_tries('INSERT INTO border.docs (id, slug) VALUES ({my id}, ''x'') ON CONFLICT (id) DO UPDATE SET tenant_id = ''{theirs}''');

-- UPDATE: foreign rows are not there, and no row can be moved across.
SELECT * FROM everybody_tries('UPDATE border.docs SET title = ''mine now''');
SELECT * FROM everybody_tries('UPDATE border.docs SET title = ''mine now'' WHERE tenant_id = ''{theirs}''');
SELECT * FROM everybody_tries('UPDATE border.docs SET title = ''mine now'' WHERE id = {their id} RETURNING title');
SELECT * FROM everybody_tries('UPDATE border.docs SET tenant_id = ''{theirs}'' WHERE id = {my id}');
SELECT * FROM everybody_tries('UPDATE border.docs SET tenant_id = ''{mine}'' WHERE id = {their id}');
SELECT * FROM everybody_tries('UPDATE border.docs SET tenant_id = DEFAULT');
SELECT * FROM everybody_tries('UPDATE border.docs SET tenant_id = NULL');
SELECT * FROM everybody_tries('UPDATE border.docs d SET title = i.title || '' from '' || i.tenant_id FROM border.incoming i WHERE i.tenant_id = ''{theirs}'' AND d.tenant_id = i.tenant_id');
SELECT * FROM everybody_tries('UPDATE border.docs d SET tenant_id = i.tenant_id FROM border.incoming i WHERE i.tenant_id = ''{theirs}''');

-- DELETE
SELECT * FROM everybody_tries('DELETE FROM border.docs');
SELECT * FROM everybody_tries('DELETE FROM border.docs WHERE tenant_id = ''{theirs}''');
SELECT * FROM everybody_tries('DELETE FROM border.docs WHERE id = {their id} RETURNING title');
SELECT * FROM everybody_tries('DELETE FROM border.docs d USING border.incoming i WHERE i.id = d.id AND i.tenant_id = ''{theirs}''');

-- MERGE: each of its actions.
SELECT * FROM everybody_tries('MERGE INTO border.docs d USING border.incoming i ON d.id = i.id WHEN MATCHED THEN UPDATE SET title = ''merged''');
SELECT * FROM everybody_tries('MERGE INTO border.docs d USING border.incoming i ON d.id = i.id WHEN MATCHED THEN DELETE');
SELECT * FROM everybody_tries('MERGE INTO border.docs d USING border.incoming i ON d.id = i.id AND i.tenant_id = ''{theirs}'' WHEN MATCHED THEN DELETE');
SELECT * FROM everybody_tries('MERGE INTO border.docs d USING border.incoming i ON d.id = i.id WHEN MATCHED THEN UPDATE SET tenant_id = ''{theirs}''');
SELECT * FROM everybody_tries('MERGE INTO border.docs d USING border.incoming i ON d.id = i.id + 10 WHEN NOT MATCHED THEN INSERT VALUES (i.id + 10, i.tenant_id, i.slug || ''-copy'')');
SELECT * FROM everybody_tries('MERGE INTO border.docs d USING border.incoming i ON d.id = i.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT (id, slug) VALUES (i.id + 10, i.slug || ''-copy'')');

-- Data-modifying CTEs
SELECT * FROM everybody_tries('WITH gone AS (DELETE FROM border.docs RETURNING id) SELECT string_agg(id::text, '','' ORDER BY id) FROM gone');
SELECT * FROM everybody_tries('WITH moved AS (UPDATE border.docs SET tenant_id = ''{theirs}'' RETURNING id) SELECT count(*) FROM moved');
SELECT * FROM everybody_tries('WITH made AS (INSERT INTO border.docs VALUES (10, ''{theirs}'') RETURNING id) SELECT count(*) FROM made');

-- TRUNCATE ignores row security; nobody is granted it, and the trigger refuses it even where somebody is.
SELECT * FROM everybody_tries('TRUNCATE border.docs');
GRANT TRUNCATE ON docs TO authenticated;
SELECT * FROM everybody_tries('TRUNCATE border.docs');
SELECT * FROM everybody_tries('TRUNCATE border.docs CASCADE');
SELECT (test.error('TRUNCATE border.docs')).*
FROM (SELECT test.caller('{"sub": "ann", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}') OFFSET 0) AS as_ann;
RESET ROLE;
REVOKE TRUNCATE ON docs FROM authenticated;

-- What belongs to the owner alone
SELECT string_agg(p, ', ') FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
WHERE has_table_privilege('authenticated', 'docs', p);
SELECT * FROM everybody_tries('ALTER TABLE border.docs DISABLE ROW LEVEL SECURITY');
SELECT * FROM everybody_tries('DROP POLICY tenancy_floor ON border.docs');
SELECT * FROM everybody_tries('ALTER TABLE border.docs DISABLE TRIGGER ALL');
SELECT * FROM everybody_tries('CREATE TRIGGER mine BEFORE INSERT ON border.docs EXECUTE FUNCTION suppress_redundant_updates_trigger()');
SELECT * FROM everybody_tries('SELECT tenancy.protect(''border.docs'')');
SELECT * FROM everybody_tries('SELECT tenancy.unprotect(''border.docs'')');

-- The switch that turns row security off makes it an error instead.
SELECT * FROM everybody_tries('WITH off AS MATERIALIZED (SELECT set_config(''row_security'', ''off'', true)) SELECT count(*) FROM off, border.docs');
BEGIN;
SELECT test.caller('{"sub": "ann", "tenant_id": "aaaaaaaa-0000-4000-8000-000000000001"}');
SET LOCAL row_security = off;
SELECT * FROM test.error('SELECT * FROM border.docs');
ROLLBACK;

-- Nobody: no claims, claims that are none, a tenant that is none. All see nothing and write nothing.
CREATE TABLE nobodies (claims text);
INSERT INTO nobodies VALUES (''), ('{}'), ('null'), ('[]'), ('"a"'), ('{"tenant_id": '), ('not json'),
    ('{"tenant_id": null}'), ('{"tenant_id": ""}'), ('{"tenant_id": "acme"}'), ('{"tenant_id": {"id": "x"}}'),
    ('{"tenant_id": ["aaaaaaaa-0000-4000-8000-000000000001"]}'), ('{"tenant_id": true}'), ('{"tenant_id": 1}'),
    ('{"Tenant_ID": "aaaaaaaa-0000-4000-8000-000000000001"}'),
    ('{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001 "}'),
    ('{"tenant_id": "{aaaaaaaa-0000-4000-8000-000000000001}"}'),
    ('{"tenant_id": "aaaaaaaa000040008000000000000001"}'),
    ('{"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001\u0000"}'),
    ('{"tenant_id": "' || repeat('a', 70000) || '"}'),
    ('{"tenant_id": ' || repeat('[', 5000) || repeat(']', 5000) || '}');
CREATE FUNCTION as_nobody(claims text, OUT seen bigint, OUT inserted text, OUT updated int, OUT deleted int)
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM test.caller(claims);
    SELECT count(*) INTO seen FROM border.docs;
    SELECT code INTO inserted FROM test.error('INSERT INTO border.docs (id) VALUES (10)');
    UPDATE border.docs SET title = 'mine now';
    GET DIAGNOSTICS updated = ROW_COUNT;
    DELETE FROM border.docs;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RESET ROLE;
END $$;
\pset tuples_only off
SELECT CASE WHEN length(claims) > 70 THEN left(claims, 18) || '…' ELSE claims END AS claims, n.*
FROM nobodies, LATERAL as_nobody(claims) n;
-- A uuid in upper case is the same uuid: this is the tenant, who sees both rows, and touches three after adding one.
BEGIN;
SELECT seen, updated, deleted FROM as_nobody('{"tenant_id": "AAAAAAAA-0000-4000-8000-000000000001"}');
ROLLBACK;

-- After all of that:
SELECT * FROM docs ORDER BY id;

DROP SCHEMA border CASCADE;
