-- 2 million rows: half belong to one tenant, 1 % to a second, 0.01 % to a third, the rest to a thousand others,
-- mixed as they are when all of them write at the same time.
CREATE FUNCTION tenant_of(id bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    RETURN CASE
        WHEN id % 2 = 0 THEN '00000000-0000-4000-8000-000000000050'
        WHEN id % 100 = 1 THEN '00000000-0000-4000-8000-000000000001'
        WHEN id % 10000 = 3 THEN '00000000-0000-4000-8000-000000000100'
        ELSE md5((id / 100 % 1000)::text)::uuid
    END;

CREATE TABLE plain_uuid AS
SELECT id, tenant_of(id) AS tenant_id, (id - 1) % 100000 + 1 AS folder_id, id % 1000 AS amount
FROM generate_series(1, 2000000) AS id;
ALTER TABLE plain_uuid ADD PRIMARY KEY (id);
CREATE INDEX ON plain_uuid (tenant_id);
GRANT SELECT ON plain_uuid TO authenticated;
VACUUM (ANALYZE, FREEZE) plain_uuid;
