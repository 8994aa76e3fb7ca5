-- Modes: who may say who is calling. This file is for the native edition, which can verify tokens.

CREATE FUNCTION tenancy.modes() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{claims,gateway,verified}'::text[];

-- The login roles of gateways, kept as oids: a role that later takes the name of one is not meant. In a table of its
-- own, so that a dump that is restored where a role is missing loses these, and not the mode.
CREATE TABLE tenancy.gateway_role (
    role regrole PRIMARY KEY
);
COMMENT ON TABLE tenancy.gateway_role IS
'The login roles whose request.jwt.claims are believed in mode gateway: tenancy.configure(''gateway_roles'', ...).';
GRANT SELECT ON tenancy.gateway_role TO PUBLIC;

CREATE FUNCTION tenancy.gateway_roles() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT string_agg(role::text, ', ' ORDER BY role::text) FROM tenancy.gateway_role);

CREATE FUNCTION tenancy.set_gateway_roles(roles regrole[]) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    BEGIN ATOMIC
        DELETE FROM tenancy.gateway_role WHERE role <> ALL (roles);
        INSERT INTO tenancy.gateway_role SELECT DISTINCT unnest(roles) ON CONFLICT DO NOTHING;
    END;
COMMENT ON FUNCTION tenancy.set_gateway_roles(regrole[]) IS 'Replaces the login roles of setting gateway_roles; tenancy.configure() does. For the administrator.';
