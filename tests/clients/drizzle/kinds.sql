-- Tables whose policies are of all kinds: in what drizzle-kit compares, and in what TypeScript must have escaped.
CREATE TABLE teams (id bigserial PRIMARY KEY, tenant_id int, name text NOT NULL);
CREATE TABLE docs (id bigserial PRIMARY KEY, tenant_id text, team_id bigint, author text DEFAULT auth.user_id(), body text);
\ir protect_kinds.sql
CREATE POLICY nested ON docs AS RESTRICTIVE FOR SELECT TO authenticated USING (EXISTS (
    SELECT 1 FROM teams t WHERE t.id = docs.team_id AND EXISTS (SELECT 1 FROM docs d WHERE d.author = t.name)));
CREATE POLICY "it's \odd" ON docs FOR UPDATE TO authenticated, anonymous
    USING (body <> E'`${x}$ {\\n\r\n\t"end"') WITH CHECK (body <> $q$'\`\${$q$ AND auth.claim_text(VARIADIC '{a,b}') = 'x');
CREATE POLICY everybody ON teams USING (name = (SELECT current_user::text)) WITH CHECK (false);
CREATE POLICY may_delete ON teams AS RESTRICTIVE FOR DELETE USING ((SELECT auth.has_role(VARIADIC ARRAY['owner'::text])));
