-- Tables without row security in the schema that callers use, readable by visitors too: countries, plans and currencies are everybody's, and
-- nobody but the owner writes them.
SET ROLE owner;
SELECT tenancy.bootstrap_roles('app');

CREATE SCHEMA ref;
GRANT USAGE ON SCHEMA ref TO authenticated, anonymous;
CREATE TABLE ref.countries (code char(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE ref.currencies (code char(3) PRIMARY KEY, digits smallint NOT NULL DEFAULT 2);
CREATE TABLE ref.plans (id text PRIMARY KEY, cents integer NOT NULL, currency char(3) NOT NULL REFERENCES ref.currencies);
CREATE INDEX ON ref.plans (currency);
CREATE VIEW ref.prices AS SELECT p.id, p.cents / 10 ^ c.digits AS price, c.code FROM ref.plans p JOIN ref.currencies c ON c.code = p.currency;
INSERT INTO ref.countries VALUES ('DK', 'Denmark'), ('EG', 'Egypt');
INSERT INTO ref.currencies VALUES ('EUR', 2), ('JPY', 0);
INSERT INTO ref.plans VALUES ('pro', 4900, 'EUR');
GRANT SELECT ON ref.countries, ref.currencies, ref.plans, ref.prices TO authenticated, anonymous;

CREATE TABLE public.subscriptions (
    tenant_id uuid PRIMARY KEY,
    plan_id text NOT NULL REFERENCES ref.plans,
    country char(2) NOT NULL REFERENCES ref.countries
);
CREATE INDEX ON public.subscriptions (plan_id);
CREATE INDEX ON public.subscriptions (country);
SELECT tenancy.protect('public.subscriptions', write => '{owner}', remove => '{}');
