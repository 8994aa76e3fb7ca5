//! Tokens in the shapes in which providers write them, read by the layout of the provider and, where it may, by auto.

use super::layouts::{places, said};
use crate::claims::layout::*;
use serde_json::{Value, json};

/// The rights in a tenant, as slices to compare with.
fn rights(roles: &[&str], permissions: &[&str]) -> Rights {
    let owned = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
    Rights { roles: owned(roles), permissions: owned(permissions) }
}

/// One active tenant with these rights, and no other tenant with any.
fn assert_active(layouts: &[&str], claims: &Value, tenant: &str, expected: Rights) {
    for layout in layouts {
        let said = said(layout, claims);
        assert_eq!(said.tenant, Named::Tenant(tenant.to_owned()), "{layout}");
        assert_eq!(said.tenants, [tenant], "{layout}");
        assert_eq!(said.restriction, None, "{layout}");
        assert_eq!(said.rights_in(tenant), expected, "{layout}");
        assert_eq!(said.rights_in("another"), Rights::default(), "{layout}");
    }
}

fn neon_auth() -> Value {
    json!({"iat": 1766320685, "name": "Ann Example", "email": "ann@example.com", "emailVerified": false, "image": null,
        "createdAt": "2025-12-20T11:04:41.437Z", "updatedAt": "2025-12-20T11:04:41.437Z", "role": "authenticated",
        "banned": false, "banReason": null, "banExpires": null, "id": "860dc360-609f-4b7d-9e70-ec93fe6414d3",
        "sub": "860dc360-609f-4b7d-9e70-ec93fe6414d3", "exp": 1766321585, "iss": "https://auth.example",
        "aud": "https://auth.example", "o": {"id": "org-123", "slug": "my-org", "role": "owner"}})
}

#[test]
fn neon_auth_and_better_auth() {
    assert_active(&["auto", "neon_auth", "better_auth"], &neon_auth(), "org-123", rights(&["owner"], &[]));
    let mut several = neon_auth();
    several["o"]["role"] = json!("admin, member,,admin");
    assert_active(&["auto", "neon_auth"], &several, "org-123", rights(&["admin", "member"], &[]));
    let active = json!({"sub": "u", "role": "admin", "activeOrganizationId": "t"});
    assert_active(&["better_auth"], &active, "t", Rights::default());
    // A role beside another organization than the one that was named is none in that.
    let apart = json!({"activeOrganizationId": "t", "o": {"role": "owner"}});
    assert_active(&["better_auth"], &apart, "t", Rights::default());
    assert_eq!(said("neon_auth", &json!({"o": {"role": "owner"}})).rights_in("t"), Rights::default());
}

#[test]
fn auto_takes_an_organization_of_which_more_is_said() {
    for o in [json!({"id": "t", "slug": "s"}), json!({"id": "t", "role": "owner"})] {
        assert_eq!(said("auto", &json!({"o": o})).tenant, Named::Tenant("t".into()));
    }
    assert_eq!(said("auto", &json!({"o": {"id": "t"}})).tenant, Named::Nothing);
    assert_eq!(said("auto", &json!({"o": {"id": "t"}, "org_id": "u"})).tenant, Named::Tenant("u".into()));
}

#[test]
fn clerk() {
    let v1 = json!({"org_id": "org_1", "org_role": "org:admin", "org_slug": "test", "org_permissions":
        ["org:impersonation:read", "org:impersonation:manage"]});
    let v2 = json!({"v": 2, "fea": "o:impersonation", "o": {"id": "org_1", "rol": "admin", "slg": "test",
        "per": "read,manage", "fpm": "3"}});
    let expected = rights(&["org:admin"], &["org:impersonation:read", "org:impersonation:manage"]);
    assert_active(&["auto", "clerk_v1"], &v1, "org_1", expected.clone());
    assert_active(&["auto", "clerk_v2"], &v2, "org_1", expected);
    // A prefix is there once, however often it was written.
    for role in ["admin", "org:admin", "org:org:admin"] {
        assert_eq!(
            said("clerk_v1", &json!({"org_id": "t", "org_role": role})).rights_in("t").roles,
            ["org:admin"]
        );
        let v2 = json!({"v": 2, "o": {"id": "t", "rol": role}});
        assert_eq!(said("auto", &v2).rights_in("t").roles, ["org:admin"]);
    }
    assert!(said("clerk_v1", &json!({"org_id": "t", "org_role": "org:"})).rights_in("t").roles.is_empty());
    // Another version is not taken for this one.
    for v in [json!("2"), json!(3), json!([2]), json!(null)] {
        assert_eq!(said("auto", &json!({"v": v, "o": {"id": "t", "rol": "admin"}})).tenant, Named::Nothing);
    }
    // In a session of one's own there is no organization.
    assert_eq!(said("auto", &json!({"v": 2, "sub": "user_1", "fea": "u:x"})).tenant, Named::Nothing);
}

#[test]
fn stack_auth() {
    let claims = json!({"iss": "https://api.stack-auth.com/api/v1/projects/p", "sub": "user", "aud": "p",
        "project_id": "p", "branch_id": "main", "role": "authenticated", "selected_team_id": "team_789",
        "is_anonymous": false, "is_restricted": false, "restricted_reason": null});
    assert_active(&["auto", "stack_auth"], &claims, "team_789", Rights::default());
}

#[test]
fn auth0() {
    let claims = json!({"iss": "https://example.auth0.com/", "sub": "auth0|1", "aud": ["https://example-api/"],
        "scope": "openid profile", "org_id": "org_9", "permissions": ["delete:stuff", "read:stuff"],
        "https://example.com/roles": ["editor"]});
    let permissions = rights(&[], &["delete:stuff", "read:stuff"]);
    assert_active(&["auto", "auth0"], &claims, "org_9", permissions);
    let roles = Some(vec!["https://example.com/roles".to_owned()]);
    let Some(places) = Places::new("auth0", None, roles, None, &[]) else { unreachable!() };
    assert_eq!(places.read(&super::claims(&claims.to_string())).rights_in("org_9").roles, ["editor"]);
}

#[test]
fn workos() {
    let claims = json!({"iss": "https://api.workos.com", "sub": "user_1", "act": {"sub": "admin@example.com"},
        "org_id": "org_1", "role": "member", "roles": ["member", "billing"], "permissions": ["posts:read"],
        "entitlements": ["audit-logs"], "sid": "session_1"});
    assert_active(&["workos"], &claims, "org_1", rights(&["member", "billing"], &["posts:read"]));
}

/// A claim `role` at the top is a database role, and a business role in WorkOS' tokens alone.
#[test]
fn a_role_at_the_top_is_no_role_but_of_workos() {
    let everything = json!({"role": "admin", "tenant_id": "t", "org_id": "t", "organization_id": "t", "o": {"id": "t"},
        "app_metadata": {"tenant_id": "t"}, "selected_team_id": "t", "firebase": {"tenant": "t"}, "organization": ["t"],
        "custom:tenant_id": "t", "tid": "t", "org_code": "t", "dct": "t"});
    for layout in super::layouts::LAYOUTS {
        let said = said(layout, &everything);
        assert_eq!(said.tenants, ["t"], "{layout}");
        let expected: &[&str] = if layout == "workos" { &["admin"] } else { &[] };
        assert_eq!(said.rights_in("t").roles, expected, "{layout}");
    }
}

#[test]
fn supabase() {
    let claims = |metadata: Value| {
        json!({"sub": "u", "role": "authenticated", "aal": "aal1", "is_anonymous": false, "app_metadata": metadata,
            "user_metadata": {"tenant_id": "forged", "roles": ["owner"], "permissions": ["everything"]}})
    };
    let whole = claims(
        json!({"tenant_id": "t", "org_id": "o", "role": "a,b", "roles": ["b", "c"], "permissions": "x y"}),
    );
    assert_active(&["auto", "supabase"], &whole, "t", rights(&["a", "b", "c"], &["x", "y"]));
    let org = claims(json!({"org_id": "o", "groups": ["g"]}));
    assert_active(&["auto", "supabase"], &org, "o", Rights::default());
    // Where the claims name no tenant, their roles are good in whichever the caller has by other means.
    let none = claims(json!({"roles": ["editor"]}));
    assert_eq!(said("supabase", &none).rights_in("any").roles, ["editor"]);
    assert_eq!(said("supabase", &none).tenants, [""; 0]);
}

#[test]
fn firebase_cognito_entra_and_kinde() {
    let firebase = json!({"sub": "u", "user_id": "u", "firebase": {"tenant": "t-1", "sign_in_provider": "password"},
        "roles": ["editor"]});
    assert_active(&["auto", "firebase"], &firebase, "t-1", rights(&["editor"], &[]));
    let cognito = json!({"sub": "u", "cognito:groups": ["admin"], "token_use": "access", "custom:tenant_id": "t",
        "scope": "aws.cognito.signin.user.admin api/read", "client_id": "c"});
    let expected = rights(&["admin"], &["aws.cognito.signin.user.admin", "api/read"]);
    assert_active(&["cognito"], &cognito, "t", expected);
    let entra = json!({"oid": "o", "sub": "s", "tid": "T", "roles": ["Reader"], "wids": ["w"], "scp": "Files.Read Mail.Read",
        "ver": "2.0", "groups": ["g"]});
    assert_active(&["entra"], &entra, "T", rights(&["Reader", "w"], &["Files.Read", "Mail.Read"]));
    let kinde = json!({"azp": "a", "org_code": "org_1", "permissions": ["create:competitions"],
        "feature_flags": {"analytics": {"t": "b", "v": true}}, "scp": ["openid"], "sub": "kp:_1"});
    assert_active(&["auto", "kinde"], &kinde, "org_1", rights(&[], &["create:competitions"]));
}

/// Of a user in more than 200 groups Entra ID says only where the groups are to be found.
#[test]
fn a_claim_whose_value_is_elsewhere_grants_nothing() {
    let overage = json!({"tid": "t", "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x"}}});
    let groups = Some(vec!["groups".to_owned()]);
    let Some(by_groups) = Places::new("entra", None, groups, None, &[]) else { unreachable!() };
    let roles = |claims: &Value| by_groups.read(&super::claims(&claims.to_string())).rights_in("t").roles;
    assert_eq!(roles(&json!({"tid": "t", "groups": ["g"]})), ["g"]);
    assert!(roles(&overage).is_empty());
    let mut both = overage.clone();
    both["groups"] = json!(["g"]);
    assert!(roles(&both).is_empty());
    assert!(said("entra", &overage).rights_in("t").roles.is_empty());
}

#[test]
fn keycloak() {
    let realm = json!({"roles": ["admin"]});
    let claims = |organization: Value| {
        json!({"sub": "u", "typ": "Bearer", "organization": organization, "realm_access": realm,
            "resource_access": {"my-client": {"roles": ["client-admin"]}}, "scope": "openid email"})
    };
    let expected = rights(&["admin"], &["openid", "email"]);
    for (organization, tenants) in [
        (
            json!({"acme": {"id": "42c3e46f-2477-44d7-a85b-d3b43f6b31fa", "attr1": ["v"]}}),
            vec!["42c3e46f-2477-44d7-a85b-d3b43f6b31fa"],
        ),
        (json!({"acme": {}, "beta": {"attr1": ["v"]}}), vec!["acme", "beta"]),
        (json!(["acme", "beta"]), vec!["acme", "beta"]),
        (json!(["acme"]), vec!["acme"]),
    ] {
        let said = said("keycloak", &claims(organization));
        // Several, and none marked active.
        assert_eq!(said.tenant, Named::Nothing);
        assert_eq!(said.tenants, tenants);
        for tenant in tenants {
            assert_eq!(said.rights_in(tenant), expected);
        }
        assert_eq!(said.rights_in("another"), Rights::default());
    }
    let by_client = Some(["resource_access", "my-client", "roles"].map(str::to_owned).to_vec());
    let Some(by_client) = Places::new("keycloak", None, by_client, None, &[]) else { unreachable!() };
    let said = by_client.read(&super::claims(&claims(json!(["acme"])).to_string()));
    assert_eq!(said.rights_in("acme").roles, ["client-admin"]);
}

/// Phase Two's organizations for Keycloak mark the active one, and its roles are its own.
#[test]
fn an_active_organizations_roles_are_not_those_of_the_others() {
    let claims = json!({"active_organization": {"id": "a", "name": "A", "role": ["owner"]},
        "organization": {"first": {"id": "b"}, "second": {"id": "a"}}, "realm_access": {"roles": ["user"]}});
    let said = said("keycloak", &claims);
    assert_eq!(said.tenant, Named::Tenant("a".into()));
    assert_eq!(said.tenants, ["a", "b"]);
    assert_eq!(said.rights_in("a").roles, ["owner", "user"]);
    assert_eq!(said.rights_in("b").roles, ["user"]);
    assert_eq!(said.rights_in("c"), Rights::default());
}

#[test]
fn descope() {
    let tenants = json!({"t1": {"roles": ["editor"], "permissions": ["read"]}, "t2": {"roles": ["viewer"]}});
    let claims = json!({"iss": "P1", "sub": "u", "dct": "t1", "tenants": tenants, "roles": ["project admin"],
        "permissions": ["project"]});
    for layout in ["auto", "descope"] {
        let said = said(layout, &claims);
        assert_eq!(said.tenant, Named::Tenant("t1".into()));
        assert_eq!(said.tenants, ["t1", "t2"]);
        assert_eq!(said.rights_in("t1"), rights(&["editor"], &["read"]));
        assert_eq!(said.rights_in("t2"), rights(&["viewer"], &[]));
        assert_eq!(said.rights_in("t3"), Rights::default());
    }
    // None is marked active where there are several.
    let said_none = said("descope", &json!({"tenants": tenants, "roles": ["project admin"]}));
    assert_eq!((said_none.tenant, said_none.tenants.len()), (Named::Nothing, 2));
    // Without entries the tenant's roles are at the top.
    let flat = json!({"dct": "t1", "roles": ["editor"], "permissions": ["read"]});
    assert_active(&["auto", "descope"], &flat, "t1", rights(&["editor"], &["read"]));
    // An entry that is missing, or cannot be read, is not made up for by the top.
    for tenants in [
        json!({"t2": {}}),
        json!({"t1": null}),
        json!({"t1": "editor"}),
        json!("t1"),
        json!(["t1"]),
        json!(7),
    ] {
        let said = said("descope", &json!({"dct": "t1", "tenants": tenants, "roles": ["editor"]}));
        assert_eq!(said.rights_in("t1"), Rights::default(), "{tenants}");
    }
}

#[test]
fn plain_and_its_like() {
    for (layout, name) in
        [("plain", "tenant_id"), ("org_id", "org_id"), ("organization_id", "organization_id")]
    {
        let claims =
            json!({name: 7, "roles": ["a", "b,c"], "permissions": ["x.read", "x write"], "role": "postgres"});
        assert_active(&[layout, "auto"], &claims, "7", rights(&["a", "b,c"], &["x.read", "x write"]));
        let texts = json!({name: "7", "roles": " a, b ,", "permissions": " x.read\t x.write "});
        assert_active(&[layout, "auto"], &texts, "7", rights(&["a", "b"], &["x.read", "x.write"]));
    }
    assert_eq!(places("plain").sought(), "tenant_id");
    assert_eq!(places("keycloak").sought(), "active_organization.id, organization.*.id");
}
