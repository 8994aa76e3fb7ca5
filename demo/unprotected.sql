-- The control, in place of protect.sql: the same tables without row security, and every privilege that an app
-- could be given. Here the attempts must succeed; one that cannot would prove nothing above.
GRANT USAGE ON SCHEMA axis TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA axis TO PUBLIC;
