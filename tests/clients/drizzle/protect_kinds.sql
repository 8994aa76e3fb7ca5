SELECT tenancy.configure('staff_roles', 'drizzle_support');
SELECT tenancy.protect('teams'), tenancy.protect('docs', force => false);
