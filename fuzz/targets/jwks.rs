//! Any bytes as a key set and as a key. No key that is private, symmetric or weak is ever accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pg_tenancy_fuzz::issuer::{self, NAME, NOW};
use pg_tenancy_fuzz::token::{Algorithm, Keys, Unverified};
use pg_tenancy_fuzz::{facts::Facts, memory};
use serde_json::{Value, json};

const SECRETS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

fuzz_target!(|bytes: &[u8]| {
    match memory::bounded(bytes.len(), || Keys::parse(bytes, &Algorithm::ALL)) {
        Ok(keys) => set_accepted(bytes, keys),
        Err(problem) => written(&problem.to_string()),
    }
    for allowed in [&[][..], &[Algorithm::ES384, Algorithm::PS512], &[Algorithm::RS256, Algorithm::EdDSA]] {
        let _ = Keys::parse(bytes, allowed);
    }
    for kid in [None, Some("k1")] {
        let mut keys = Keys::new(&Algorithm::ALL);
        match memory::bounded(bytes.len(), || keys.add(bytes, kid)) {
            Ok(()) => key_accepted(bytes, keys, kid),
            Err(problem) => written(&problem.to_string()),
        }
    }
});

/// A message is one line, whatever the key set holds.
fn written(problem: &str) {
    assert!(problem.len() < 1000 && !problem.contains(char::is_control), "{problem:?}");
}

fn set_accepted(bytes: &[u8], keys: Keys) {
    assert!(bytes.len() <= 64 * 1024 && !keys.is_empty());
    assert!(Facts::of(bytes).is_some_and(|facts| !facts.duplicate));
    let set: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let list = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    assert!((1..=100).contains(&list.len()));
    list.iter().for_each(check_public);
    for jwk in list.iter().take(3) {
        let mut keys = Keys::new(&Algorithm::ALL);
        let added = keys.add(jwk.to_string().as_bytes(), None);
        assert!(added.is_ok(), "a key of the set is refused alone");
        if !keys.is_empty() {
            check_sound(jwk);
        }
    }
    let kids = list.iter().map(|jwk| jwk["kid"].as_str()).take(3).collect::<Vec<_>>();
    check_unforgeable(keys, &kids);
}

fn key_accepted(bytes: &[u8], mut keys: Keys, kid: Option<&str>) {
    let jwk: Value = serde_json::from_slice(bytes).unwrap_or_default();
    assert!(Facts::of(bytes).is_some_and(|facts| !facts.duplicate));
    check_public(&jwk);
    if keys.is_empty() {
        return;
    }
    check_sound(&jwk);
    let kid = kid.or(jwk["kid"].as_str());
    assert_eq!(keys.add(bytes, kid).is_err(), kid.is_some(), "one kid for two keys");
    check_unforgeable(keys, &[kid]);
}

fn check_public(jwk: &Value) {
    assert_ne!(jwk["kty"], "oct");
    assert!(SECRETS.iter().all(|name| jwk.get(name).is_none()), "a secret is accepted: {jwk}");
}

/// A key that is used is of a proper size.
fn check_sound(jwk: &Value) {
    let member =
        |name: &str| jwk[name].as_str().and_then(|text| issuer::decode(text.as_bytes())).unwrap_or_default();
    match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("OKP"), Some("Ed25519")) => assert_eq!(member("x").len(), 32),
        (Some("EC"), Some("P-256")) => assert_eq!((member("x").len(), member("y").len()), (32, 32)),
        (Some("EC"), Some("P-384")) => assert_eq!((member("x").len(), member("y").len()), (48, 48)),
        (Some("RSA"), _) => {
            let bits = |number: &[u8]| {
                let zeros: u32 = match number.iter().position(|&byte| byte != 0) {
                    Some(at) => at as u32 * 8 + number[at].leading_zeros(),
                    None => return 0,
                };
                number.len() as u32 * 8 - zeros
            };
            let (n, e) = (member("n"), member("e"));
            assert!((2048..=8192).contains(&bits(&n)));
            assert!((2..=32).contains(&bits(&e)) && e.last().is_some_and(|last| last % 2 == 1));
        }
        other => panic!("accepted: {other:?}"),
    }
}

/// Signatures that anyone can write fit no key that is accepted.
fn check_unforgeable(keys: Keys, kids: &[Option<&str>]) {
    let payload = issuer::encode(json!({"iss": NAME, "exp": NOW + 60}).to_string().as_bytes());
    let issuer = issuer::with(keys);
    for algorithm in Algorithm::ALL {
        for kid in kids {
            let mut header = json!({"alg": algorithm.name()});
            if let Some(kid) = kid {
                header["kid"] = (*kid).into();
            }
            let signed = format!("{}.{payload}", issuer::encode(header.to_string().as_bytes()));
            for signature in forged(algorithm) {
                let token = format!("{signed}.{}", issuer::encode(&signature));
                let read = Unverified::parse(token.as_bytes());
                let verified = read.and_then(|read| read.verify(&issuer, NOW * 1_000_000));
                assert!(verified.is_err(), "{algorithm:?} is forged");
            }
        }
    }
}

fn forged(algorithm: Algorithm) -> Vec<Vec<u8>> {
    match algorithm {
        // R the neutral element, S zero; and both zero.
        Algorithm::EdDSA => vec![[&[1][..], &[0; 63]].concat(), vec![0; 64]],
        Algorithm::ES256 => vec![vec![0; 64], [[0; 31].as_slice(), &[1]].concat().repeat(2)],
        Algorithm::ES384 => vec![vec![0; 96], [[0; 47].as_slice(), &[1]].concat().repeat(2)],
        // Zero and one are their own powers.
        _ => vec![vec![0; 256], [[0; 255].as_slice(), &[1]].concat()],
    }
}
