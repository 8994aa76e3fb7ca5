#!/usr/bin/env bash
# The audit finds what is wrong in each flawed schema of the corpus and no error in the sound ones, its mends run and mend,
# and each rule has a file, a test and a page of its own name. The pure-SQL edition is tried on the newest version.
set -euo pipefail

cd "$REPO"
for rule in sql/audit/*.sql; do
    rule=$(basename "$rule" .sql)
    for file in "tests/pg_regress/sql/audit_$rule.sql" "docs/audit/$rule.md"; do
        [ -f "$file" ] || { echo "rule $rule lacks $file"; exit 1; }
    done
    grep -qE "[{, ]$rule[,}]" sql/audit.sql || { echo "tenancy.audit_rules() lacks $rule"; exit 1; }
    grep -rqE "^-- finds: $rule( |\$)" tests/corpus/flawed || { echo "no flawed schema is for rule $rule"; exit 1; }
done
[ "$(ls tests/corpus/flawed | wc -l)" -ge 40 ] && [ "$(ls tests/corpus/sound | wc -l)" -ge 25 ]
tests/corpus/check
if [ "$PG_MAJOR" = 18 ]; then
    tests/corpus/check "$PORTABLE_SQL"
fi
