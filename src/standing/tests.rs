#![allow(clippy::expect_used)]

use super::*;
use crate::claims::Claims;
use crate::claims::layout::Places;

const A: &str = "0a000000-0000-4000-8000-00000000000a";

fn said(layout: &str, claims: &str) -> Said {
    let places = Places::new(layout, None, None, None, &[]).expect("a layout");
    places.read(&Claims::parse(claims.as_bytes()).expect("claims"))
}

fn members(rows: &[(&str, &[&str])]) -> Members {
    let row = |(tenant, roles): &(&str, &[&str])| Membership {
        tenant: tenant.to_string(),
        roles: roles.iter().map(|role| role.to_string()).collect(),
    };
    Members { of_somebody: true, list: rows.iter().map(row).collect(), with_roles: true }
}

/// No table of members, nothing chosen, nothing pinned.
const ALONE: Circumstances = Circumstances {
    chosen: None,
    choice_believed: false,
    members: None,
    membership_required: true,
    pinned: None,
    roles: None,
};

fn with<'a>(members: &'a Members) -> Circumstances<'a> {
    Circumstances { members: Some(Ok(members)), ..ALONE }
}

fn tenant(claims: &str, given: &Circumstances) -> Result<String, Problem> {
    Standing::new(&said("plain", claims), given).tenant
}

#[test]
fn claims_alone() {
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &ALONE), Ok("a".into()));
    assert_eq!(tenant(r#"{"tenant_id": 7}"#, &ALONE), Ok("7".into()));
    assert_eq!(tenant(r#"{"tenant_id": ["a"]}"#, &ALONE), Err(Problem::Unclear));
    assert_eq!(tenant(r#"{"tenant_id": null}"#, &ALONE), Err(Problem::NotNamed));
    assert_eq!(
        tenant(r#"{"tenant_id": "a", "banned": true}"#, &ALONE),
        Err(Problem::Restricted(Restriction::Banned))
    );
}

#[test]
fn a_choice_must_be_listed_or_the_choosers_own() {
    let chosen =
        |tenant, believed| Circumstances { chosen: Some(tenant), choice_believed: believed, ..ALONE };
    let descope = said("descope", r#"{"tenants": {"a": {"roles": ["x"]}, "b": {"roles": ["y"]}}}"#);
    let standing = |given: &Circumstances| Standing::new(&descope, given);
    assert_eq!(standing(&ALONE).tenant, Err(Problem::Several));
    assert_eq!(tenants(&descope, &ALONE), ["a", "b"]);
    assert_eq!(standing(&chosen("b", false)).tenant, Ok("b".into()));
    assert_eq!(standing(&chosen("b", false)).rights.roles, ["y"]);
    assert_eq!(standing(&chosen("c", false)).tenant, Err(Problem::NotChosen));
    assert_eq!(standing(&chosen("c", true)).tenant, Ok("c".into()));
    // One that cannot be read is not as if there were none.
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &chosen("", true)), Err(Problem::NotChosen));
    // What the claims grant is not for a tenant that they do not name.
    assert_eq!(standing(&chosen("c", true)).rights, Rights::default());
}

#[test]
fn the_table_of_members_wins() {
    let both = members(&[("a", &["admin"]), ("b", &["viewer"])]);
    assert_eq!(tenant("{}", &with(&both)), Err(Problem::Several));
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &with(&both)), Ok("a".into()));
    assert_eq!(tenant(r#"{"tenant_id": "c"}"#, &with(&both)), Err(Problem::NotMember));
    assert_eq!(tenant(r#"{"tenant_id": {}}"#, &with(&both)), Err(Problem::Unclear));

    // The only membership counts where the claims name nothing, and not where they name another.
    let one = members(&[("a", &["admin"])]);
    assert_eq!(tenant("{}", &with(&one)), Ok("a".into()));
    assert_eq!(tenant(r#"{"tenant_id": "c"}"#, &with(&one)), Err(Problem::NotMember));
    assert_eq!(tenant("{}", &with(&members(&[]))), Err(Problem::NoMembership));
    let nobody = Members { of_somebody: false, ..members(&[]) };
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &with(&nobody)), Err(Problem::NoSub));

    // Roles come from it, in each tenant its own, and nothing from the claims.
    let claims = r#"{"tenant_id": "b", "roles": ["owner"], "permissions": ["all.things"]}"#;
    let standing = Standing::new(&said("plain", claims), &with(&both));
    assert_eq!(standing.rights, Rights { roles: vec!["viewer".into()], permissions: vec![] });

    // A choice that the caller's own claims would allow is none here.
    let chosen = Circumstances { chosen: Some("c"), choice_believed: true, ..with(&both) };
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &chosen), Err(Problem::NotChosen));
}

#[test]
fn roles_that_are_given_take_the_place_of_others_and_make_nobody_a_member() {
    let table = members(&[("a", &["viewer"]), ("b", &["viewer"])]);
    let roles = ["admin".to_owned()];
    let claims = r#"{"tenant_id": "a", "roles": ["owner"], "permissions": ["x.y"]}"#;
    for given in [
        Circumstances { roles: Some(&roles), ..ALONE },
        Circumstances { roles: Some(&roles), ..with(&table) },
    ] {
        let rights = Standing::new(&said("plain", claims), &given).rights;
        assert_eq!((rights.roles, rights.permissions), (vec!["admin".to_owned()], Vec::new()));
        let none = Standing::new(&said("plain", claims), &Circumstances { roles: Some(&[]), ..given }).rights;
        assert_eq!(none, Rights::default());
    }
    let given = Circumstances { roles: Some(&roles), ..with(&table) };
    assert_eq!(tenant(r#"{"tenant_id": "c"}"#, &given), Err(Problem::NotMember));
}

#[test]
fn without_a_column_for_roles_they_come_from_the_claims() {
    let table = Members { with_roles: false, ..members(&[("a", &[]), ("b", &[])]) };
    let claims = r#"{"tenant_id": "a", "roles": ["owner"]}"#;
    let standing = |given: &Circumstances| Standing::new(&said("plain", claims), given);
    assert_eq!(standing(&with(&table)).rights.roles, ["owner"]);
    // They are those of the tenant that the claims name.
    let chosen = Circumstances { chosen: Some("b"), ..with(&table) };
    assert_eq!(standing(&chosen).tenant, Ok("b".into()));
    assert!(standing(&chosen).rights.roles.is_empty());
}

#[test]
fn membership_not_required() {
    let one = members(&[("a", &["viewer"])]);
    let given = Circumstances { membership_required: false, ..with(&one) };
    let standing = |claims| Standing::new(&said("plain", claims), &given);
    assert_eq!(standing(r#"{"tenant_id": "c", "roles": ["owner"]}"#).tenant, Ok("c".into()));
    assert_eq!(standing(r#"{"tenant_id": "c", "roles": ["owner"]}"#).rights.roles, ["owner"]);
    // Where there is a row, it still wins.
    assert_eq!(standing(r#"{"tenant_id": "a", "roles": ["owner"]}"#).rights.roles, ["viewer"]);
    assert_eq!(tenants(&said("plain", "{}"), &given), ["a"]);
}

#[test]
fn a_table_that_cannot_be_read_makes_nobody_a_member() {
    let broken = Circumstances { members: Some(Err(Unreadable::Denied)), ..ALONE };
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &broken), Err(Problem::Unreadable(Unreadable::Denied)));
    assert!(tenants(&said("plain", r#"{"tenant_id": "a"}"#), &broken).is_empty());
}

#[test]
fn duplicates_unite() {
    let twice = members(&[(A, &["admin", "viewer"]), (A, &["viewer", "billing"])]);
    let standing = Standing::new(&said("plain", "{}"), &with(&twice));
    assert_eq!(standing.tenant, Ok(A.into()));
    assert_eq!(standing.rights.roles, ["admin", "viewer", "billing"]);
}

#[test]
fn the_table_decides_how_a_tenant_is_written() {
    let table = members(&[(A, &["admin"])]);
    let claims = format!(r#"{{"tenant_id": "{}"}}"#, A.to_uppercase());
    let standing = Standing::new(&said("plain", &claims), &with(&table));
    assert_eq!(standing.tenant, Ok(A.into()));
    assert_eq!(standing.rights.roles, ["admin"]);
}

#[test]
fn a_pin_leaves_one_tenant() {
    let pinned = |given: Circumstances<'static>| Circumstances { pinned: Some("a"), ..given };
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &pinned(ALONE)), Ok("a".into()));
    assert_eq!(tenant(r#"{"tenant_id": "b"}"#, &pinned(ALONE)), Err(Problem::Pinned));
    assert_eq!(tenant("{}", &pinned(ALONE)), Err(Problem::NotNamed));
    let chosen = Circumstances { chosen: Some("b"), choice_believed: true, ..ALONE };
    assert_eq!(tenant(r#"{"tenant_id": "a"}"#, &pinned(chosen)), Err(Problem::Pinned));

    let both = members(&[("a", &[]), ("b", &[])]);
    let given = Circumstances { pinned: Some("a"), ..with(&both) };
    assert_eq!(tenants(&said("plain", "{}"), &given), ["a"]);
    assert_eq!(tenant("{}", &given), Ok("a".into()));
    let other = members(&[("b", &[])]);
    let given = Circumstances { pinned: Some("a"), ..with(&other) };
    assert_eq!(tenant("{}", &given), Err(Problem::Pinned));
}

#[test]
fn nobody_kept_out_gets_in_by_membership() {
    let one = members(&[("a", &["admin"])]);
    for claims in [r#"{"sts": "pending"}"#, r#"{"is_anonymous": true}"#, r#"{"banned": "yes"}"#] {
        let standing = Standing::new(&said("plain", claims), &with(&one));
        assert!(matches!(standing.tenant, Err(Problem::Restricted(_))), "{claims}");
        assert_eq!(standing.rights, Rights::default(), "{claims}");
        assert!(tenants(&said("plain", claims), &with(&one)).is_empty(), "{claims}");
    }
}

#[test]
fn what_covers_a_permission() {
    for (held, permission) in
        [("a.b", "a.b"), ("a.*", "a.b"), ("a.*", "a.b.c"), ("a.b.*", "a.b.c"), ("a.*", "a.*"), ("*.*", "a.*")]
    {
        assert!(covers(held, permission), "{held} covers {permission}");
    }
    for (held, permission) in [
        ("a.b", "a.*"),
        ("a.*", "ab.c"),
        ("a.*", "*.*"),
        ("*", "a.b"),
        (".*", ".b"),
        ("a.*", "a"),
        ("a*", "a.b"),
    ] {
        assert!(!covers(held, permission), "{held} does not cover {permission}");
    }
}
