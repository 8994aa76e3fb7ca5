//! Clerk's permissions, version 2, which are bits.

use super::layouts::said;
use crate::claims::MAX_BYTES;
use crate::claims::clerk::permissions;
use crate::claims::layout::MAX_KEPT;
use serde_json::json;
use std::time::{Duration, Instant};

fn granted(features: &str, names: &str, masks: &str) -> Vec<String> {
    permissions(features, names, masks)
}

#[test]
fn each_mask_says_which_permissions_its_feature_has() {
    assert_eq!(
        granted("o:repositories,o:projects", "read,create,update,delete,revoke", "7,21"),
        [
            "org:repositories:read",
            "org:repositories:create",
            "org:repositories:update",
            "org:projects:read",
            "org:projects:update",
            "org:projects:revoke"
        ]
    );
    assert_eq!(
        granted("o:a,o:b,o:c,o:d", "read,manage", "1,2,3,0"),
        ["org:a:read", "org:b:manage", "org:c:read", "org:c:manage"]
    );
}

#[test]
fn the_scope_says_whose_a_feature_is_and_masks_are_for_the_organizations_alone() {
    assert_eq!(
        granted("uo:impersonation,o:memberships,uo:feature3", "read,manage", "1,3,1"),
        ["org:impersonation:read", "org:memberships:read", "org:memberships:manage", "org:feature3:read"]
    );
    // The first feature has mask 2; the user's own has none, wherever it stands.
    let support =
        ["org:reservations:manage", "org:support-chat:read", "org:support-chat:manage"].map(String::from);
    for features in [
        "o:reservations,u:dashboard,uo:support-chat,o:impersonation",
        "u:dashboard,o:reservations,ou:support-chat",
        "x:other,o:reservations,:none,o:support-chat",
    ] {
        assert_eq!(granted(features, "read,manage", "2,3"), support, "{features}");
    }
}

#[test]
fn blanks_beside_commas_do_not_count() {
    assert_eq!(granted(" o:a , o:b ", " read , manage ", " 1 , 2 "), ["org:a:read", "org:b:manage"]);
}

#[test]
fn a_feature_without_scope_spoils_all() {
    for features in ["a", "o:a,b", "b,o:a", "o:a,", ",o:a", "", "o:a,o:b,c"] {
        assert!(granted(features, "read", "1,1,1").is_empty(), "{features:?}");
    }
}

#[test]
fn a_mask_is_digits_and_nothing_else() {
    for mask in ["1invalid", "-1", "1.5", "", " ", "+1", "0x1", "1e0", "\u{661}", "1 1"] {
        assert_eq!(granted("o:a,o:b", "read", &format!("{mask},1")), ["org:b:read"], "{mask:?}");
    }
    assert_eq!(granted("o:a", "read", "0001"), ["org:a:read"]);
}

#[test]
fn bits_and_masks_beyond_what_they_are_for_are_dropped() {
    assert_eq!(granted("o:a", "read", "255,255"), ["org:a:read"]);
    assert_eq!(granted("o:a,o:b", "read", "1"), ["org:a:read"]);
    assert!(granted("o:a", "read", "2").is_empty());
    assert!(granted("o:a", "", "1").is_empty());
    assert!(granted("o:", "read", "1").is_empty());
    assert_eq!(granted("o:a", "read,,manage", "7"), ["org:a:read", "org:a:manage"]);
}

/// 2 to the power of `bit`, in decimal.
fn power(bit: usize) -> String {
    let mut digits = vec![1u8];
    for _ in 0..bit {
        let mut carry = 0;
        for digit in &mut digits {
            (*digit, carry) = ((*digit * 2 + carry) % 10, (*digit * 2 + carry) / 10);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

#[test]
fn masks_are_of_any_length() {
    let names: Vec<String> = (0..1000).map(|n| format!("p{n}")).collect();
    let names = names.join(",");
    assert_eq!(granted("o:a", &names, "9007199254740993"), ["org:a:p0", "org:a:p53"]);
    assert_eq!(granted("o:a", &names, "18446744073709551616"), ["org:a:p64"]);
    for bit in [0, 1, 52, 53, 62, 63, 64, 65, 127, 128, 500, 999] {
        assert_eq!(granted("o:a", &names, &power(bit)), [format!("org:a:p{bit}")], "{bit}");
    }
    // What is beyond the list changes nothing of what is in it.
    assert!(granted("o:a", &names, &power(1000)).is_empty());
    assert!(granted("o:a", &names, &power(1024)).is_empty());
    assert!(granted("o:a", "read", &power(3000)).is_empty());
}

#[test]
fn what_is_missing_or_no_text_grants_nothing() {
    let whole = json!({"v": 2, "fea": "o:a", "o": {"id": "t", "rol": "admin", "per": "read", "fpm": "1"}});
    assert_eq!(said("clerk_v2", &whole).rights_in("t").permissions, ["org:a:read"]);
    for (pointer, odd) in [
        ("/fea", json!(null)),
        ("/o/per", json!(null)),
        ("/o/fpm", json!(null)),
        ("/fea", json!(["o:a"])),
        ("/o/per", json!(["read"])),
        ("/o/fpm", json!(1)),
        ("/o", json!("t")),
    ] {
        let mut claims = whole.clone();
        claims.pointer_mut(pointer).into_iter().for_each(|value| *value = odd.clone());
        assert!(said("clerk_v2", &claims).rights_in("t").permissions.is_empty(), "{claims}");
    }
}

#[test]
fn too_many_permissions_are_none() {
    let names: Vec<String> = (0..MAX_KEPT).map(|n| n.to_string()).collect();
    let all = "9".repeat(400);
    assert!(!granted("o:a", &names.join(","), &all).is_empty());
    assert!(granted("o:a", &format!("{},x", names.join(",")), "1").is_empty());
    // Each of them is short enough, and together they are not.
    let features = (0..MAX_KEPT).map(|n| format!("o:f{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(granted(&features, "r", &"1,".repeat(MAX_KEPT)).len(), MAX_KEPT);
    assert!(granted(&format!("{features},o:one"), "r", &"1,".repeat(MAX_KEPT + 1)).is_empty());
    let long = "x".repeat(MAX_BYTES / 2);
    assert_eq!(granted(&format!("o:{long}"), "r", "1").len(), 1);
    assert!(granted(&format!("o:{long}"), "r,w", "3").is_empty());
}

#[test]
fn hostile_masks_take_no_time() {
    let began = Instant::now();
    let names: Vec<String> = (0..MAX_KEPT).map(|n| n.to_string()).collect();
    let names = names.join(",");
    let features = "o:f,".repeat(10_000) + "o:f";
    for (features, names, masks) in [
        ("o:a", &*names, "9".repeat(60_000)),
        (&*features, &*names, "9,".repeat(30_000)),
        (&*features, "r", "9".repeat(60_000)),
        (&*features, &*names, "0,".repeat(30_000)),
        (&*features, &*names, "x".repeat(60_000)),
    ] {
        granted(features, names, &masks);
    }
    // A quadratic reading of the first alone takes longer.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
