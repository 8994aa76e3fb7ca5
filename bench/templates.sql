-- A million rows for each template, mixed as they are when everybody writes at the same time. Owner "large" has 1 % of
-- them, "small" 0.01 %, and some ten thousand others about a hundred each.
CREATE FUNCTION owner(what text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN md5('owner ' || what)::uuid;
CREATE FUNCTION owner_of(n bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN owner(CASE WHEN n % 100 = 1 THEN 'large' WHEN n % 10000 = 3 THEN 'small' ELSE (n % 10007)::text END);

CREATE TABLE of_tenant AS
SELECT id, owner_of(id) AS tenant_id, id % 1000 AS amount FROM generate_series(1, 1000000) AS id;
CREATE TABLE for_admins AS TABLE of_tenant;
CREATE TABLE of_any AS TABLE of_tenant;
CREATE TABLE for_all AS TABLE of_tenant;
-- One row of ten thousand is global.
CREATE TABLE or_global AS
SELECT id, CASE WHEN id % 10000 <> 5 THEN tenant_id END AS tenant_id, amount FROM of_tenant ORDER BY id;
-- A user's rows are in one of a hundred tenants.
CREATE TABLE of_user AS SELECT id, tenant_id AS user_id, amount FROM of_tenant ORDER BY id;
CREATE TABLE of_user_in_tenant AS
SELECT id, user_id, owner((hashtext(user_id::text) % 100)::text) AS tenant_id, amount FROM of_user ORDER BY id;
CREATE TABLE tenant AS
SELECT owner(n::text) AS id, n % 1000 AS amount FROM generate_series(0, 99999) AS n;

-- One level: 100,000 folders, 10 files in each; and the same files with their tenant carried down.
CREATE TABLE folder AS SELECT id, owner_of(id) AS tenant_id FROM generate_series(1, 100000) AS id;
CREATE TABLE file AS
SELECT id, (id - 1) % 100000 + 1 AS folder_id, id % 1000 AS amount FROM generate_series(1, 1000000) AS id;
CREATE TABLE file_of_tenant AS
SELECT id, owner_of(folder_id) AS tenant_id, folder_id, amount FROM file ORDER BY id;
-- Two levels: 10,000 books, 10 chapters in each, and 10 pages in each of these.
CREATE TABLE book AS SELECT id, owner_of(id) AS tenant_id FROM generate_series(1, 10000) AS id;
CREATE TABLE chapter AS SELECT id, (id - 1) % 10000 + 1 AS book_id FROM generate_series(1, 100000) AS id;
CREATE TABLE page AS
SELECT id, (id - 1) % 100000 + 1 AS chapter_id, id % 1000 AS amount FROM generate_series(1, 1000000) AS id;

-- For updates: of 100,000 rows 10,000 are owner "tenth"'s. By hand, under protect() without its trigger, and with it.
-- (Half-empty pages take the new rows in, again and again.)
CREATE TABLE changed_by_hand WITH (fillfactor = 50) AS
SELECT id, owner(CASE WHEN id % 10 = 0 THEN 'tenth' ELSE id % 9 || ' of nine' END) AS tenant_id, id % 1000 AS amount
FROM generate_series(1, 100000) AS id;
CREATE TABLE changed_movable WITH (fillfactor = 50) AS TABLE changed_by_hand;
CREATE TABLE changed WITH (fillfactor = 50) AS TABLE changed_by_hand;

SET client_min_messages = warning;
DO $$
DECLARE
    target text;
    owning text;
BEGIN
    FOR target, owning IN SELECT * FROM (VALUES ('of_tenant', 'tenant_id'), ('for_admins', 'tenant_id'), ('of_any', 'tenant_id'),
        ('for_all', 'tenant_id'), ('or_global', 'tenant_id'), ('of_user', 'user_id'), ('of_user_in_tenant', 'user_id'), ('tenant', NULL),
        ('folder', 'tenant_id'), ('file', 'folder_id'), ('file_of_tenant', 'tenant_id'), ('file_of_tenant', 'folder_id'),
        ('book', 'tenant_id'), ('chapter', 'book_id'), ('page', 'chapter_id'),
        ('changed_by_hand', 'tenant_id'), ('changed_movable', 'tenant_id'), ('changed', 'tenant_id')) AS t
    LOOP
        IF NOT EXISTS (SELECT FROM pg_index WHERE indrelid = target::regclass) THEN
            EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id)', target);
        END IF;
        IF owning IS NOT NULL THEN
            EXECUTE format('CREATE INDEX ON %I (%I)', target, owning);
        END IF;
    END LOOP;
END $$;
ALTER TABLE file ADD FOREIGN KEY (folder_id) REFERENCES folder;
ALTER TABLE chapter ADD FOREIGN KEY (book_id) REFERENCES book;
ALTER TABLE page ADD FOREIGN KEY (chapter_id) REFERENCES chapter;

SET client_min_messages = error; -- The foreign keys leave out the tenant: a key of its parent says whose a row is.
SELECT tenancy.protect(target) FROM unnest('{of_tenant,folder,file_of_tenant,book,changed}'::regclass[]) AS target;
SELECT tenancy.protect('for_admins', read => '{admin}');
SELECT tenancy.protect('of_any', 'any_tenant');
SELECT tenancy.protect('for_all', 'public_read');
SELECT tenancy.protect('or_global', 'tenant_or_global');
SELECT tenancy.protect('of_user', 'user');
SELECT tenancy.protect('of_user_in_tenant', 'user');
SELECT tenancy.protect('tenant', 'tenant_root');
SELECT tenancy.protect('file', 'via_parent');
SELECT tenancy.protect('chapter', 'via_parent');
SELECT tenancy.protect('page', 'via_parent');
SELECT tenancy.protect('changed_movable', movable => true);
RESET client_min_messages;

CREATE TABLE member AS
SELECT md5('member of ten')::uuid AS user_id, owner(n::text) AS tenant_id FROM generate_series(0, 9) AS n;
CREATE INDEX ON member (user_id, tenant_id);

-- (A role of its own: that of bench/members.sql is made there.)
CREATE ROLE unbound NOLOGIN BYPASSRLS;
GRANT unbound TO app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO unbound;
GRANT UPDATE ON changed_by_hand TO unbound;
VACUUM (ANALYZE, FREEZE);
CHECKPOINT;
