use super::*;
use proptest::prelude::*;

/// Signers, their issuers and a good token each; made once in each thread, for the keys stay in theirs.
fn examples() -> &'static [(Issuer, String)] {
    thread_local! {
        static EXAMPLES: &'static [(Issuer, String)] = Box::leak(
            Algorithm::ALL
                .map(|algorithm| {
                    let signer = Signer::new(algorithm);
                    (signer.issuer(), signer.issue(claims()))
                })
                .into(),
        );
    }
    EXAMPLES.with(|examples| *examples)
}

/// Seconds or an age: small, or as large as can be.
fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![0..1000i64, 0..=i64::MAX]
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
    fn no_number_turns_a_time_round(
        dates in any::<[u32; 3]>(), leeway in seconds(), age in proptest::option::of(seconds()),
        now in prop_oneof![0..i64::from(u32::MAX) * 1_000_000, 0..i64::MAX],
    ) {
        let [exp, nbf, iat] = dates.map(|date| i128::from(date) + 1);
        let text = format!("{{\"exp\":{exp},\"nbf\":{nbf},\"iat\":{iat}}}");
        let claims = Claims::parse(text.as_bytes()).unwrap();
        let issuer = Issuer { leeway, max_age: age, ..Signer::new(Algorithm::EdDSA).issuer() };
        // As it is reckoned where nothing overflows.
        let (leeway, micro, at) = (i128::from(leeway), 1_000_000, i128::from(now));
        let good = (exp + leeway) * micro > at
            && age.is_none_or(|age| (iat + i128::from(age) + leeway) * micro > at)
            && nbf.max(iat) * micro <= at + leeway * micro;
        prop_assert_eq!(Times::read(&claims, &issuer, now).is_ok(), good);
    }

    #[test]
    fn no_time_makes_reading_panic(
        dates in proptest::collection::vec("-?(0|[1-9][0-9]{0,20})([.][0-9]{1,9})?(e-?[0-9]{1,2})?", 3),
        leeway in any::<i64>(), age in any::<Option<i64>>(), now in any::<i64>(),
    ) {
        let text = format!("{{\"exp\":{},\"nbf\":{},\"iat\":{}}}", dates[0], dates[1], dates[2]);
        let claims = Claims::parse(text.as_bytes()).unwrap();
        let issuer = Issuer { leeway, max_age: age, ..Signer::new(Algorithm::EdDSA).issuer() };
        let _ = Times::read(&claims, &issuer, now).map(|times| times.check(now.wrapping_add(leeway)));
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

#[test]
fn every_bit_of_every_decoded_part_counts() {
    // Most bits flipped in the text make it no base64url, which says nothing about the signature.
    for (issuer, token) in examples() {
        let parts: Vec<&str> = token.split('.').collect();
        for (part, text) in parts.iter().enumerate() {
            let good = URL_SAFE_NO_PAD.decode(text).unwrap();
            for at in 0..good.len() {
                for bit in 0..8 {
                    let mut bytes = good.clone();
                    bytes[at] ^= 1 << bit;
                    let changed = encode(bytes);
                    let mut parts = parts.clone();
                    parts[part] = &changed;
                    assert!(broken(parts.join("."), issuer).is_some(), "part {part}, byte {at}, bit {bit}");
                }
            }
        }
    }
}
