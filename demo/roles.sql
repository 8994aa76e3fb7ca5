-- A login for the app, and the two database roles it may take. Run by whoever may create roles.
SELECT tenancy.bootstrap_roles(app => 'axis_app');
