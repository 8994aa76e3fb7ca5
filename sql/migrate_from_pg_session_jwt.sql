-- Moves a database from Neon's extension pg_session_jwt (0.5.0 and earlier) to pg_tenancy. In a new session, as a
-- superuser, once for each database:
--
--     psql -X -d DATABASE -f sql/migrate_from_pg_session_jwt.sql
--
-- All of it is one transaction: it is done, or nothing is. It takes no lock on a table and reads none, so it may run
-- beside the app; sessions that are connected go on, with pg_tenancy from their next transaction at the latest.
--
-- What depends on auth.user_id(), uid(), jwt(), session(), organization() and organization_id() is not made anew: these
-- functions themselves move from the one extension to the other and keep their OIDs. So whatever calls them stays as
-- it is, to the last comment and grant: policies, defaults, views and materialized views, constraints, indexes, triggers,
-- functions, domains, prepared statements. Functions whose bodies are strings find them by name as before.
-- Schema auth, what you made in it and who was granted what on it stay too. (Grants on it and on the functions are then
-- its owner's, whoever gave them.)
--
-- What stops it, with an error that names the objects and nothing changed:
--   - something that depends on a function that pg_tenancy does not have: auth.init(), auth.jwt_session_init();
--   - a function of another result type (an early auth.uid() returned text) that something depends on;
--   - something that would go with the extension (DEPENDS ON EXTENSION), or was put into it (ALTER EXTENSION ... ADD);
--   - what stops CREATE EXTENSION pg_tenancy: a schema "tenancy", functions of yours in schema auth with names that it
--     needs (auth.role(), say), somebody else who may create in schema auth.
--
-- What is different afterwards:
--   - request.jwt.claims is believed, until you have gone on as below: whoever runs SQL of their own can set it and be
--     anybody. pg_session_jwt believed it only where the connection had no key (pg_session_jwt.jwk).
--   - auth.jwt() and auth.session() are SQL NULL for nobody. auth.session() was the JSON null, so that auth.session() IS
--     NOT NULL was true for everybody: a policy closes, a CHECK refuses rows (those of a restored dump too).
--   - Malformed claims, a sub that is no string and, for auth.uid(), one that is no uuid are NULL and never an error.
--   - request.jwt.claim and request.jwt.claim.sub, which auth.jwt() and auth.uid() read too, are not read.
--   - auth.user_id() and the others may be called by whom you left the right to; USAGE on schema auth is everybody's.
--   - Settings pg_session_jwt.* mean nothing; pg_session_jwt.audit_log has no successor.
-- Take pg_session_jwt out of session_preload_libraries and the like: loaded after pg_tenancy, it fails.
--
-- How to go on, where clients came with a token (where a gateway checks it and sets request.jwt.claims, PostgREST say,
-- name the gateway's login in tenancy.configure('gateway_roles', ...), then take the mode gateway):
--   1. SELECT tenancy.add_issuer('ISS', 'JWK', NULL);
--      ISS is the claim iss of the tokens, which must have it. JWK is what pg_session_jwt.jwk was: a key, or else an
--      array of keys or a JWKS, of other algorithms too. pg_session_jwt took its only key for every token: where the
--      tokens' header has a "kid", the key needs the same one. NULL compares no audience, which pg_session_jwt did not
--      either; better name yours. Tokens without exp are refused but with require_exp => false; jti is not looked at.
--      SELECT * FROM tenancy.check_token('TOKEN') says whether a token would do, and if not, why.
--   2. In the place of auth.init() and auth.jwt_session_init(token) clients call auth.login(token), in each transaction,
--      for it ends with that; and without it they are nobody. It also takes the role authenticated (another with
--      add_issuer's database_role), which the client's login must be a member of, and which your policies must be for.
--   3. SELECT tenancy.configure('mode', 'verified');
--      From then on request.jwt.claims is ignored. To be done last: who has no token is nobody.

\set ON_ERROR_STOP on
\set SHOW_CONTEXT never
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    -- What both extensions have: the names of functions without arguments, and what they return.
    common CONSTANT jsonb := '{"user_id": "text", "uid": "uuid", "jwt": "jsonb", "session": "jsonb",
        "organization": "jsonb", "organization_id": "uuid"}';
    leaving record;         -- pg_session_jwt
    schema_belongs boolean; -- whether schema auth belongs to it
    names name[];           -- the functions that move,
    theirs oid[];           -- as they are, and stay,
    ours oid[];             -- and as pg_tenancy makes them
    others oid[];           -- its functions that go
    definitions text[];
    grantees text[];
    options text[];
    definition text;
    owner regrole;
    closed boolean;
    objects text;
    by_name text;
    settings text;
    keys boolean;
    dependents bigint;
BEGIN
    -- May it be done at all?
    SELECT oid, extversion AS version INTO leaving FROM pg_extension WHERE extname = 'pg_session_jwt';
    IF NOT FOUND AND EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_tenancy') THEN
        RAISE EXCEPTION 'extension "pg_session_jwt" is not installed in database "%"', current_database()
            USING ERRCODE = 'undefined_object',
            DETAIL = 'pg_tenancy is: there is nothing left to move.';
    ELSIF leaving.oid IS NULL THEN
        RAISE EXCEPTION 'extension "pg_session_jwt" is not installed in database "%"', current_database()
            USING ERRCODE = 'undefined_object',
            HINT = 'Connect to the database that has it. A database without it needs CREATE EXTENSION pg_tenancy only.';
    END IF;
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_tenancy') THEN
        RAISE EXCEPTION 'extension "pg_tenancy" is already installed in database "%"', current_database()
            USING ERRCODE = 'duplicate_object',
            DETAIL = 'Its functions cannot take the place of those of pg_session_jwt while they have another.',
            HINT = 'DROP EXTENSION pg_tenancy, if nothing uses it yet, then run this again.';
    END IF;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION 'must be superuser to move from pg_session_jwt to pg_tenancy'
            USING ERRCODE = 'insufficient_privilege',
            DETAIL = format('Role "%s" may not change the functions of pg_session_jwt.', current_user),
            HINT = 'Connect as a superuser, who will also be the administrator of pg_tenancy.';
    END IF;

    -- What would be lost? First of all that which belongs to the extension or leaves with it, and should not.
    SELECT string_agg(pg_describe_object(classid, objid, objsubid), ', ' ORDER BY classid, objid) INTO objects
    FROM pg_depend d
    WHERE refclassid = 'pg_extension'::regclass AND refobjid = leaving.oid AND deptype = 'e'
        AND NOT (classid = 'pg_namespace'::regclass AND objid = to_regnamespace('auth'))
        AND NOT (classid = 'pg_proc'::regclass AND EXISTS (
            SELECT FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
            WHERE p.oid = d.objid AND p.pronamespace = to_regnamespace('auth')
                AND (common ? p.proname OR p.proname IN ('init', 'jwt_session_init') OR l.lanname = 'c')));
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'extension "pg_session_jwt" has members of unknown purpose'
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('They would be dropped with it: %s.', objects),
            HINT = 'Keep them with ALTER EXTENSION pg_session_jwt DROP ..., or drop them, then run this again.';
    END IF;
    SELECT string_agg(pg_describe_object(classid, objid, objsubid), ', ' ORDER BY classid, objid) INTO objects
    FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND refobjid = leaving.oid AND deptype <> 'e';
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'other objects depend on extension "pg_session_jwt"'
            USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = format('They cannot stay without it: %s.', objects),
            HINT = 'ALTER ... NO DEPENDS ON EXTENSION pg_session_jwt, or drop them, then run this again.';
    END IF;

    SELECT array_agg(p.proname ORDER BY p.proname) FILTER (WHERE moves),
        array_agg(p.oid ORDER BY p.proname) FILTER (WHERE moves), COALESCE(array_agg(p.oid) FILTER (WHERE NOT moves), '{}')
    INTO names, theirs, others
    FROM pg_depend d JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid,
        LATERAL (SELECT COALESCE(p.pronargs = 0 AND p.prokind = 'f' AND NOT p.proretset
            AND common ->> p.proname = format_type(p.prorettype, NULL), false) AS moves) AS m
    WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = leaving.oid AND d.deptype = 'e';
    IF theirs IS NULL THEN
        RAISE EXCEPTION 'extension "pg_session_jwt" has none of the functions that could move'
            USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Its version is %s.', leaving.version),
            HINT = 'DROP EXTENSION pg_session_jwt, without CASCADE, then CREATE EXTENSION pg_tenancy.';
    END IF;

    -- Then what depends on a function that goes. (A view depends through its rule.)
    SELECT string_agg(DISTINCT format('%s uses %s', CASE WHEN r.rulename = '_RETURN'
        THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
        ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END, d.refobjid::regprocedure), ', ') INTO objects
    FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = ANY (others)
        AND NOT (d.classid = 'pg_proc'::regclass AND d.objid = ANY (theirs || others));
    IF objects IS NOT NULL THEN
        RAISE EXCEPTION 'objects use functions that pg_tenancy does not have'
            USING ERRCODE = 'dependent_objects_still_exist',
            DETAIL = format('These cannot be carried over: %s.', objects),
            HINT = 'Change or drop them, then run this again. In the place of auth.init() and '
                'auth.jwt_session_init(token), clients of pg_tenancy call auth.login(token).';
    END IF;

    -- What only names them is looked for in the text, and told at the end.
    SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname, p.oid) INTO by_name
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL AND p.oid <> ALL (theirs || others)
        AND (p.prosrc ~* '\m(jwt_session_init|pg_session_jwt)\M' OR EXISTS (
            SELECT FROM pg_proc gone WHERE gone.oid = ANY (others)
                AND p.prosrc ~* format('\mauth"?\s*\.\s*"?%s"?\s*\(', gone.proname)));
    SELECT string_agg(format('%s of %s', parameter, place), ', ' ORDER BY place, parameter),
        COALESCE(bool_or(parameter LIKE '%.jwk'), false)
    INTO settings, keys
    FROM (
        SELECT name AS parameter, setting, 'the server' AS place FROM pg_file_settings
        UNION
        SELECT split_part(c, '=', 1), c, concat_ws(' in ', CASE WHEN setrole <> 0 THEN format('role %s', setrole::regrole) END,
            CASE WHEN setdatabase <> 0 THEN 'this database' END)
        FROM pg_db_role_setting, unnest(setconfig) AS c
        WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))) AS s
    WHERE parameter ~* '^(pg_session_jwt|neon\.auth)\.' OR parameter LIKE '%preload\_libraries' AND setting ~ '\mpg_session_jwt\M';
    keys := keys OR COALESCE(current_setting('pg_session_jwt.jwk', true), current_setting('neon.auth.jwk', true), '') <> '';
    SELECT count(DISTINCT (d.classid, d.objid)) INTO dependents FROM pg_depend d
    WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = ANY (theirs);
    schema_belongs := EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = 'auth'::regnamespace
        AND refclassid = 'pg_extension'::regclass AND refobjid = leaving.oid AND deptype = 'e');

    -- The functions leave pg_session_jwt, and wait under other names; the rest goes with it. Never with CASCADE.
    FOR i IN 1..cardinality(theirs) LOOP
        EXECUTE format('ALTER EXTENSION pg_session_jwt DROP FUNCTION %s', theirs[i]::regprocedure);
        EXECUTE format('ALTER FUNCTION %s RENAME TO %I', theirs[i]::regprocedure, names[i] || ' of pg_session_jwt');
    END LOOP;
    IF schema_belongs THEN
        ALTER EXTENSION pg_session_jwt DROP SCHEMA auth;
    END IF;
    DROP EXTENSION pg_session_jwt;

    -- Grants that are there when an object joins an extension are taken for the extension's own, and pg_dump leaves them
    -- out: so they are set aside until it has joined. (Not CREATE, of which pg_tenancy has to know.)
    SELECT COALESCE(array_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END ORDER BY place), '{}'),
        array_agg(CASE WHEN a.is_grantable THEN 'WITH GRANT OPTION' ELSE '' END ORDER BY place)
    INTO grantees, options
    FROM pg_namespace n, aclexplode(n.nspacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, place)
    WHERE n.nspname = 'auth' AND a.privilege_type = 'USAGE' AND a.grantee <> n.nspowner;
    FOR i IN 1..cardinality(grantees) LOOP
        EXECUTE format('REVOKE USAGE ON SCHEMA auth FROM %s CASCADE', grantees[i]);
    END LOOP;
    CREATE EXTENSION pg_tenancy;
    IF schema_belongs THEN
        ALTER EXTENSION pg_tenancy ADD SCHEMA auth;
    END IF;
    FOR i IN 1..cardinality(grantees) LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA auth TO %s %s', grantees[i], options[i]);
    END LOOP;

    -- Each function becomes what pg_tenancy has made under its name, by CREATE OR REPLACE, which keeps the OID. The
    -- functions of pg_tenancy that call it are made again too, so that they call the one that stays.
    ours := ARRAY(SELECT to_regprocedure(format('auth.%I()', name)) FROM unnest(names) WITH ORDINALITY AS u (name, place) ORDER BY place);
    definitions := ARRAY(
        SELECT pg_get_functiondef(f) FROM unnest(ours) AS f
        UNION
        SELECT pg_get_functiondef(objid) FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND refclassid = 'pg_proc'::regclass AND refobjid = ANY (ours));
    FOR i IN 1..cardinality(theirs) LOOP
        EXECUTE format('ALTER FUNCTION %s RENAME TO %I', ours[i]::regprocedure, names[i] || ' of pg_tenancy');
        EXECUTE format('ALTER FUNCTION %s RENAME TO %I', theirs[i]::regprocedure, names[i]);
    END LOOP;
    FOREACH definition IN ARRAY definitions LOOP
        EXECUTE definition;
    END LOOP;
    FOR i IN 1..cardinality(theirs) LOOP
        SELECT proowner INTO owner FROM pg_proc WHERE oid = ours[i];
        EXECUTE format('ALTER FUNCTION %s OWNER TO %s', theirs[i]::regprocedure, owner);
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', theirs[i]::regprocedure, obj_description(ours[i], 'pg_proc'));
        EXECUTE format('ALTER EXTENSION pg_tenancy DROP FUNCTION %s', ours[i]::regprocedure);
        EXECUTE format('DROP FUNCTION %s', ours[i]::regprocedure);

        SELECT proacl IS NOT NULL INTO closed FROM pg_proc WHERE oid = theirs[i];
        SELECT COALESCE(array_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END ORDER BY place), '{}'),
            array_agg(CASE WHEN a.is_grantable THEN 'WITH GRANT OPTION' ELSE '' END ORDER BY place)
        INTO grantees, options
        FROM pg_proc p, aclexplode(p.proacl) WITH ORDINALITY AS a (grantor, grantee, privilege_type, is_grantable, place)
        WHERE p.oid = theirs[i] AND a.grantee <> p.proowner;
        FOR j IN 1..cardinality(grantees) LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s CASCADE', theirs[i]::regprocedure, grantees[j]);
        END LOOP;
        IF closed THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', theirs[i]::regprocedure);
        END IF;
        EXECUTE format('ALTER EXTENSION pg_tenancy ADD FUNCTION %s', theirs[i]::regprocedure);
        IF closed THEN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', theirs[i]::regprocedure);
        END IF;
        FOR j IN 1..cardinality(grantees) LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s %s', theirs[i]::regprocedure, grantees[j], options[j]);
        END LOOP;
    END LOOP;

    -- What is left to do by hand.
    RAISE NOTICE 'moved % functions from pg_session_jwt % to pg_tenancy', cardinality(theirs), leaving.version
        USING DETAIL = format('Objects that depend on them: %s, all as they were.', dependents);
    IF by_name IS NOT NULL THEN
        RAISE NOTICE 'functions name what pg_tenancy does not have, and will fail there'
            USING DETAIL = format('By their text: %s.', by_name),
            HINT = 'In the place of auth.init() and auth.jwt_session_init(token), call auth.login(token).';
    END IF;
    IF settings IS NOT NULL THEN
        RAISE NOTICE 'settings of pg_session_jwt remain' USING DETAIL = format('They are: %s.', settings),
            HINT = 'ALTER ROLE ... RESET, ALTER DATABASE ... RESET or ALTER SYSTEM RESET takes them away; others are in postgresql.conf.';
    END IF;
    IF keys THEN
        RAISE WARNING 'request.jwt.claims is believed from now on'
            USING DETAIL = 'pg_session_jwt had a key (pg_session_jwt.jwk), and with it believed verified tokens only.',
            HINT = 'Let nobody connect who may not say who they are, until the mode is "verified", or "gateway".';
    END IF;
    RAISE NOTICE 'next, where clients come with a token: add its issuer, have clients log in, then require it'
        USING DETAIL = 'Until then whoever sets request.jwt.claims is believed. More is told at the beginning of this script.',
        HINT = $hint$SELECT tenancy.add_issuer('ISS', 'JWK', NULL), with the tokens' claim iss and the key that pg_session_jwt.jwk was; auth.login(token) at the beginning of each transaction, in the place of auth.jwt_session_init(token); SELECT tenancy.configure('mode', 'verified').$hint$;
END $$;
COMMIT;
