-- Who has which privileges on a protected table.

-- The comment is the table owner's to write, and protect() may run as a superuser: of what it says only these four
-- words ever become part of a statement.
CREATE FUNCTION tenancy.revoke_statement(granted jsonb, relation regclass, role name) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(
        SELECT format('REVOKE %s ON %s FROM %I', string_agg(privilege, ', ' ORDER BY position), relation, role)
        FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) WITH ORDINALITY AS p (privilege, position)
        WHERE granted ? privilege HAVING count(*) > 0);
COMMENT ON FUNCTION tenancy.revoke_statement(jsonb, regclass, name) IS
'The statement that takes back what protect() granted to a role; an empty array where that is nothing.';

CREATE FUNCTION tenancy.wanted_privileges(asked jsonb, commands text) RETURNS TABLE (role name, privileges text[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CAST(asked ->> 'authenticated' AS name), ARRAY(
            SELECT p.privilege FROM (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS p (position, command, privilege)
            WHERE strpos(tenancy.allowed_commands(commands, asked), p.command) > 0 ORDER BY p.position)
        UNION ALL
        SELECT CAST(asked ->> 'anonymous' AS name), CAST('{SELECT}' AS text[]) WHERE asked ? 'anonymous'
        UNION ALL
        SELECT CAST(s AS name), CAST('{SELECT,INSERT,UPDATE,DELETE}' AS text[]) FROM jsonb_array_elements_text(asked -> 'staff') s;
    END;
COMMENT ON FUNCTION tenancy.wanted_privileges(jsonb, text) IS
'Which privileges on a table protected as asked each role has; commands are those that its template has.';

CREATE FUNCTION tenancy.grant_statements(target regclass, asked jsonb, commands text, made jsonb,
    OUT statements text[], OUT by_hand text[], OUT now_made jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
DECLARE
    holder name;
    granted jsonb;
    wanted record;
    missing text[];
    statement text;
    may_grant boolean;
BEGIN
    statements := '{}';
    by_hand := '{}';
    now_made := made;
    -- Who is no longer to have what was granted here keeps nothing of it.
    FOR holder, granted IN SELECT * FROM jsonb_each(COALESCE(made -> 'grants', '{}')) LOOP
        granted := (SELECT COALESCE(jsonb_agg(g), '[]') FROM jsonb_array_elements_text(granted) g WHERE NOT EXISTS (
            SELECT FROM tenancy.wanted_privileges(asked, commands) w WHERE w.role = holder AND g = ANY (w.privileges)));
        CONTINUE WHEN granted = '[]';
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = holder) THEN
            statements := statements || tenancy.revoke_statement(granted, target, holder);
        END IF;
        granted := (SELECT jsonb_agg(g) FROM jsonb_array_elements(made #> ARRAY['grants', holder]) g WHERE NOT granted @> g);
        now_made := CASE WHEN granted IS NULL THEN now_made #- ARRAY['grants', holder] ELSE jsonb_set(now_made, ARRAY['grants', holder], granted) END;
    END LOOP;
    FOR wanted IN SELECT * FROM tenancy.wanted_privileges(asked, commands) LOOP
        missing := ARRAY(SELECT p FROM unnest(wanted.privileges) p WHERE NOT has_table_privilege(wanted.role, target, p));
        IF missing <> '{}' THEN
            statements := statements || format('GRANT %s ON %s TO %I', array_to_string(missing, ', '), target, wanted.role);
            now_made := jsonb_set(now_made, '{grants}', COALESCE(now_made -> 'grants', '{}'));
            now_made := jsonb_set(now_made, ARRAY['grants', wanted.role], (SELECT jsonb_agg(p) FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) p
                WHERE p = ANY (missing) OR now_made -> 'grants' -> wanted.role ? p));
        END IF;
        IF 'INSERT' = ANY (wanted.privileges) THEN
            SELECT statements || COALESCE(array_agg(format('GRANT USAGE ON SEQUENCE %s TO %I', s.oid::regclass, wanted.role) ORDER BY s.oid), '{}')
            INTO statements FROM pg_depend d JOIN pg_class s ON s.oid = d.objid
            WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target AND d.deptype = 'a'
                AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(wanted.role, s.oid, 'USAGE') END;
        END IF;
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, wanted.role), has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
        INTO statement, may_grant FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
        WHERE c.oid = target AND NOT has_schema_privilege(wanted.role, n.oid, 'USAGE');
        IF may_grant THEN
            statements := statements || statement;
        ELSIF NOT may_grant THEN
            by_hand := by_hand || ('for the schema''s owner to run: ' || statement);
        END IF;
    END LOOP;
    IF now_made -> 'grants' = '{}' THEN
        now_made := now_made - 'grants';
    END IF;
END $$;
COMMENT ON FUNCTION tenancy.grant_statements(regclass, jsonb, text, jsonb) IS
'The statements that give each role its privileges on a table and take back those it is no longer to have, those that are for a schema''s owner to run, and what was made before, made, with what these make.';

-- TRUNCATE and foreign keys ask no policy, and a trigger runs in the sessions of other callers.
CREATE FUNCTION tenancy.excess_statements(relation regclass) RETURNS SETOF text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
AS $$
    WITH callers AS (
        SELECT oid FROM pg_roles WHERE rolname IN (tenancy.setting('authenticated'), tenancy.setting('anonymous'))
    ), excess AS (
        SELECT a.*, c.relowner, NULL::name AS attname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid = relation AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
        UNION ALL
        SELECT x.*, c.relowner, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
        WHERE c.oid = relation AND x.privilege_type = 'REFERENCES'
    )
    -- What somebody else granted goes with their right to grant it.
    SELECT CASE WHEN e.grantor = e.relowner THEN format('REVOKE %s ON %s FROM %s', privileges, relation, grantee)
        ELSE format('REVOKE GRANT OPTION FOR %s ON %s FROM %I CASCADE', privileges, relation, pg_get_userbyid(e.grantor)) END
    FROM (
        SELECT grantor, relowner, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END AS grantee,
            string_agg(privilege_type || CASE WHEN attname IS NULL THEN '' ELSE format(' (%I)', attname) END, ', ' ORDER BY privilege_type, attname) AS privileges
        FROM excess e
        WHERE e.grantee = 0 OR NOT pg_has_role(e.grantee, e.relowner, 'MEMBER') AND EXISTS (
            SELECT FROM callers WHERE pg_has_role(e.grantee, callers.oid, 'MEMBER') OR pg_has_role(callers.oid, e.grantee, 'MEMBER'))
        GROUP BY 1, 2, 3
    ) e ORDER BY 1
$$;
COMMENT ON FUNCTION tenancy.excess_statements(regclass) IS
'The statements that take TRUNCATE, REFERENCES and TRIGGER on a table from everybody and from the database roles of callers, whoever granted them before.';
