use super::*;

/// The token's signature replaced.
fn signed_by(token: &str, signature: &[u8]) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    format!("{signed}.{}", encode(signature))
}

fn signature(token: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(token.rsplit_once('.').unwrap().1).unwrap()
}

#[test]
fn a_proper_token_of_each_algorithm_is_verified() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let token = signer.issue(claims());
        let verified =
            verify(&token, &signer.issuer()).unwrap_or_else(|rule| panic!("{algorithm:?}: {rule}"));
        assert_eq!(verified.text, claims().to_string());
        assert_eq!(verified.claims.text("sub"), Some("u1"));
        assert_eq!(check_form(token.as_bytes()), Ok(()));
        // Not by another key of the same kind, nor for other claims.
        let other = Signer::other(algorithm).issue(claims());
        assert_eq!(broken(&other, &signer.issuer()), Some(Rule::Signature), "{algorithm:?}");
        let moved = signed_by(&signer.issue(with("sub", "u2")), &signature(&token));
        assert_eq!(broken(moved, &signer.issuer()), Some(Rule::Signature), "{algorithm:?}");
    }
}

#[test]
fn signatures_of_any_other_length_are_refused() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let (token, issuer) = (signer.issue(claims()), signer.issuer());
        let good = signature(&token);
        let longer = [&good[..], &[0]].concat();
        let before = [&[0], &good[..]].concat();
        let twice = good.repeat(2);
        for bad in [&good[1..], &good[..good.len() - 1], &good[..1], &longer, &before, &twice, &[0; 5000]] {
            assert_eq!(broken(signed_by(&token, bad), &issuer), Some(Rule::Signature), "{algorithm:?}");
        }
    }
}

#[test]
fn zeros_and_other_degenerate_signatures_are_refused() {
    // CVE-2022-21449: r = s = 0 fitted everything; so might r or s of zero, or the group's order.
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap()).collect();
    let one = [&[0; 31][..], &[1]].concat();
    let signer = Signer::new(Algorithm::ES256);
    let (token, issuer) = (signer.issue(claims()), signer.issuer());
    let good = signature(&token);
    let zero = [0; 32];
    for bad in [
        [&zero[..], &zero].concat(),
        [&good[..32], &zero].concat(),
        [&zero[..], &good[32..]].concat(),
        [&order[..], &order].concat(),
        [&order[..], &good[32..]].concat(),
        [&good[..32], &order].concat(),
        [&one[..], &one].concat(),
        vec![0xff; 64],
    ] {
        assert_eq!(broken(signed_by(&token, &bad), &issuer), Some(Rule::Signature));
    }
    for (algorithm, length) in [(Algorithm::ES384, 96), (Algorithm::EdDSA, 64), (Algorithm::RS256, 256)] {
        let signer = Signer::new(algorithm);
        for byte in [0, 1, 0xff] {
            let bad = signed_by(&signer.issue(claims()), &vec![byte; length]);
            assert_eq!(broken(bad, &signer.issuer()), Some(Rule::Signature), "{algorithm:?}");
        }
    }
}

#[test]
fn ecdsa_signatures_are_not_der() {
    let pair = EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y), "kid": "k1"});
    let sign = move |bytes: &[u8]| pair.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec();
    let signer = Signer { algorithm: Algorithm::ES256, jwk, sign: Box::new(sign) };
    assert_eq!(broken(signer.issue(claims()), &signer.issuer()), Some(Rule::Signature));
}

#[test]
fn pss_salts_have_the_length_of_the_hash() {
    // RFC 7518 section 3.5. A PSS signature with another hash has another salt, and another hash.
    let signer = Signer::new(Algorithm::PS256);
    for other in [Algorithm::PS384, Algorithm::PS512, Algorithm::RS256] {
        let token = Signer::new(other).sign(signer.header(), claims());
        assert_eq!(broken(token, &signer.issuer()), Some(Rule::Signature), "{other:?}");
    }
}

#[test]
fn no_secret_is_made_of_a_public_key() {
    // HS256 with the public key as the secret, in every form an attacker can guess it in.
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let signer = Signer::new(algorithm);
        let number = signer.jwk.get("n").or(signer.jwk.get("x")).unwrap().as_str().unwrap();
        let decoded = URL_SAFE_NO_PAD.decode(number).unwrap();
        for secret in [signer.jwk.to_string().as_bytes(), number.as_bytes(), &decoded, b""] {
            for (alg, kind) in
                [("HS256", aws_lc_rs::hmac::HMAC_SHA256), ("HS512", aws_lc_rs::hmac::HMAC_SHA512)]
            {
                let key = aws_lc_rs::hmac::Key::new(kind, secret);
                let forger = Signer {
                    algorithm,
                    jwk: Value::Null,
                    sign: Box::new(move |bytes| aws_lc_rs::hmac::sign(&key, bytes).as_ref().to_vec()),
                };
                let token = forger.sign(json!({"alg": alg, "kid": "k1"}), claims());
                assert_eq!(broken(token, &signer.issuer()), Some(Rule::Algorithm));
                let token = forger.sign(signer.header(), claims());
                assert_eq!(broken(token, &signer.issuer()), Some(Rule::Signature));
            }
        }
    }
}

#[test]
fn none_is_no_algorithm_even_with_something_for_a_signature() {
    let signer = Signer::new(Algorithm::ES256);
    for alg in ["none", "None", "NONE", "nOnE"] {
        let token = signer.sign(json!({"alg": alg, "kid": "k1"}), claims());
        assert_eq!(broken(&token, &signer.issuer()), Some(Rule::Algorithm));
        assert_eq!(broken(signed_by(&token, b""), &signer.issuer()), Some(Rule::Form));
    }
}

#[test]
fn a_key_is_good_for_its_own_algorithm_alone() {
    // It says which.
    let mut signer = Signer::new(Algorithm::RS256);
    signer.jwk["alg"] = "RS256".into();
    assert_eq!(broken(signer.issue(claims()), &signer.issuer()), None);
    for other in [Algorithm::PS256, Algorithm::RS384, Algorithm::RS512] {
        let token = Signer::new(other).issue(claims());
        assert_eq!(broken(token, &signer.issuer()), Some(Rule::Algorithm), "{other:?}");
    }
    // It is of another type, or on another curve.
    for (key, token) in [
        (Algorithm::ES256, Algorithm::ES384),
        (Algorithm::ES384, Algorithm::ES256),
        (Algorithm::ES256, Algorithm::EdDSA),
        (Algorithm::EdDSA, Algorithm::ES256),
        (Algorithm::RS256, Algorithm::ES256),
        (Algorithm::ES256, Algorithm::RS256),
    ] {
        let token = Signer::new(token).issue(claims());
        assert_eq!(broken(token, &Signer::new(key).issuer()), Some(Rule::Algorithm), "{key:?}");
    }
    // The P-384 key signs, the header says ES256.
    let signer = Signer::new(Algorithm::ES384);
    let token = signer.sign(json!({"alg": "ES256", "kid": "k1"}), claims());
    assert_eq!(broken(token, &signer.issuer()), Some(Rule::Algorithm));
}

#[test]
fn the_issuer_says_which_algorithms_count() {
    let mut issuer = Signer::new(Algorithm::RS256).issuer();
    let keys = [Algorithm::RS256, Algorithm::EdDSA].map(|algorithm| Signer::new(algorithm).jwk);
    issuer.keys = Keys::new(&[Algorithm::RS256, Algorithm::PS512]);
    keys.iter().for_each(|jwk| issuer.keys.add(jwk.to_string().as_bytes(), None).unwrap());
    for algorithm in Algorithm::ALL {
        let refused = (algorithm != Algorithm::RS256).then_some(Rule::Algorithm);
        assert_eq!(broken(Signer::new(algorithm).issue(claims()), &issuer), refused, "{algorithm:?}");
    }
}

#[test]
fn an_rsa_key_that_names_no_algorithm_is_still_for_one() {
    let mut jwk = Signer::new(Algorithm::RS256).jwk;
    jwk.as_object_mut().unwrap().remove("alg");
    let jwks = json!({"keys": [jwk]}).to_string();
    let mut issuer = Signer::new(Algorithm::RS256).issuer();
    for (allowed, only) in [
        (&Algorithm::ALL[..], Algorithm::RS256),
        (&[Algorithm::PS512, Algorithm::RS256], Algorithm::RS256),
        (&[Algorithm::PS512, Algorithm::EdDSA], Algorithm::PS512),
    ] {
        issuer.keys = Keys::parse(jwks.as_bytes(), allowed).unwrap();
        for algorithm in Algorithm::ALL {
            let token = Signer::new(algorithm).issue(claims());
            let refused = (algorithm != only).then_some(Rule::Algorithm);
            assert_eq!(broken(token, &issuer), refused, "{algorithm:?}");
        }
    }
    // Of two that it might be for, neither the default.
    assert!(Keys::parse(jwks.as_bytes(), &[Algorithm::PS256, Algorithm::PS512]).is_err());
}

#[test]
fn ed25519_is_another_name_for_eddsa() {
    let mut signer = Signer::new(Algorithm::EdDSA);
    for (key, token) in [("Ed25519", "EdDSA"), ("EdDSA", "Ed25519"), ("Ed25519", "Ed25519")] {
        signer.jwk["alg"] = key.into();
        let token = signer.sign(json!({"alg": token, "kid": "k1"}), claims());
        assert_eq!(broken(token, &signer.issuer()), None);
    }
}

#[test]
fn keys_that_a_token_brings_along_are_not_used() {
    // CVE-2018-0114: the forger's own key in the header. And where to fetch it.
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256] {
        let (signer, forger) = (Signer::new(algorithm), Signer::other(algorithm));
        let alg = algorithm.name();
        for (name, value) in [
            ("jwk", forger.jwk.clone()),
            ("jwks", json!({"keys": [forger.jwk]})),
            ("jku", json!("https://attacker.example/jwks.json")),
            ("x5u", json!("https://attacker.example/cert.pem")),
            ("x5c", json!(["MIIB"])),
            ("x5t", json!("AAAA")),
        ] {
            let known = forger.sign(json!({"alg": alg, "kid": "k1", name: value}), claims());
            assert_eq!(broken(known, &signer.issuer()), Some(Rule::Signature), "{name}");
            let unnamed = forger.sign(json!({"alg": alg, name: value}), claims());
            assert_eq!(broken(unnamed, &signer.issuer()), Some(Rule::Signature), "{name}");
            let own = forger.sign(json!({"alg": alg, "kid": "attacker", name: value}), claims());
            assert_eq!(broken(own, &signer.issuer()), Some(Rule::Key), "{name}");
            // In a good token they do no harm.
            let good = signer.sign(json!({"alg": alg, "kid": "k1", name: value}), claims());
            assert_eq!(broken(good, &signer.issuer()), None, "{name}");
        }
    }
}

#[test]
fn a_kid_is_compared_and_nothing_else() {
    let signer = Signer::new(Algorithm::EdDSA);
    for kid in [
        "",
        "K1",
        "k1 ",
        " k1",
        "k1\0",
        "k",
        "k11",
        "0",
        "../../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "k1'; DROP TABLE keys; --",
        "https://attacker.example/key",
        "%00",
        "k\u{200b}1",
        &"k".repeat(10_000),
    ] {
        let token = signer.sign(json!({"alg": "EdDSA", "kid": kid}), claims());
        assert_eq!(broken(token, &signer.issuer()), Some(Rule::Key), "{kid:?}");
    }
    for kid in [json!(1), json!(null), json!(["k1"]), json!({"$ne": ""}), json!(true)] {
        let token = signer.sign(json!({"alg": "EdDSA", "kid": kid}), claims());
        assert_eq!(broken(token, &signer.issuer()), Some(Rule::Header), "{kid}");
    }
    // The same text, written with escapes.
    let token = signer.sign(r#"{"alg":"EdDSA","kid":"\u006b1"}"#, claims());
    assert_eq!(broken(token, &signer.issuer()), None);
}

#[test]
fn without_a_kid_one_key_alone_must_fit() {
    let [mut first, mut second] = [Signer::new(Algorithm::ES256), Signer::other(Algorithm::ES256)];
    second.jwk["kid"] = "k2".into();
    let other = Signer::new(Algorithm::EdDSA);
    let mut eddsa = other.jwk.clone();
    eddsa["kid"] = "k3".into();
    let header = json!({"alg": "ES256"});
    let (one, two) = (first.sign(&header, claims()), second.sign(&header, claims()));
    let alone = issuer(&json!({"keys": [first.jwk, eddsa]}));
    assert_eq!(broken(&one, &alone), None);
    assert_eq!(broken(&two, &alone), Some(Rule::Signature));
    let both = issuer(&json!({"keys": [first.jwk, second.jwk, eddsa]}));
    assert_eq!(broken(&one, &both), Some(Rule::Key));
    let token = first.sign(json!({"alg": "ES384"}), claims());
    assert_eq!(broken(token, &both), Some(Rule::Key));
    // Keys without a kid are for tokens without one.
    first.jwk.as_object_mut().unwrap().remove("kid");
    let unnamed = issuer(&json!({"keys": [first.jwk]}));
    assert_eq!(broken(&one, &unnamed), None);
    assert_eq!(broken(first.issue(claims()), &unnamed), Some(Rule::Key));
}

#[test]
fn a_key_of_another_issuer_does_not_count() {
    // RFC 8725 section 3.8.
    let (signer, forger) = (Signer::new(Algorithm::ES256), Signer::other(Algorithm::ES256));
    let mut theirs = forger.issuer();
    theirs.name = "https://other.example".to_owned();
    let token = forger.issue(claims());
    assert_eq!(broken(&token, &signer.issuer()), Some(Rule::Signature));
    assert_eq!(broken(&token, &theirs), Some(Rule::Issuer));
    assert_eq!(broken(forger.issue(with("iss", "https://other.example")), &theirs), None);
}

#[test]
fn the_second_signature_of_an_ecdsa_pair_is_accepted() {
    // For every signature (r, s) there is (r, n - s) which is as good: whoever has a token can write it in
    // another way. Nothing here takes a token's bytes for an identifier, so that does no harm.
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let signer = Signer::new(Algorithm::ES256);
    let token = signer.issue(claims());
    let mut twin = signature(&token);
    let mut borrow = 0;
    for i in (0..32).rev() {
        let n = i16::from(u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap());
        let difference = n - i16::from(twin[32 + i]) - borrow;
        borrow = i16::from(difference < 0);
        twin[32 + i] = difference.rem_euclid(256) as u8;
    }
    let twin = signed_by(&token, &twin);
    assert_ne!(twin, token);
    assert_eq!(broken(twin, &signer.issuer()), None);
}
