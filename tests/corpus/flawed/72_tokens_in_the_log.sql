-- An issuer's tokens are presented as parameters, and the server logs all statements with their parameters: whoever reads the log takes
-- the tokens from there while they are good.
-- native only: parameter_logging
-- finds: parameter_logging setting log_parameter_max_length
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');
DO $$
BEGIN
    IF to_regproc('tenancy.add_issuer') IS NOT NULL THEN -- the pure-SQL edition takes no tokens
        EXECUTE $issuer$
            SELECT tenancy.add_issuer('https://example.clerk.accounts.dev', '{"keys": [{"kty": "OKP", "crv": "Ed25519",
                "kid": "k1", "x": "6XjXKpSoCxrK7PY3vBvYtCJV7UpdHg0ecrbd-5_hB80"}]}', audience => NULL,
                required => '{"azp": "https://app.example.com"}', layout => 'clerk_v2')
        $issuer$;
        PERFORM tenancy.configure('mode', 'verified');
    END IF;
END $$;
CREATE TABLE public.rooms (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    name text NOT NULL
);
INSERT INTO public.rooms (tenant_id, name) VALUES ('org_2aBc', 'lobby'), ('org_2dEf', 'board room');
SELECT tenancy.protect('public.rooms');

RESET ROLE;
SET LOCAL log_statement = 'all';
SET LOCAL log_min_duration_statement = 0;
SET LOCAL log_parameter_max_length = -1;
