-- Planted on the search_path, in a schema where the owner carelessly lets the app create
-- control: with a policy by hand
CREATE SCHEMA workshop;
GRANT ALL ON SCHEMA workshop TO PUBLIC;

-- attempt: an operator = that is true
BEGIN;
CREATE FUNCTION workshop.always(uuid, uuid) RETURNS boolean LANGUAGE sql RETURN true;
CREATE OPERATOR workshop.= (FUNCTION = workshop.always, LEFTARG = uuid, RIGHTARG = uuid);
SET LOCAL search_path = workshop, pg_catalog;
SELECT :i_log_in \g /dev/null
SELECT * FROM axis.requests;
ROLLBACK;

-- attempt: an operator ->> with their id
BEGIN;
CREATE FUNCTION workshop.theirs(jsonb, text) RETURNS text LANGUAGE sql RETURN :'their_tenant';
CREATE OPERATOR workshop.->> (FUNCTION = workshop.theirs, LEFTARG = jsonb, RIGHTARG = text);
SET LOCAL search_path = workshop, pg_catalog;
SELECT :i_log_in \g /dev/null
SELECT * FROM axis.requests;
ROLLBACK;

-- attempt: a current_setting() of theirs
BEGIN;
CREATE FUNCTION workshop.current_setting(text) RETURNS text LANGUAGE sql RETURN :'them';
CREATE FUNCTION workshop.current_setting(text, boolean) RETURNS text LANGUAGE sql RETURN :'them';
SET LOCAL search_path = workshop, pg_catalog;
SELECT :i_log_in \g /dev/null
SELECT * FROM axis.requests;
ROLLBACK;
