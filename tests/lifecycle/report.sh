#!/usr/bin/env bash
# The page that tools/report writes of a database with flaws: it tells them, is well-formed HTML that loads nothing, shows
# hostile names as text, and nothing was changed for it. It holds no password, nor do arguments. Where the database cannot
# be looked at, there is no page.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
page=$folder/page.html
export PGDATABASE=report OUT=$page PYTHONDONTWRITEBYTECODE=1
fail() {
    echo "report.sh: $1"
    exit 1
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

sql -d postgres -c 'CREATE ROLE report_owner LOGIN' -c 'CREATE ROLE report_bypass LOGIN BYPASSRLS' -c 'CREATE DATABASE report OWNER report_owner' -c 'CREATE DATABASE bare'
sql -o /dev/null <<'SQL'
SET client_min_messages = error;
CREATE EXTENSION pg_tenancy;
SELECT tenancy.bootstrap_roles('app');
GRANT authenticated TO report_bypass;
SET ROLE report_owner;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO authenticated;
CREATE TABLE app.notes (id bigint PRIMARY KEY, tenant_id text, body text);
CREATE TABLE app.opened (id bigint PRIMARY KEY, tenant_id text, body text);
CREATE TABLE app.invoices (id bigint PRIMARY KEY, tenant_id text, user_id text);
CREATE TABLE app.plans (id int PRIMARY KEY, name text);
CREATE TABLE app.audited (id bigint PRIMARY KEY, tenant_id text);
CREATE TABLE app."</code></pre><script>alert(1)</script>" (id int PRIMARY KEY, tenant_id text);
CREATE TABLE app."a""&amp;'
<b onclick=x>" (id int PRIMARY KEY, tenant_id text);
SELECT format('CREATE TABLE app.%I (id int PRIMARY KEY, tenant_id text)', 'ward' || chr(8238) || 'back') \gexec
INSERT INTO app.notes VALUES (1, 'alder', 'secret of alder'), (2, 'birch', 'secret of birch');
INSERT INTO app.opened SELECT * FROM app.notes;
SELECT tenancy.protect('app.notes', write => '{notes.write}');
SELECT tenancy.protect('app.audited');
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note BEFORE INSERT ON app.audited FOR EACH ROW EXECUTE FUNCTION app.note();
GRANT SELECT, INSERT, UPDATE ON app.opened TO authenticated;
ALTER TABLE app.invoices ENABLE ROW LEVEL SECURITY;
CREATE POLICY whose ON app.invoices USING ((SELECT auth.user_id() = user_id));
RESET ROLE;
GRANT SELECT, INSERT ON app.plans TO authenticated;
SELECT tenancy.waive('rls_disabled', 'table app.plans', 'a price list & no more');
SQL
# (What pg_dump writes differently each time is left out, and what a rollback leaves: the numbers that sequences have given.)
dumped() { pg_dump | sed -E '/^\\(un)?restrict /d; /pg_catalog\.setval/d'; }

# report URL: a page, of which $told is the line of the verdict, and $folder/text what it shows.
report() {
    rm -f "$page"
    told=$(DATABASE_URL=$1 tools/report 2>&1) || fail "it should write a page of $1: $told"
    python3 - "$page" >"$folder/text" <<'PYTHON' || fail "the page is not as it should be"
import re, sys
from html.parser import HTMLParser

class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.text = [], [], [], []

    def handle_starttag(self, name, attributes):
        given = dict(attributes)
        assert name not in ("script", "link", "img", "iframe", "object", "b onclick"), name
        assert not any(a.startswith("on") or a == "src" for a in given), given
        assert name != "th" or given.get("scope") in ("row", "col"), "a heading of a table without scope"
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.open += [] if name == "meta" else [name]

    def handle_endtag(self, name):
        assert self.open and self.open.pop() == name, f"</{name}> closes another at {self.getpos()}"

    def handle_data(self, data):
        self.text += [data] if self.open[-1:] != ["style"] else []
        assert self.open[-1:] != ["style"] or not re.search(r"url\(|@import", data), "the style loads something"

page = open(sys.argv[1], encoding="utf-8").read()
reader = Reader()
reader.feed(page)
reader.close()
assert not reader.open, f"never closed: {reader.open}"
assert len(set(reader.ids)) == len(reader.ids), "an id twice"
assert reader.links and {link[:1] for link in reader.links} == {"#"} and {link[1:] for link in reader.links} <= set(reader.ids), reader.links
levels = [int(h) for h in re.findall(r"<h(\d)", page)]
assert levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:])), "a level of headings is left out"
print(" ".join(reader.text))
PYTHON
}
shows() {
    local part
    for part in "$@"; do
        grep -qF -- "$part" "$folder/text" || fail "the page should show: $part"
    done
}
lacks() {
    ! grep -qF -- "$1" "$page" || fail "the page should not hold: $1"
}

before=$(dumped)
# A psql in front of the real one notes how it was called.
mkdir "$folder/bin"
cat >"$folder/bin/psql" <<'SH'
#!/bin/sh
printf '%s\n' "$0 $*" >>"${OUT%/*}/arguments"
cat "$PGSERVICEFILE" >>"${OUT%/*}/service"
PATH=${PATH#*:} exec psql "$@"
SH
chmod +x "$folder/bin/psql"
PATH=$folder/bin:$PATH report "postgresql://postgres:pass%25word-in-the-url@/report?application_name=x"
grep -q '^password=pass%word-in-the-url$' "$folder/service" || fail "psql should be told the password"
[ "$(wc -l <"$folder/arguments")" -ge 2 ] && ! grep -e '-in-the-url' "$folder/arguments" || fail "the password is in the arguments of psql"
lacks in-the-url
! grep -e '-in-the-url' <<<"$told" || fail "the password is told"
grep -q 'pg_tenancy: Tenants are not isolated: ' <<<"$told" || fail "the verdict should be told: $told"

shows 'Isolation of tenants in database report' 'Tenants are not isolated: ' 'Errors (' 'Warnings ('
# Findings with their fixes, tables by protection, attempts, logins, waivers.
fix=$(sql -c "SELECT fix FROM tenancy.audit() WHERE code = 'rls_disabled' AND object = 'table app.opened'")
[[ $fix = "SELECT tenancy.protect('app.opened'"* ]] || fail "a fix should be offered: $fix"
shows 'Row security is off' 'table app.opened' "$fix;" correlated_call 'policy whose on app.invoices'
shows 'Row security off, callers have rights (2)' 'Policies written by hand (1)' 'Protected by a template (2)' 'tenant by tenant_id; write: notes.write'
wrong='<span class="keep word error">'
grep -qF "read the other&#x27;s row</td><td>nothing</td><td>1 row</td><td>$wrong" "$page" || fail "who reads a row of app.opened should be told"
shows 'UPDATE' 'read the other' 'Could not be tried: ' 'table app.audited has triggers or rules' 'Not provable: no row'
shows 'role "report_bypass" has BYPASSRLS' 'apps use it' 'Bound:' 'a price list & no more' 'for ever'
lacks 'secret of'
# Hostile names are what they are, as text; what cannot be seen is told.
shows 'app."</code></pre><script>alert(1)</script>"' "app.\"a\"\"&amp;'" '<b onclick=x>"' 'ward⟨U+202E⟩back'
lacks '<script'
[ "$before" = "$(dumped)" ] || fail "something was changed: $(diff <(echo "$before") <(dumped))"

# As the owner, who is no superuser; some schemas; without attempts.
report 'user=report_owner dbname=report'
shows report_owner 'table app.opened' 'table app.audited has triggers or rules'
SCHEMAS=' public , app' PROVE=no report "user='report_owner' dbname=report"
shows 'None were made (PROVE=no).' 'table app.opened'
sql -c 'ALTER ROLE report_bypass NOBYPASSRLS'
SCHEMAS=public report postgresql:///report
shows 'There are no tables in these schemas'
sql -c 'ALTER ROLE report_bypass BYPASSRLS'
! grep -qF 'table app.opened' "$folder/text" || fail "schema app was not asked for"
# Once everything is protected, nothing is found wrong with the tables.
sql -o /dev/null -c 'SET client_min_messages = error' -c 'DROP TABLE app.invoices' -c "SELECT tenancy.protect_schema('app')"
PROVE=yes report postgresql:///report
lacks 'Row security is off'
lacks "$wrong"

# no_page URL WHAT: no page, and a line that says why.
no_page() {
    rm -f "$page"
    ! told=$(DATABASE_URL=$1 tools/report 2>&1) || fail "there is nothing to report of $1"
    grep -qF -- "$2" <<<"$told" || fail "it should say: $2; it says: $told"
    [ ! -e "$page" ] || fail "there is a page all the same"
    ! grep -e Traceback -e in-the-url <<<"$told" || fail "that is no message"
}
no_page postgresql://someone:in-the-url@/nowhere 'role "someone" does not exist'
no_page postgresql:///nowhere 'database "nowhere" does not exist'
no_page postgresql://localhost:1/report 'Connection refused'
no_page postgresql:///bare 'database "bare" has no tenancy.audit()'
no_page 'postgresql:///report?sslmod=require' 'does not take there: sslmod'
no_page "dbname='report" 'DATABASE_URL is neither'
no_page '' 'usage: '
SCHEMAS=missing no_page postgresql:///report 'schema "missing" does not exist'
PROVE=maybe no_page postgresql:///report 'usage: '
OUT=$folder/none/page.html no_page postgresql:///report 'No such file or directory'

sql -d postgres -c 'DROP DATABASE report' -c 'DROP DATABASE bare' -c 'DROP ROLE report_owner, report_bypass'
