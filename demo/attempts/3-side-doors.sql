-- Side doors: views and functions that the tables' owner made
CREATE VIEW axis.as_owner AS SELECT * FROM axis.requests;
CREATE VIEW axis.as_caller WITH (security_invoker = true) AS SELECT * FROM axis.requests;
CREATE FUNCTION axis.all_requests() RETURNS SETOF axis.requests LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'SELECT * FROM axis.requests';
CREATE FUNCTION axis.close_all() RETURNS SETOF axis.requests LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'UPDATE axis.requests SET status = ''closed'', title = ''taken over'' RETURNING *';
GRANT SELECT, UPDATE ON axis.as_owner, axis.as_caller TO PUBLIC;

-- attempt: a view with the owner's rights
SELECT * FROM axis.as_owner;

-- attempt: a view, security_invoker
SELECT * FROM axis.as_caller;

-- attempt: UPDATE through that view
UPDATE axis.as_caller SET title = 'taken over' WHERE id = :'their_request';

-- attempt: a SECURITY DEFINER function
SELECT * FROM axis.all_requests();

-- attempt: a function that writes
SELECT * FROM axis.close_all();

-- attempt: a partition by its name
SELECT * FROM axis.audit_logs_2026_06;
