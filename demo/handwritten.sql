-- The control for what is planted on the search_path: a policy as it is often written by hand.
CREATE FUNCTION axis.mine(tenant uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN tenant = (current_setting('request.jwt.claims')::jsonb ->> 'tenant_id')::uuid;
END $$;
ALTER TABLE axis.requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY by_hand ON axis.requests USING (axis.mine(tenant_id));
