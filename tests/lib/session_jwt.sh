# A stand-in for Neon's extension pg_session_jwt, of its name and shape, its functions in PL/pgSQL. To be sourced; where
# the real one is there, the script is skipped.
#
# As in the original, a key in the connection's settings (pg_session_jwt.jwk) has auth.session() and auth.user_id() ignore
# request.jwt.claims and want a token, while auth.jwt() and auth.uid() read request.jwt.claims all the same. A token is
# signed with a digest here: session_jwt_token KEY CLAIMS prints one.

extensions=$("$PG_CONFIG" --sharedir)/extension
control=$extensions/pg_session_jwt.control
if [ -e "$control" ] && ! grep -q 'stand-in' "$control"; then
    echo "this server has the real pg_session_jwt, which is left alone"
    exit 77
fi
remove_session_jwt() { rm -f "$control" "$extensions"/pg_session_jwt--*.sql; }

base64url() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
session_jwt_token() {
    local body
    body=$(printf '{}' | base64url).$(printf '%s' "$2" | base64url)
    printf '%s.%s' "$body" "$(printf '%s' "$body$1" | sha256sum | cut -d ' ' -f 1)"
}

# The names, arguments, results and labels are those of 0.5.0; 0.3.1 lacks what came later.
make_session_jwt() {
    cat >"$control" <<'CONTROL'
comment = 'a stand-in for pg_session_jwt'
default_version = '0.5.0'
relocatable = false
superuser = true
CONTROL
    cat >"$extensions/pg_session_jwt--0.3.1.sql" <<'SQL'
CREATE SCHEMA auth;
CREATE FUNCTION auth."init"() RETURNS void STRICT LANGUAGE plpgsql AS 'BEGIN END';
CREATE FUNCTION auth."session"() RETURNS jsonb STRICT STABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    key text := NULLIF(current_setting('pg_session_jwt.jwk', true), '');
    token text := NULLIF(current_setting('pg_session_jwt.jwt', true), '');
    part text[] := string_to_array(token, '.');
BEGIN
    IF key IS NULL THEN
        BEGIN
            RETURN COALESCE(NULLIF(current_setting('request.jwt.claims', true), '')::jsonb, 'null');
        EXCEPTION WHEN invalid_text_representation THEN
            RETURN 'null';
        END;
    ELSIF token IS NULL THEN
        RETURN 'null';
    ELSIF cardinality(part) <> 3 THEN
        RAISE EXCEPTION 'invalid JWT encoding' USING ERRCODE = 'datatype_mismatch';
    ELSIF part[3] <> encode(sha256(convert_to(part[1] || '.' || part[2] || key, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION 'invalid JWT signature' USING ERRCODE = 'check_violation';
    END IF;
    RETURN convert_from(decode(rpad(translate(part[2], '-_', '+/'), (length(part[2]) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb;
END $$;
CREATE FUNCTION auth."jwt_session_init"("jwt" TEXT) RETURNS void STRICT LANGUAGE plpgsql AS
    $$BEGIN PERFORM set_config('pg_session_jwt.jwt', jwt, false), auth.session(); END$$;
CREATE FUNCTION auth."user_id"() RETURNS TEXT STRICT STABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    sub jsonb := auth.session() -> 'sub';
BEGIN
    IF jsonb_typeof(sub) <> 'string' AND COALESCE(current_setting('pg_session_jwt.jwk', true), '') <> '' THEN
        RAISE EXCEPTION 'invalid subject claim in the JWT' USING ERRCODE = 'datatype_mismatch';
    END IF;
    RETURN CASE jsonb_typeof(sub) WHEN 'string' THEN sub #>> '{}' END;
END $$;
SQL
    cat >"$extensions/pg_session_jwt--0.3.1--0.5.0.sql" <<'SQL'
CREATE OR REPLACE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb$$;
CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS
    $$SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid$$;
CREATE OR REPLACE FUNCTION auth."organization"() RETURNS jsonb STABLE PARALLEL SAFE LANGUAGE plpgsql AS
    $$BEGIN RETURN CASE WHEN jsonb_typeof(auth.session() -> 'o') = 'object' THEN auth.session() -> 'o' END; END$$;
CREATE OR REPLACE FUNCTION auth."organization_id"() RETURNS uuid STABLE PARALLEL SAFE LANGUAGE plpgsql AS
    $$BEGIN RETURN (auth.organization() ->> 'id')::uuid; END$$;
SQL
    # An early 0.4.0, whose auth.uid() returned text.
    cat >"$extensions/pg_session_jwt--0.3.1--0.4.0.sql" <<'SQL'
CREATE FUNCTION auth."uid"() RETURNS TEXT STRICT STABLE PARALLEL SAFE LANGUAGE plpgsql AS
    $$BEGIN RETURN auth.user_id(); END$$;
SQL
    # Nothing at all of it.
    echo 'SELECT 1' >"$extensions/pg_session_jwt--0.0.0.sql"
    chmod 644 "$extensions"/pg_session_jwt*
}
