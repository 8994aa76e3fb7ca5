-- After each push or migrate: what drizzle-kit does not know of (FORCE, grants, the trigger against TRUNCATE), and all
-- that has drifted. It changes nothing where all is as asked.
SELECT tenancy.protect('notes');
