use super::*;
use proptest::prelude::*;

/// Signers, their issuers and a good token each; made once in each thread, for the keys stay in theirs.
fn examples() -> &'static [(Issuer, String)] {
    thread_local! {
        static EXAMPLES: &'static [(Issuer, String)] = Box::leak(
            [Algorithm::EdDSA, Algorithm::ES256, Algorithm::ES384, Algorithm::RS256, Algorithm::PS256]
                .map(|algorithm| {
                    let signer = Signer::new(algorithm);
                    (signer.issuer(), signer.issue(claims()))
                })
                .into(),
        );
    }
    EXAMPLES.with(|examples| *examples)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = check_form(&bytes);
        prop_assert!(Unverified::parse(&bytes).is_err());
        let _ = Keys::parse(&bytes, &Algorithm::ALL);
        let _ = json::object(&bytes);
        let _ = Keys::new(&Algorithm::ALL).add(&bytes, None);
    }

    #[test]
    fn no_header_or_payload_makes_reading_panic(
        header in proptest::collection::vec(any::<u8>(), 1..200),
        payload in proptest::collection::vec(any::<u8>(), 1..200),
        signature in proptest::collection::vec(any::<u8>(), 1..200),
    ) {
        let good = r#"{"alg":"ES256","kid":"k1"}"#;
        for header in [&header[..], good.as_bytes()] {
            let token = format!("{}.{}.{}", encode(header), encode(&payload), encode(&signature));
            prop_assert_eq!(check_form(token.as_bytes()), Ok(()));
            let _ = Unverified::parse(token.as_bytes());
        }
    }

    #[test]
    fn no_signature_is_guessed(signature in proptest::collection::vec(any::<u8>(), 1..600)) {
        for (issuer, token) in examples() {
            let (signed, _) = token.rsplit_once('.').unwrap();
            let token = format!("{signed}.{}", encode(&signature));
            prop_assert_eq!(broken(token, issuer), Some(Rule::Signature));
        }
    }

    #[test]
    fn any_byte_changed_makes_a_token_bad(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (issuer, token) in examples() {
            let mut bytes = token.clone().into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            prop_assert!(broken(bytes, issuer).is_some());
        }
    }

    #[test]
    fn any_byte_dropped_or_added_makes_a_token_bad(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (issuer, token) in examples() {
            let at = at.index(token.len());
            let mut bytes = token.clone().into_bytes();
            bytes.insert(at, byte);
            prop_assert!(broken(bytes, issuer).is_some());
            let mut bytes = token.clone().into_bytes();
            bytes.remove(at);
            prop_assert!(broken(bytes, issuer).is_some());
            prop_assert!(broken(&token[..at], issuer).is_some());
        }
    }

    #[test]
    fn no_key_set_makes_reading_panic(
        kty in "RSA|EC|OKP|oct|AKP|x", crv in "P-256|P-384|Ed25519|X25519|x", alg in "RS256|ES256|EdDSA|x",
        number in proptest::collection::vec(any::<u8>(), 0..300),
        other in proptest::collection::vec(any::<u8>(), 0..60),
        shape in any::<bool>(), raw in ".{0,40}",
    ) {
        let member = if shape { encode(&number) } else { raw };
        let jwk = json!({
            "kty": kty, "crv": crv, "n": member, "x": member, "e": encode(&other), "y": encode(&other),
        });
        let mut named = jwk.clone();
        named["alg"] = alg.into();
        for jwk in [jwk, named] {
            let _ = Keys::parse(json!({"keys": [jwk]}).to_string().as_bytes(), &Algorithm::ALL);
        }
    }

    #[test]
    fn names_are_unique_exactly_if_none_is_lost(names in proptest::collection::vec("[ab\\\\\"é]{0,2}", 0..6)) {
        let members: Vec<String> = names.iter().map(|name| format!("{}:1", json!(name))).collect();
        let text = format!("{{\"x\":[{{{}}}]}}", members.join(","));
        let value: Value = serde_json::from_str(&text).unwrap();
        let unique = value["x"][0].as_object().unwrap().len() == names.len();
        prop_assert_eq!(json::check_names(&text).is_ok(), unique);
    }
}

#[test]
fn every_bit_of_every_token_counts() {
    for (issuer, token) in examples() {
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert!(broken(bytes, issuer).is_some(), "byte {at}, bit {bit}");
            }
        }
    }
}
