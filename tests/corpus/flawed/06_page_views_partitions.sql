-- A partitioned log whose parent is protected by hand; GRANT ... ON ALL TABLES reached its partitions too. Asked by its own name a
-- partition goes by its own policies, and has none: every tenant's page views are read there. (pgrls SEC041.)
-- finds: child_unprotected table analytics.page_views_2026_10
-- finds: child_unprotected table analytics.page_views_2026_11
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA analytics;
GRANT USAGE ON SCHEMA analytics TO authenticated;
CREATE TABLE analytics.page_views (
    tenant_id uuid NOT NULL,
    viewed_at timestamptz NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    path text NOT NULL,
    visitor text,
    PRIMARY KEY (tenant_id, viewed_at, id)
) PARTITION BY RANGE (viewed_at);
CREATE TABLE analytics.page_views_2026_10 PARTITION OF analytics.page_views FOR VALUES FROM ('2026-10-01') TO ('2026-11-01');
CREATE TABLE analytics.page_views_2026_11 PARTITION OF analytics.page_views FOR VALUES FROM ('2026-11-01') TO ('2026-12-01');

INSERT INTO analytics.page_views (tenant_id, viewed_at, path) VALUES
    ('11111111-1111-1111-1111-111111111111', '2026-10-03', '/pricing'),
    ('22222222-2222-2222-2222-222222222222', '2026-11-04', '/layoffs-faq');

ALTER TABLE analytics.page_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE analytics.page_views FORCE ROW LEVEL SECURITY;
CREATE POLICY own_site ON analytics.page_views FOR SELECT TO authenticated USING (tenant_id = auth.tenant_uuid());
GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO authenticated;
