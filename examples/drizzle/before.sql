-- Before the first push: the policies in schema.ts name the roles and call the functions that this makes.
CREATE EXTENSION IF NOT EXISTS pg_tenancy;
SELECT FROM tenancy.bootstrap_roles(app => 'app');
