# Who is a member, and with which roles, is what Better Auth's table says at the beginning of each statement. What a
# token says of that is as old as the token, and counts only as far as the table agrees. To be sourced by better_auth.sh.

invite() { # $1: who invites; $2: who is invited, and accepts; $3: the role or roles, as JSON
    local invitation
    invitation=$(ask "$1" organization/invite-member -d "{\"email\": \"$2@example.test\", \"role\": $3}" | field id)
    ask "$2" organization/accept-invitation -d "{\"invitationId\": \"$invitation\"}" >/dev/null
}
# After this the user acts for no organization, and their tokens name none.
sign_in() {
    rm -f "$work/$ids.$1"
    ask "$1" sign-in/email -d "{\"email\": \"$1@example.test\", \"password\": \"password of $1\"}" >/dev/null
}
names() { # the organization and the role there that a token names
    part "$1" 1 | python3 -c 'import json, sys
o = json.load(sys.stdin).get("o", {})
print(o.get("id", "nothing"), o.get("role", "nothing"))'
}

set_role() { # $1: whose, by id; $2: where; $3: the role
    as_owner_of_members "UPDATE member SET role = '$3' WHERE \"userId\" = '$1' AND \"organizationId\" = '$2'"
}
as_owner_of_members() { sql -U neon_auth -c "$1"; }

# Whoever may write to it makes members. (There is no row security on it that could keep that within bounds.)
not_used_with_writers_of_members() { # $1: what is asked for
    local right grantee
    while IFS=: read -r right grantee; do
        as_owner_of_members "GRANT $right ON member TO $grantee"
        not_used "$grantee has $right on the table of members" 55000 "$1" >/dev/null
        as_owner_of_members "REVOKE $right ON member FROM $grantee"
    done <<'RIGHTS'
INSERT:authenticated
INSERT (id, "userId", "organizationId", role, "createdAt"):authenticated
UPDATE:authenticated
UPDATE (role):authenticated
INSERT:anonymous
INSERT:PUBLIC
RIGHTS
}

standing="SELECT auth.tenant_id(), auth.roles(), auth.permissions(), auth.has_permission('members.invite');"
all_tenants='SELECT ARRAY(SELECT t FROM unnest(auth.tenant_ids()) t ORDER BY t COLLATE "C");'
why='SELECT sees_nothing_because FROM tenancy.whoami();'
nowhere='|||f'
owner='{owner}|{*.*}|t'
admin='{audit.read,invitations.*,members.*,tenant.read,tenant.update}|t'
sorted() { printf '%s\n' "$@" | LC_ALL=C sort | paste -sd , | sed 's/.*/{&}/'; }

check_roles() {
    same 'what the token names' "$a_organization owner" "$(names "$a_token")"
    same 'an owner' "$a_organization|$owner" "$(app "$a_token" "$standing")"

    # The owner becomes less, while the token says what it said.
    session=reads open_session
    session=repeats open_session
    session=reads open_say "$(login "$a_token")"
    session=repeats open_say "$(login "$a_token" | sed 's/BEGIN/& ISOLATION LEVEL REPEATABLE READ/')"
    same 'an owner in an open transaction' "$a_organization|$owner" "$(session=reads open_say "$standing")"
    same 'an owner in an open snapshot' "$a_organization|$owner" "$(session=repeats open_say "$standing")"
    set_role "$a_user" "$a_organization" member,viewer
    same 'roles at the next statement' "owner, {member,viewer}" \
        "$(session=reads open_say "SELECT auth.claim_text('o', 'role') || ', ' || auth.roles()::text;")"
    same 'permissions at the next statement' "$a_organization|{member,viewer}|{members.read,tenant.read}|f" \
        "$(session=reads open_say "$standing")"
    same 'require_role() at the next statement' 'ERROR:  42501' \
        "$(session=reads open_say "SELECT auth.require_role('owner');" | grep -o '^ERROR:  42501')"
    same 'an owner in the old snapshot' "$a_organization|$owner" "$(session=repeats open_say "$standing")"
    session=repeats open_say "COMMIT; $(login "$a_token")"
    same 'roles in the next snapshot' "$a_organization|{member,viewer}|{members.read,tenant.read}|f" \
        "$(session=repeats open_say "$standing")"
    session=reads close_session
    session=repeats close_session
    set_role "$a_user" "$a_organization" owner
    same 'an owner again' "$a_organization|$owner" "$(app "$a_token" "$standing")"
}

# Those whom A invites. C acts for no organization, D for A's.
check_invited() {
    local name
    for name in c d; do
        sign_up $name >/dev/null
        same "$name before the invitation" "$nowhere" "$(app "$(token $name)" "$standing")"
        same "what $name sees before it" '' "$(app "$(token $name)" "$sees")"
        same "why $name sees nothing" 'the caller is a member of no tenant' "$(app "$(token $name)" "$why")"
    done
    invite a c '"admin"'
    invite a d '["admin", "member"]'
    sign_in c
    c_token=$(token c)
    d_token=$(token d)
    same "what C's token names" 'nothing nothing' "$(names "$c_token")"
    same "what D's token names" "$a_organization admin,member" "$(names "$d_token")"
    same 'C, of one organization' "$a_organization|{admin}|$admin" "$(app "$c_token" "$standing")"
    same 'D, with two roles' \
        "$a_organization|{admin,member}|${admin/members.\*,/members.*,members.read,}" "$(app "$d_token" "$standing")"
    for name in c_token d_token; do
        same "what $name sees" 'of a' "$(app "${!name}" "$sees")"
        same "what $name changes" 'of a' "$(app "${!name}" 'UPDATE notes SET body = body RETURNING body;')"
    done
}

# D is a member of B's organization too, and acts for neither.
check_several() {
    local both d_free out
    local there="SELECT auth.tenant_id(), auth.roles(), auth.has_permission('members.invite'), string_agg(body, ', ') FROM notes;"
    invite b d '"member"'
    sign_in d
    d_free=$(token d)
    both=$(sorted "$a_organization" "$b_organization")
    same 'what a token of D names' 'nothing nothing' "$(names "$d_free")"
    same 'D, of two organizations' "$nowhere" "$(app "$d_free" "$standing")"
    same "D's organizations" "$both" "$(app "$d_free" "$all_tenants")"
    same 'what D sees' '' "$(app "$d_free" "$sees")"
    same 'why D sees nothing' 'the caller belongs to several tenants, and has chosen none with auth.use_tenant()' \
        "$(app "$d_free" "$why")"

    same "D in A's" "$a_organization|{admin,member}|t|of a" \
        "$(app "$d_free" "$there" "$a_organization")"
    same "D in B's" "$b_organization|{member}|f|of b" \
        "$(app "$d_free" "$there" "$b_organization")"
    same 'D in one after the other' 'of a,of b,of a' \
        "$(app "$d_free" "$sees
SELECT auth.use_tenant('$b_organization') \\g /dev/null
$sees
SELECT auth.use_tenant('$a_organization') \\g /dev/null
$sees" "$a_organization" | paste -sd ,)"
    # A token that names one does not keep its bearer from choosing the other.
    same "D's choice against their token" 'of b' "$(app "$d_token" "$sees" "$b_organization")"
    out=$(app "$c_token" "$sees" "$b_organization")
    [[ $out =~ ^ERROR:\ +42501: ]] || fail "C chooses B's organization: $out"
    out=$(app "$c_token" "SELECT auth.use_tenant('$b_organization');")
    [[ $out =~ ^ERROR:\ +42501: ]] || fail "C uses B's organization: $out"
}

is_valid_for_minutes="SELECT auth.user_id() IS NOT NULL, (auth.claim_text('exp'))::numeric - extract(epoch FROM now()) > 600;"
not_in_named='the caller is no member of the tenant that the claims name'

# C is removed in the middle of a transaction, and in a session that A and C use in turn, as behind a pooler.
check_removed() {
    local who out
    act_for c "$a_organization"
    c_token=$(token c)
    same "what C's token names" "$a_organization admin" "$(names "$c_token")"
    session=pooled open_session
    session=busy open_session
    for who in c_token a_token c_token; do
        same "$who in the pooled session" 'of a' "$(session=pooled open_app "${!who}" "$sees")"
    done
    session=busy open_say "$(login "$c_token")"
    same 'C in the open transaction' 'of a' "$(session=busy open_say "$sees")"
    same 'C in the open transaction' "$a_organization|{admin}|$admin" "$(session=busy open_say "$standing")"

    ask a organization/remove-member -d '{"memberIdOrEmail": "c@example.test"}' >/dev/null

    same 'what C sees at the next statement' '' "$(session=busy open_say "$sees")"
    same 'C at the next statement' "$nowhere" "$(session=busy open_say "$standing")"
    same "C's tenants at the next statement" '{}' "$(session=busy open_say "$all_tenants")"
    same 'why C sees nothing' "$not_in_named" "$(session=busy open_say "$why")"
    same "C's token" 't|t' "$(session=busy open_say "$is_valid_for_minutes")"
    out=$(session=busy open_say "INSERT INTO notes (tenant_id, body) VALUES ('$a_organization', 'of c');")
    [[ $out =~ ^ERROR:\ +42501: ]] || fail "C writes after the removal: $out"
    session=busy open_say 'ROLLBACK;'
    same 'what C sees in the pooled session' '' "$(session=pooled open_app "$c_token" "$sees")"
    same 'C in the pooled session' "$nowhere" "$(session=pooled open_app "$c_token" "$standing")"
    same 'what A sees in the pooled session' 'of a' "$(session=pooled open_app "$a_token" "$sees")"
    same 'what C sees in the pooled session, after A' '' "$(session=pooled open_app "$c_token" "$sees")"
    same 'what C sees in a new session' '' "$(app "$c_token" "$sees")"
    out=$(app "$c_token" "$sees" "$a_organization")
    [[ $out =~ ^ERROR:\ +42501: ]] || fail "C chooses an organization that they were removed from: $out"
    session=busy close_session
    session=pooled close_session
}

# D leaves A's organization, and is still a member of B's. That is no reason to take B's for the one that a token means.
check_left() {
    act_for d "$a_organization"
    d_token=$(token d)
    ask d organization/leave -d "{\"organizationId\": \"$a_organization\"}" >/dev/null
    same 'what the token of D names' "$a_organization admin,member" "$(names "$d_token")"
    same 'D with a token of before' "$nowhere" "$(app "$d_token" "$standing")"
    same "D's organizations" "{$b_organization}" "$(app "$d_token" "$all_tenants")"
    same 'what D sees' '' "$(app "$d_token" "$sees")"
    same 'why D sees nothing' "$not_in_named" "$(app "$d_token" "$why")"
    same 'what D sees by choice' 'of b' "$(app "$d_token" "$sees" "$b_organization")"
    same 'what D sees with a new token' 'of b' "$(app "$(token d)" "$sees")"
}

# Nothing keeps a user from being twice in Better Auth's table.
check_duplicates() {
    local role
    for role in owner owner viewer; do
        as_owner_of_members "INSERT INTO member (id, \"userId\", \"organizationId\", role, \"createdAt\")
            VALUES (gen_random_uuid()::$ids, '$a_user', '$a_organization', '$role', now())"
    done
    same 'A, four times a member' "{$a_organization}|{owner,viewer}|of a" "$(app "$a_token" \
        "SELECT auth.tenant_ids(), ARRAY(SELECT unnest(auth.roles()) ORDER BY 1), string_agg(body, ', ') FROM notes;")"
    as_owner_of_members "DELETE FROM member WHERE \"userId\" = '$a_user' AND
        id <> (SELECT min(id::text)::$ids FROM member WHERE \"userId\" = '$a_user')"
    set_role "$a_user" "$a_organization" owner
    same 'A, once a member' "$a_organization|$owner" "$(app "$a_token" "$standing")"
}

# Callers cannot make themselves members.
check_writers() {
    local use_members="SELECT tenancy.use_members('neon_auth.member', 'userId', 'organizationId', 'role')" out write
    as_owner_of_members 'GRANT USAGE ON SCHEMA neon_auth TO authenticated, anonymous'
    for write in "INSERT INTO neon_auth.member SELECT * FROM neon_auth.member" "UPDATE neon_auth.member SET role = 'owner'" \
        'DELETE FROM neon_auth.member' 'TRUNCATE neon_auth.member' 'SELECT role FROM neon_auth.member'; do
        out=$(app "$c_token" "$write;")
        [[ $out =~ ^ERROR:\ +42501:\ +permission\ denied\ for\ table\ member ]] || fail "$write, by a caller: $out"
    done
    not_used_with_writers_of_members "$use_members"
    same 'the table of members, still' 'of a' "$(app "$a_token" "$sees")"
    as_admin "$use_members" >/dev/null

    # What the administrator may no longer read makes nobody a member.
    as_owner_of_members 'REVOKE SELECT ("userId", "organizationId", role) ON member FROM better_auth_admin'
    same 'what A sees by members that must not be read' '' "$(app "$a_token" "$sees")"
    same 'why A sees nothing' 'the table of members may not be read by the administrator, who needs SELECT on it and, under row security, to own it' \
        "$(app "$a_token" "$why")"
    as_owner_of_members 'GRANT SELECT ("userId", "organizationId", role) ON member TO better_auth_admin'
    same 'what A sees again' 'of a' "$(app "$a_token" "$sees")"
}

check_members() {
    check_roles
    check_invited
    check_several
    check_removed
    check_left
    check_duplicates
    check_writers
}
