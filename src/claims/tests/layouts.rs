//! Claims read by layouts: what holds for all of them, and what a provider's own tokens say (providers.rs).

use super::claims;
use crate::claims::layout::*;
use crate::claims::{Claims, MAX_BYTES};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Every layout by name, and auto.
pub const LAYOUTS: [&str; 18] = [
    "auto",
    "clerk_v2",
    "clerk_v1",
    "neon_auth",
    "descope",
    "firebase",
    "stack_auth",
    "kinde",
    "workos",
    "auth0",
    "cognito",
    "entra",
    "keycloak",
    "plain",
    "org_id",
    "organization_id",
    "supabase",
    "better_auth",
];

pub fn places(layout: &str) -> Places {
    Places::new(layout, None, None, None, &[]).unwrap_or_else(|| unreachable!("{layout}"))
}

pub fn said(layout: &str, json: &Value) -> Said {
    places(layout).read(&claims(&json.to_string()))
}

/// What holds of all claims in every layout.
pub fn check(claims: &Claims) {
    for layout in LAYOUTS {
        let said = places(layout).read(claims);
        if let Named::Tenant(active) = &said.tenant {
            assert!(!active.is_empty());
            assert_eq!(said.tenants.first(), Some(active));
        }
        for tenant in said.tenants.iter().map(String::as_str).chain(["no such"]) {
            assert!(!tenant.is_empty());
            let rights = said.rights_in(tenant);
            for words in [&rights.roles, &rights.permissions] {
                assert!(words.iter().all(|word| !word.is_empty()), "{words:?}");
                let mut sorted = words.clone();
                sorted.sort();
                sorted.dedup();
                assert_eq!(sorted.len(), words.len(), "{words:?}");
            }
        }
    }
}

fn by_hand(layout: &str, paths: [&[&str]; 3], json: &Value) -> Said {
    let [tenant, roles, permissions] = paths.map(|path| {
        let path: Vec<String> = path.iter().map(|key| key.to_string()).collect();
        Some(path).filter(|path| !path.is_empty())
    });
    let places = Places::new(layout, tenant, roles, permissions, &[]);
    places.unwrap_or_else(|| unreachable!("{layout}")).read(&claims(&json.to_string()))
}

#[test]
fn every_layout_of_the_document_is_known_by_its_name() {
    let document = include_str!("../../../sql/layouts.sql");
    let names: Vec<&str> = document
        .match_indices("{\"name\":\"")
        .filter_map(|(at, start)| document[at + start.len()..].split('"').next())
        .collect();
    assert_eq!(names, LAYOUTS[1..]);
    for layout in LAYOUTS {
        assert!(places(layout).sought().len() > 2, "{layout}");
    }
    for unknown in ["", "Plain", "no such", "clerk"] {
        assert!(Places::new(unknown, None, None, None, &[]).is_none(), "{unknown}");
    }
}

/// In the order that is promised, each found and then taken away.
#[test]
fn auto_takes_the_most_telling_first() {
    let mut claims = json!({
        "v": 2, "o": {"id": "1", "slug": "s", "role": "r"}, "org_id": "2", "org_role": "r", "dct": "4",
        "firebase": {"tenant": "5"}, "selected_team_id": "6", "org_code": "7", "tenant_id": "8", "organization_id": "10",
        "app_metadata": {"tenant_id": "11", "org_id": "12"}
    });
    let steps = [
        "/v",
        "",
        "/o",
        "/dct",
        "/firebase",
        "/selected_team_id",
        "/org_code",
        "/tenant_id",
        "/org_id",
        "/organization_id",
        "/app_metadata/tenant_id",
        "/app_metadata/org_id",
    ];
    let tenants = ["1", "2", "1", "4", "5", "6", "7", "8", "2", "10", "11", "12"];
    for (gone, tenant) in steps.into_iter().zip(tenants) {
        assert_eq!(said("auto", &claims).tenant, Named::Tenant(tenant.into()), "{claims}");
        match gone {
            // Clerk's first version goes with the role, Neon Auth's organization is next.
            "" => claims["org_role"] = Value::Null,
            gone => claims.pointer_mut(gone).into_iter().for_each(|value| *value = Value::Null),
        }
    }
    assert_eq!(said("auto", &claims).tenant, Named::Nothing);
    assert_eq!(
        places("auto").sought(),
        "o.id, org_id, dct, tenants.*, firebase.tenant, selected_team_id, org_code, tenant_id, organization_id, \
         app_metadata.tenant_id, app_metadata.org_id"
    );
}

#[test]
fn auto_believes_no_sign_that_is_only_likely() {
    let claims =
        json!({"iss": "https://api.stack-auth.com/x", "sub": "auth0|1", "tenant_id": "t", "roles": ["a"]});
    assert_eq!(said("auto", &claims).rights_in("t").roles, ["a"]);
    // Where the claims show nothing, their roles are those of plain.
    let none = json!({"sub": "u", "roles": ["a"], "permissions": ["p"], "role": "admin"});
    assert_eq!(said("auto", &none).rights_in("t"), said("plain", &none).rights_in("t"));
    assert_eq!(said("auto", &none).rights_in("t").roles, ["a"]);
}

#[test]
fn a_tenant_of_the_wrong_shape_is_unclear_and_no_later_path_is_tried() {
    let wrong = [
        "\"\"",
        "true",
        "false",
        "1.5",
        "1.0",
        "1e2",
        "-0",
        "18446744073709551616",
        "-9223372036854775809",
        "[]",
        "[\"t\"]",
        "{}",
    ];
    for wrong in wrong {
        let text =
            format!("{{\"app_metadata\":{{\"tenant_id\":{wrong},\"org_id\":\"x\",\"roles\":[\"a\"]}}}}");
        for layout in ["supabase", "auto"] {
            let said = places(layout).read(&claims(&text));
            assert_eq!((&said.tenant, said.tenants.len()), (&Named::Unclear, 0), "{wrong}");
            // It is no claim that leaves the tenant open, either.
            assert_eq!(said.rights_in("x"), Rights::default());
        }
    }
    let right = [
        ("\"t\"", "t"),
        ("\" \"", " "),
        ("7", "7"),
        ("-7", "-7"),
        ("0", "0"),
        ("18446744073709551615", "18446744073709551615"),
        ("-9223372036854775808", "-9223372036854775808"),
    ];
    for (right, tenant) in right {
        let text = format!("{{\"tenant_id\":{right},\"org_id\":\"other\"}}");
        assert_eq!(places("auto").read(&claims(&text)).tenant, Named::Tenant(tenant.into()));
    }
    let null = json!({"tenant_id": null, "org_id": "other"});
    assert_eq!(said("auto", &null).tenant, Named::Tenant("other".into()));
}

#[test]
fn paths_given_by_hand_take_the_place_of_the_layouts() {
    let claims = json!({"dct": "t1", "tenants": {"t1": {"roles": ["a"], "permissions": ["p"]}, "t2": {"roles": ["b"]}},
        "mine": {"tenant": "t2", "roles": "x, y", "can": "read write", "*": ["star"]}});
    let tenant = by_hand("descope", [&["mine", "tenant"], &[], &[]], &claims);
    assert_eq!((&tenant.tenant, &tenant.tenants[..]), (&Named::Tenant("t2".into()), &["t2".to_owned()][..]));
    assert_eq!(tenant.rights_in("t2").roles, ["b"]);
    let roles = by_hand("descope", [&[], &["mine", "roles"], &[]], &claims);
    assert_eq!(
        roles.rights_in("t1"),
        Rights { roles: vec!["x".into(), "y".into()], permissions: vec!["p".into()] }
    );
    let permissions = by_hand("descope", [&[], &[], &["mine", "can"]], &claims);
    assert_eq!(
        permissions.rights_in("t1"),
        Rights { roles: vec!["a".into()], permissions: vec!["read".into(), "write".into()] }
    );
    // A star is a key like any other there.
    assert_eq!(by_hand("plain", [&[], &["mine", "*"], &[]], &claims).rights_in("t").roles, ["star"]);
    // They win over what auto would guess, and nothing else is tried.
    let all = [&["mine", "tenant"][..], &["mine", "roles"], &["mine", "can"]];
    let said = by_hand("auto", all, &claims);
    assert_eq!((&said.tenant, said.rights_in("t2").roles.len()), (&Named::Tenant("t2".into()), 2));
    let nothing =
        by_hand("auto", [&["no", "such"], &["no"], &["no"]], &json!({"tenant_id": "t", "roles": ["a"]}));
    assert_eq!((&nothing.tenant, nothing.rights_in("t")), (&Named::Nothing, Rights::default()));
    // The role beside one organization is none in the tenant that another claim names.
    let apart = json!({"o": {"id": "a", "role": "owner"}, "tenant_id": "b"});
    assert_eq!(by_hand("neon_auth", [&["tenant_id"], &[], &[]], &apart).rights_in("b"), Rights::default());
    // It is where somebody has said so.
    let said = by_hand("neon_auth", [&["tenant_id"], &["o", "role"], &[]], &apart);
    assert_eq!(said.rights_in("b").roles, ["owner"]);
    let slug = json!({"o": {"id": "a", "slug": "s", "role": "owner"}});
    assert_eq!(by_hand("neon_auth", [&["o", "slug"], &[], &[]], &slug).rights_in("s").roles, ["owner"]);
    // A path that the tables let pass, though no function would write it, leads nowhere.
    let empty = Places::new("plain", Some(Vec::new()), None, None, &[]);
    assert_eq!(
        empty.map(|places| places.read(&super::claims("{\"tenant_id\":\"t\"}")).tenant),
        Some(Named::Nothing)
    );
}

#[test]
fn lists_are_strings_or_arrays_of_strings() {
    for odd in [
        json!(true),
        json!(7),
        json!({"a": "b"}),
        json!([["a"]]),
        json!(["a", 7]),
        json!(["a", null]),
        json!([]),
        json!(""),
        json!(" , "),
        json!([""]),
    ] {
        let claims = json!({"tenant_id": "t", "roles": odd, "permissions": odd});
        let rights = said("plain", &claims).rights_in("t");
        assert!(rights.roles.is_empty(), "{odd}");
        assert!(rights.permissions.is_empty() || odd == json!(" , "), "{odd}");
    }
    let twice = json!({"tenant_id": "t", "roles": "a,b,a", "permissions": ["p", "", "p"]});
    let rights = said("plain", &twice).rights_in("t");
    assert_eq!((rights.roles, rights.permissions), (vec!["a".into(), "b".into()], vec!["p".to_owned()]));
}

#[test]
fn what_users_write_is_no_source() {
    let keys = [
        "user_metadata",
        "userMetadata",
        "USER_METADATA",
        "unsafe_metadata",
        "unsafeMetadata",
        "user-metadata",
        "https://example.com/user_metadata",
        "https://example.com/user_metadata/tenant",
        "UnsafeMetadata",
    ];
    for key in keys {
        let path = Some(vec!["a".to_owned(), key.to_owned(), "b".to_owned()]);
        assert!(Places::new("plain", path.clone(), None, None, &[]).is_none(), "{key}");
        assert!(Places::new("plain", None, path.clone(), None, &[]).is_none(), "{key}");
        assert!(Places::new("auto", None, None, path, &[]).is_none(), "{key}");
    }
    for key in [
        "app_metadata",
        "public_metadata",
        "user",
        "metadata",
        "usermetadatas",
        "https://example.com/user/tenant",
    ] {
        assert!(Places::new("plain", Some(vec![key.to_owned()]), None, None, &[]).is_some(), "{key}");
    }
    // Whatever they hold, nothing of it is found.
    for name in ["user_metadata", "unsafe_metadata", "unsafeMetadata"] {
        let forged = json!({"tenant_id": "t", "org_id": "t", "o": {"id": "t", "role": "r", "slug": "s"}, "dct": "t",
            "tenants": {"t": {"roles": ["r"]}}, "role": "r", "roles": ["r"], "permissions": ["p"], "organization": ["t"],
            "app_metadata": {"tenant_id": "t", "roles": ["r"]}, "tid": "t", "custom:tenant_id": "t", "sts": "pending"});
        for layout in LAYOUTS {
            let said = said(layout, &json!({name: forged}));
            assert_eq!(
                (&said.tenant, said.tenants.len(), said.restriction),
                (&Named::Nothing, 0, None),
                "{layout}"
            );
            assert_eq!(said.rights_in("t"), Rights::default(), "{layout}");
        }
    }
}

#[test]
fn callers_who_get_no_tenant() {
    use Restriction::*;
    let cases = [
        (json!({"sts": "pending"}), Pending),
        (json!({"sts": "Pending"}), Pending),
        (json!({"sts": true}), Pending),
        (json!({"is_anonymous": true}), Anonymous),
        (json!({"firebase": {"sign_in_provider": "anonymous"}}), Anonymous),
        (json!({"is_restricted": true}), Restricted),
        (json!({"banned": true}), Banned),
        (json!({"banned": "false"}), Banned),
        (json!({"is_anonymous": 0}), Anonymous),
        (json!({"is_restricted": []}), Restricted),
        (json!({"banned": true, "is_anonymous": true, "sts": "pending"}), Pending),
    ];
    for (claims, restriction) in cases {
        for layout in LAYOUTS {
            assert_eq!(said(layout, &claims).restriction, Some(restriction), "{layout}: {claims}");
        }
    }
    for claims in [
        json!({"sts": "active"}),
        json!({"sts": null}),
        json!({"firebase": {"sign_in_provider": "password"}}),
        json!({"is_anonymous": false}),
        json!({"is_restricted": null}),
        json!({"banned": false, "is_anonymous": false}),
        json!({"app_metadata": {"banned": true}}),
    ] {
        assert_eq!(said("auto", &claims).restriction, None, "{claims}");
    }
    let names = ["pending", "anonymous", "restricted", "banned"];
    assert_eq!([Pending, Anonymous, Restricted, Banned].map(|one| one.to_string()), names);
    let all = json!({"sts": "pending", "is_anonymous": true, "is_restricted": true, "banned": true});
    let with = |allow: &[&str]| {
        let allow: Vec<String> = allow.iter().map(|word| word.to_string()).collect();
        Some(Places::new("plain", None, None, None, &allow)?.read(&claims(&all.to_string())).restriction)
    };
    assert_eq!(with(&["pending"]), Some(Some(Anonymous)));
    assert_eq!(with(&["anonymous", "pending"]), Some(Some(Restricted)));
    assert_eq!(with(&names[..3]), Some(Some(Banned)));
    assert_eq!(with(&names), Some(None));
    assert_eq!(with(&["pending", "no such"]), None);
    assert_eq!(with(&["Pending"]), None);
}

#[test]
fn one_tenant_may_be_written_in_two_ways() {
    let (lower, upper) = ("42c3e46f-2477-44d7-a85b-d3b43f6b31fa", "42C3E46F-2477-44D7-A85B-D3B43F6B31FA");
    assert!(same_tenant(lower, upper) && same_tenant("a", "a") && same_tenant("7", "7"));
    assert!(
        !same_tenant("a", "A") && !same_tenant("7", "07") && !same_tenant(lower, &upper.replace('-', ""))
    );
    let said =
        said("descope", &json!({"dct": upper, "tenants": {lower: {"roles": ["a"]}, "x": {}, "X": {}}}));
    assert_eq!(said.tenants, [upper, "X", "x"]);
    assert_eq!(said.rights_in(lower).roles, ["a"]);
    assert_eq!(said.rights_in(upper).roles, ["a"]);
}

#[test]
fn of_too_many_none_counts() {
    let many = |count: usize| (0..count).map(|n| format!("n{n}")).collect::<Vec<_>>();
    for (count, kept) in [(MAX_KEPT, MAX_KEPT), (MAX_KEPT + 1, 0)] {
        let rights = said(
            "plain",
            &json!({"tenant_id": "t", "roles": many(count), "permissions": many(count).join(" ")}),
        );
        let rights = rights.rights_in("t");
        assert_eq!((rights.roles.len(), rights.permissions.len()), (kept, kept));
        let listed =
            said("keycloak", &json!({"organization": many(count), "realm_access": {"roles": ["admin"]}}));
        assert_eq!(listed.tenants.len(), kept);
        // They are no less listed for being too many.
        assert_eq!(listed.rights_in("another"), Rights::default());
        assert_eq!(listed.rights_in("n1").roles.len(), kept.min(1));
    }
}

#[test]
fn a_list_that_cannot_be_read_leaves_no_tenant_open() {
    let claims =
        |organization: Value| json!({"organization": organization, "realm_access": {"roles": ["admin"]}});
    for odd in [
        json!(7),
        json!("acme"),
        json!([7]),
        json!([""]),
        json!([{"id": "t"}]),
        json!({"t": null}),
        json!({"a": {"id": ["t"]}}),
        json!({"": {}}),
        json!(true),
    ] {
        let said = said("keycloak", &claims(odd.clone()));
        assert_eq!((said.tenants.len(), said.rights_in("t")), (0, Rights::default()), "{odd}");
    }
    for none in [json!([]), json!({}), json!(null)] {
        assert_eq!(said("keycloak", &claims(none)).rights_in("t").roles, ["admin"]);
    }
}

#[test]
fn hostile_claims_take_no_time() {
    let began = Instant::now();
    let words = |word: &str| word.repeat((MAX_BYTES - 200) / word.len());
    let entries: Vec<String> = (0..3000).map(|n| format!("\"t{n}\":{{\"id\":{n}}}")).collect();
    for text in [
        format!("{{\"organization\":{{{}}}}}", entries.join(",")),
        format!("{{\"tenants\":{{{}}}}}", entries.join(",")),
        format!("{{\"organization\":[{}\"x\"]}}", words("\"a\",")),
        format!("{{\"tenant_id\":\"t\",\"roles\":\"{}\"}}", words("a,")),
        format!("{{\"tenant_id\":\"t\",\"roles\":[{}\"x\"]}}", words("\"\",")),
        format!("{{\"tenant_id\":\"t\",\"permissions\":\"{}\"}}", words("a ")),
        format!("{{\"org_id\":\"t\",\"org_role\":\"{}\"}}", words("org:")),
        format!(
            "{{\"v\":2,\"fea\":\"o:a\",\"o\":{{\"id\":\"t\",\"per\":\"r\",\"fpm\":\"{}\"}}}}",
            words("9")
        ),
    ] {
        check(&claims(&text));
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}
