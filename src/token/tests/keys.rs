use super::key::Reason;
use super::*;

fn problem(jwks: impl ToString) -> Option<Reason> {
    Keys::parse(jwks.to_string().as_bytes(), &Algorithm::ALL).err().map(|problem| problem.reason)
}

/// What is wrong with one key, in words.
fn words(jwk: &Value) -> String {
    let keys = Keys::parse(json!({"keys": [jwk]}).to_string().as_bytes(), &Algorithm::ALL);
    keys.err().map_or(String::new(), |problem| problem.to_string())
}

fn changed(algorithm: Algorithm, name: &str, value: impl Into<Value>) -> Value {
    let mut jwk = Signer::new(algorithm).jwk;
    jwk[name] = value.into();
    jwk
}

/// What is wrong with a key in which one member was changed.
fn change(algorithm: Algorithm, name: &str, value: impl Into<Value>) -> Option<Reason> {
    problem(json!({"keys": [changed(algorithm, name, value)]}))
}

fn bytes(jwk: &Value, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}

#[test]
fn a_set_is_an_object_with_an_array_of_objects() {
    for bad in ["", "x", "null", "[]", "{", "\"keys\"", "{\"keys\":[]} x", "\u{feff}{\"keys\":[]}"] {
        assert_eq!(problem(bad), Some(Reason::NotAnObject), "{bad}");
    }
    for bad in ["{}", r#"{"keys":null}"#, r#"{"keys":{}}"#, r#"{"keys":"x"}"#, r#"{"kty":"OKP"}"#] {
        assert_eq!(problem(bad), Some(Reason::NoKeys), "{bad}");
    }
    for bad in [r#"{"keys":[1]}"#, r#"{"keys":[null]}"#, r#"{"keys":[[]]}"#, r#"{"keys":["x"]}"#] {
        assert_eq!(problem(bad), Some(Reason::NotAnObject), "{bad}");
    }
    assert_eq!(problem(r#"{"keys":[{}]}"#), Some(Reason::Malformed("kty")));
    assert_eq!(problem(r#"{"keys":[],"keys":[]}"#), Some(Reason::DuplicateName));
    assert_eq!(problem(r#"{"keys":[{"kty":"EC","kty":"OKP"}]}"#), Some(Reason::DuplicateName));
    assert_eq!(problem(format!("{{\"keys\":{}", "[".repeat(60_000))), Some(Reason::NotAnObject));
}

#[test]
fn sets_have_limits() {
    let key = Signer::new(Algorithm::EdDSA).jwk;
    let padded = |bytes: usize| {
        let set = json!({"keys": [key], "x": ""}).to_string();
        set.replace("\"x\":\"\"", &format!("\"x\":\"{}\"", "x".repeat(bytes - set.len())))
    };
    assert_eq!(padded(65536).len(), 65536);
    assert_eq!(problem(padded(65536)), None);
    assert_eq!(problem(padded(65537)), Some(Reason::TooLong));
    let many = |count: usize| {
        let mut keys = vec![json!({"kty": "unknown"}); count - 1];
        keys.push(key.clone());
        problem(json!({"keys": keys}))
    };
    assert_eq!(many(100), None);
    assert_eq!(many(101), Some(Reason::TooManyKeys));
}

#[test]
fn keys_for_other_uses_are_ignored() {
    let good = Signer::new(Algorithm::ES256).jwk;
    let enc = changed(Algorithm::ES256, "use", "enc");
    for other in [
        enc.clone(),
        changed(Algorithm::ES256, "use", "SIG"),
        changed(Algorithm::ES256, "key_ops", json!(["sign"])),
        changed(Algorithm::ES256, "key_ops", json!([])),
        changed(Algorithm::ES256, "crv", "P-521"),
        changed(Algorithm::ES256, "crv", "secp256k1"),
        changed(Algorithm::ES256, "kty", "AKP"),
        changed(Algorithm::ES256, "kty", "ec"),
        changed(Algorithm::ES256, "alg", "ECDH-ES"),
        changed(Algorithm::ES256, "alg", "es256"),
        changed(Algorithm::EdDSA, "crv", "X25519"),
        changed(Algorithm::EdDSA, "crv", "Ed448"),
        changed(Algorithm::RS256, "alg", "RSA-OAEP"),
        changed(Algorithm::RS256, "alg", "HS256"),
    ] {
        assert_eq!(problem(json!({"keys": [other]})), Some(Reason::NoUsableKey), "{other}");
        // Their kid does not count either.
        assert_eq!(problem(json!({"keys": [other, good]})), None, "{other}");
    }
    assert_eq!(problem(r#"{"keys":[]}"#), Some(Reason::NoUsableKey));
    let jwks = json!({"keys": [good]}).to_string();
    for allowed in [&[Algorithm::EdDSA, Algorithm::RS256][..], &[]] {
        let problem = Keys::parse(jwks.as_bytes(), allowed).err().map(|problem| problem.reason);
        assert_eq!(problem, Some(Reason::NoUsableKey));
    }
    assert_eq!(change(Algorithm::ES256, "use", "sig"), None);
    assert_eq!(change(Algorithm::ES256, "key_ops", json!(["verify"])), None);
    assert_eq!(change(Algorithm::ES256, "x5c", json!(["MIIB"])), None);
}

#[test]
fn secrets_are_refused_whatever_they_are_for() {
    let good = Signer::new(Algorithm::EdDSA).jwk;
    let oct = json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", "kid": "s"});
    assert_eq!(problem(json!({"keys": [good, oct]})), Some(Reason::Symmetric));
    // An empty secret, or a short one, or one that says it is for an asymmetric algorithm.
    for k in ["", "AA"] {
        let oct = json!({"kty": "oct", "k": k, "alg": "ES256"});
        assert_eq!(problem(json!({"keys": [oct]})), Some(Reason::Symmetric));
    }
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        for algorithm in [Algorithm::EdDSA, Algorithm::ES384, Algorithm::RS256] {
            assert_eq!(change(algorithm, name, "AA"), Some(Reason::PrivateParts), "{name}");
        }
    }
    let mut enc = changed(Algorithm::ES256, "use", "enc");
    enc["d"] = "AA".into();
    assert_eq!(problem(json!({"keys": [good, enc]})), Some(Reason::PrivateParts));
}

#[test]
fn an_algorithm_goes_with_the_type_of_key() {
    for (key, alg) in [
        (Algorithm::ES256, "ES384"),
        (Algorithm::ES384, "ES256"),
        (Algorithm::ES256, "EdDSA"),
        (Algorithm::EdDSA, "ES256"),
        (Algorithm::EdDSA, "RS256"),
        (Algorithm::RS256, "Ed25519"),
    ] {
        assert_eq!(change(key, "alg", alg), Some(Reason::OtherAlgorithm), "{key:?} {alg}");
    }
    for algorithm in Algorithm::ALL {
        assert_eq!(change(algorithm, "alg", algorithm.name()), None);
    }
}

#[test]
fn members_are_well_formed() {
    for value in [json!(1), json!(null), json!([]), json!({})] {
        for name in ["kty", "crv", "kid", "alg", "use", "x", "y"] {
            let reason = change(Algorithm::ES256, name, value.clone());
            assert!(matches!(reason, Some(Reason::Malformed(member)) if member == name), "{name} {value}");
        }
    }
    for value in [json!(1), json!(null), json!("verify"), json!({})] {
        assert_eq!(change(Algorithm::ES256, "key_ops", value), Some(Reason::Malformed("key_ops")));
    }
    // Coordinates have full length; base64url is strict here too.
    for (algorithm, length) in [(Algorithm::ES256, 32), (Algorithm::ES384, 48), (Algorithm::EdDSA, 32)] {
        for bad in [0, 1, length - 1, length + 1, 2 * length, 2 * length + 1] {
            assert_eq!(change(algorithm, "x", encode(vec![1; bad])), Some(Reason::Malformed("x")));
        }
        assert_eq!(change(algorithm, "x", encode(vec![1; length]) + "="), Some(Reason::Malformed("x")));
        assert_eq!(change(algorithm, "x", "+".repeat(43)), Some(Reason::Malformed("x")));
    }
    for name in ["n", "e"] {
        let mut jwk = Signer::new(Algorithm::RS256).jwk;
        jwk.as_object_mut().unwrap().remove(name);
        assert!(words(&jwk).ends_with(&format!("has a missing or malformed member \"{name}\"")));
    }
}

#[test]
fn points_lie_on_their_curve() {
    for (algorithm, length) in [(Algorithm::ES256, 32), (Algorithm::ES384, 48)] {
        let jwk = Signer::new(algorithm).jwk;
        let mut y = bytes(&jwk, "y");
        y[length - 1] ^= 1;
        for y in [y, vec![0; length], vec![0xff; length]] {
            assert_eq!(change(algorithm, "y", encode(y)), Some(Reason::NotOnCurve));
        }
        let mut zero = jwk;
        (zero["x"], zero["y"]) = (encode(vec![0; length]).into(), encode(vec![0; length]).into());
        assert_eq!(problem(json!({"keys": [zero]})), Some(Reason::NotOnCurve));
    }
}

#[test]
fn points_of_small_order_are_refused() {
    let points = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];
    for (i, y) in points.iter().enumerate() {
        let point: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&y[2 * i..2 * i + 2], 16).unwrap()).collect();
        let other_sign: Vec<u8> = [&point[..31], &[point[31] ^ 0x80]].concat();
        for point in [&point, &other_sign] {
            assert_eq!(change(Algorithm::EdDSA, "x", encode(point)), Some(Reason::SmallOrder), "{y}");
        }
        // Why: a signature that nobody made, R the neutral element and S zero, fits one message in eight
        // or more, whatever it says. (The last two spellings are refused by aws-lc as well.)
        let forged = [&[1][..], &[0; 63]].concat();
        let key = aws::UnparsedPublicKey::new(&aws::ED25519, &point);
        assert_eq!((0..200u8).any(|message| key.verify(&[message], &forged).is_ok()), i < 5, "{y}");
    }
}

#[test]
fn rsa_keys_are_large_and_their_exponent_is_odd() {
    let jwk = Signer::new(Algorithm::RS256).jwk;
    let n = bytes(&jwk, "n");
    let half = [&n[..127], &[n[127] | 1]].concat();
    let almost = [&[0x7f], &n[1..]].concat();
    let large = [&[0x80][..], &[0; 1023], &[1]].concat();
    for bad in [&half[..], &almost, &[], &[0; 256], &[0, 0], &large] {
        assert_eq!(change(Algorithm::RS256, "n", encode(bad)), Some(Reason::RsaSize));
    }
    // With e = 1 a signature is the message itself.
    for bad in [&[][..], &[0], &[1], &[0, 0, 1], &[2], &[4], &[1, 0, 0], &[1, 0, 0, 0, 1], &n] {
        assert_eq!(change(Algorithm::RS256, "e", encode(bad)), Some(Reason::RsaExponent), "{bad:?}");
    }
    for good in [&[3][..], &[17], &[1, 0, 1], &[0, 1, 0, 1], &[0xff, 0xff, 0xff, 0xff]] {
        assert_eq!(change(Algorithm::RS256, "e", encode(good)), None, "{good:?}");
    }
    // A zero before the first byte, as some libraries write it, changes nothing.
    let mut signer = Signer::new(Algorithm::PS256);
    signer.jwk["n"] = encode([&[0], &n[..]].concat()).into();
    signer.jwk["e"] = encode([0, 1, 0, 1]).into();
    assert_eq!(broken(signer.issue(claims()), &signer.issuer()), None);
}

#[test]
fn moduli_of_a_faulty_generator_are_refused() {
    // Two factors of the form k * M + (65537^a mod M), M the product of the first primes, give a modulus that
    // is a power of 65537 for each of them. Here: M * 2^k + 65537^2.
    let mut product = vec![1u8];
    for prime in (3u32..=167).filter(|n| (2..*n).all(|d| n % d != 0)) {
        let mut carry = 0;
        for byte in product.iter_mut().rev() {
            carry += u32::from(*byte) * prime;
            *byte = carry as u8;
            carry >>= 8;
        }
        if carry > 0 {
            product.insert(0, carry as u8);
        }
    }
    let shift = 256 - product.len();
    let mut n = [product, vec![0; shift]].concat();
    n[256 - 5..].copy_from_slice(&(65537u64 * 65537).to_be_bytes()[3..]);
    // 2048 bits, or a few less: then eight more.
    if n[0] < 0x80 {
        n.insert(n.len() - 5, 0);
    }
    assert_eq!(change(Algorithm::RS256, "n", encode(&n)), Some(Reason::Roca));
    *n.last_mut().unwrap() += 2;
    assert_eq!(change(Algorithm::RS256, "n", encode(&n)), None);
}

#[test]
fn a_kid_names_one_key() {
    let [first, second] = [Signer::new(Algorithm::ES256).jwk, Signer::new(Algorithm::EdDSA).jwk];
    assert_eq!(problem(json!({"keys": [first, second]})), Some(Reason::DuplicateKid));
    assert_eq!(problem(json!({"keys": [first, first]})), Some(Reason::DuplicateKid));
    let mut nameless = first.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    assert_eq!(problem(json!({"keys": [nameless, nameless, first]})), None);
}

#[test]
fn keys_are_added_one_at_a_time() {
    // Better Auth keeps the kid beside the key, and the key without `alg`.
    let signer = Signer::new(Algorithm::EdDSA);
    let row = json!({"crv": "Ed25519", "x": signer.jwk["x"], "kty": "OKP"}).to_string();
    let mut keys = Keys::new(&[Algorithm::EdDSA]);
    assert!(keys.is_empty());
    keys.add(row.as_bytes(), Some("k1")).unwrap();
    assert!(!keys.is_empty());
    let again = keys.add(row.as_bytes(), Some("k1")).unwrap_err();
    assert_eq!(again.to_string(), "key 2 (kid \"k1\") has the same \"kid\" as an earlier key");
    // A key for another algorithm is ignored; one that names itself otherwise is not.
    keys.add(Signer::new(Algorithm::ES256).jwk.to_string().as_bytes(), Some("k1")).unwrap();
    let other = keys.add(signer.jwk.to_string().as_bytes(), Some("k2")).unwrap_err();
    assert_eq!(other.reason, Reason::OtherKid);
    let text = keys.add(b"x", Some("k3")).unwrap_err();
    assert_eq!(text.to_string(), "key 5 (kid \"k3\") is not a JSON object");
    let issuer = Issuer { keys, ..signer.issuer() };
    assert_eq!(broken(signer.issue(claims()), &issuer), None);
}

#[test]
fn problems_are_told_in_words() {
    let jwk = changed(Algorithm::ES256, "d", "secret");
    assert_eq!(
        words(&jwk),
        "key 1 (kid \"k1\") has private parts: give only the public ones, and replace the key"
    );
    assert_eq!(
        words(&json!({"kty": "oct"})),
        "key 1 is symmetric: whoever can check its tokens could also write them"
    );
    assert_eq!(words(&json!({"kty": "x"})), "the key set holds no key for an allowed signature algorithm");
    // A kid is escaped and cut short.
    let long = words(&changed(Algorithm::ES256, "d", "AA").as_object().map_or(Value::Null, |jwk| {
        let mut jwk = jwk.clone();
        jwk.insert("kid".to_owned(), format!("a\n\u{1b}{}", "x".repeat(1000)).into());
        Value::Object(jwk)
    }));
    assert!(long.starts_with("key 1 (kid \"a\\n\\u{1b}xxx") && long.len() < 200, "{long}");
    assert!(!long.contains(char::is_control));
}
