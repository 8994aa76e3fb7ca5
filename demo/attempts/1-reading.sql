-- Reading

-- attempt: SELECT without a filter
SELECT * FROM axis.requests;

-- attempt: SELECT by the id of their row
SELECT * FROM axis.requests WHERE id = :'their_request';

-- attempt: SELECT … WHERE mine OR true
SELECT * FROM axis.requests WHERE tenant_id = :'my_tenant' OR true;

-- attempt: SELECT of the tenants
SELECT * FROM axis.tenants;

-- attempt: SELECT of what belongs to a row
SELECT * FROM axis.comments WHERE request_id = :'their_request';

-- attempt: JOIN of everything
SELECT * FROM axis.users u CROSS JOIN axis.requests r CROSS JOIN axis.audit_logs a;

-- attempt: COPY … TO
COPY axis.requests TO STDOUT;

-- attempt: a WHERE that tells what it sees
CREATE FUNCTION pg_temp.peek(title text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    RAISE NOTICE 'seen: %', title;
    RETURN false;
END $$;
SELECT * FROM axis.requests WHERE pg_temp.peek(title);

-- attempt: SET row_security = off
SET LOCAL row_security = off;
SELECT * FROM axis.requests;
