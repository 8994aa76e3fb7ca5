use super::jws::MAX_BYTES;
use super::*;

/// What an issuer, changed a little, says of claims that it signed.
fn check(change: impl Fn(&mut Issuer), claims: impl ToString) -> Option<Rule> {
    let signer = Signer::new(Algorithm::EdDSA);
    let mut issuer = signer.issuer();
    change(&mut issuer);
    broken(signer.issue(claims), &issuer)
}

fn plain(claims: impl ToString) -> Option<Rule> {
    check(|_| (), claims)
}

/// Claims with one claim spelled out, which `json!` could not write.
fn spelled(name: &str, value: &str) -> String {
    without(name).to_string().replacen('{', &format!("{{\"{name}\":{value},"), 1)
}

#[test]
fn a_time_is_a_number_within_reason() {
    let bad = [
        "0",
        "-1",
        "-0",
        "-1700000000",
        "0.0",
        "-0.5",
        "1e-9",
        "\"1700000600\"",
        "\"\"",
        "true",
        "[]",
        "{}",
        "[1700000600]",
        // Milliseconds, and what would wrap round when multiplied.
        "1700000600000",
        "253402300800",
        "253402300799.5",
        "1e12",
        "1e300",
        "-1e300",
        "9223372036854775807",
        "9223372036854775808",
        "9223372036855",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999",
        "-9223372036854775808",
        "18446744073709",
        "1.7976931348623157e308",
    ];
    for name in ["exp", "nbf", "iat"] {
        for value in bad {
            assert_eq!(plain(spelled(name, value)), Some(Rule::Time), "{name} {value}");
        }
        // Whether or not it is required, and however patient the issuer.
        let lax = |issuer: &mut Issuer| {
            issuer.require_exp = false;
            issuer.leeway = i64::MAX;
        };
        assert_eq!(check(lax, spelled(name, "\"x\"")), Some(Rule::Time));
        assert_eq!(plain(spelled(name, "9007199254740993")), Some(Rule::Time));
    }
    for value in ["1700000000.5", "1700000001", "1.7000006e9", "253402300799", "17000006e2"] {
        assert_eq!(plain(spelled("exp", value)), None, "{value}");
    }
}

#[test]
fn a_token_expires() {
    assert_eq!(plain(with("exp", NOW + 1)), None);
    assert_eq!(plain(with("exp", NOW)), Some(Rule::Expired));
    assert_eq!(plain(with("exp", NOW - 1)), Some(Rule::Expired));
    assert_eq!(plain(with("exp", 1)), Some(Rule::Expired));
    assert_eq!(plain(with("exp", NOW as f64 + 0.000_5)), None);
    assert_eq!(plain(with("exp", NOW as f64 - 0.5)), Some(Rule::Expired));
    let leeway = |issuer: &mut Issuer| issuer.leeway = 30;
    assert_eq!(check(leeway, with("exp", NOW - 29)), None);
    assert_eq!(check(leeway, with("exp", NOW - 30)), Some(Rule::Expired));
    // Sums of the largest numbers do not wrap.
    let most = |issuer: &mut Issuer| (issuer.leeway, issuer.max_age) = (i64::MAX, Some(i64::MAX));
    assert_eq!(check(most, with("exp", 1)), None);
    let least = |issuer: &mut Issuer| (issuer.leeway, issuer.max_age) = (i64::MIN, Some(i64::MIN));
    assert_eq!(check(least, claims()), Some(Rule::Expired));
}

#[test]
fn a_token_says_when_it_expires_unless_it_need_not() {
    assert_eq!(plain(without("exp")), Some(Rule::NoExpiry));
    // JSON null is no claim.
    assert_eq!(plain(with("exp", Value::Null)), Some(Rule::NoExpiry));
    let free = |issuer: &mut Issuer| issuer.require_exp = false;
    assert_eq!(check(free, without("exp")), None);
    assert_eq!(check(free, with("exp", NOW)), Some(Rule::Expired));
}

#[test]
fn a_token_is_not_used_before_its_time() {
    let leeway = |issuer: &mut Issuer| issuer.leeway = 30;
    for (name, rule) in [("nbf", Rule::NotYetValid), ("iat", Rule::IssuedInFuture)] {
        assert_eq!(plain(with(name, NOW)), None);
        assert_eq!(plain(with(name, NOW + 1)), Some(rule));
        assert_eq!(plain(with(name, NOW as f64 + 0.5)), Some(rule));
        assert_eq!(check(leeway, with(name, NOW + 30)), None);
        assert_eq!(check(leeway, with(name, NOW + 31)), Some(rule));
    }
    assert_eq!(plain(without("iat")), None);
}

#[test]
fn a_token_can_be_too_old() {
    let age = |issuer: &mut Issuer| issuer.max_age = Some(60);
    assert_eq!(check(age, with("iat", NOW - 59)), None);
    assert_eq!(check(age, with("iat", NOW - 60)), Some(Rule::TooOld));
    assert_eq!(check(age, without("iat")), Some(Rule::NoIssueTime));
    let both = |issuer: &mut Issuer| (issuer.max_age, issuer.leeway) = (Some(60), 30);
    assert_eq!(check(both, with("iat", NOW - 89)), None);
    assert_eq!(check(both, with("iat", NOW - 90)), Some(Rule::TooOld));
}

#[test]
fn a_verified_token_is_looked_at_again() {
    let signer = Signer::new(Algorithm::ES256);
    let mut issuer = signer.issuer();
    (issuer.leeway, issuer.max_age) = (5, Some(300));
    let at = |seconds: i64| (NOW + seconds) * 1_000_000;
    let times =
        verify(signer.issue(with("exp", NOW + 100)), &issuer).unwrap_or_else(|_| unreachable!()).times;
    assert_eq!(times.check(at(104)), Ok(()));
    assert_eq!(times.check(at(105) - 1), Ok(()));
    assert_eq!(times.check(at(105)), Err(Rule::Expired));
    assert_eq!(times.check(i64::MAX), Err(Rule::Expired));
    let times = verify(signer.issue(claims()), &issuer).unwrap_or_else(|_| unreachable!()).times;
    assert_eq!(times.check(at(294)), Ok(()));
    assert_eq!(times.check(at(295)), Err(Rule::TooOld));
    issuer.require_exp = false;
    issuer.max_age = None;
    let times = verify(signer.issue(without("exp")), &issuer).unwrap_or_else(|_| unreachable!()).times;
    assert_eq!(times.check(i64::MAX), Ok(()));
}

#[test]
fn a_token_is_meant_for_us() {
    let ours = |issuer: &mut Issuer| issuer.audiences = Some(vec!["api".to_owned(), "db".to_owned()]);
    for good in [json!("api"), json!("db"), json!(["api"]), json!(["x", "db"]), json!(["api", "api"])] {
        assert_eq!(check(ours, with("aud", good.clone())), None, "{good}");
    }
    for bad in [
        json!("x"),
        json!(""),
        json!("API"),
        json!("api "),
        json!("api,db"),
        json!("api/"),
        json!([]),
        json!(["x"]),
    ] {
        assert_eq!(check(ours, with("aud", bad.clone())), Some(Rule::Audience), "{bad}");
    }
    assert_eq!(check(ours, without("aud")), Some(Rule::Audience));
    assert_eq!(check(ours, with("aud", Value::Null)), Some(Rule::Audience));
    // The wrong type is refused, compared or not.
    for bad in
        [json!(1), json!(true), json!({"api": 1}), json!(["api", 1]), json!([["api"]]), json!(["api", null])]
    {
        assert_eq!(check(ours, with("aud", bad.clone())), Some(Rule::Audience), "{bad}");
        assert_eq!(plain(with("aud", bad.clone())), Some(Rule::Audience), "{bad}");
    }
    assert_eq!(plain(without("aud")), None);
    assert_eq!(plain(with("aud", "anybody")), None);
    // A list of nobody lets nobody in.
    assert_eq!(check(|issuer| issuer.audiences = Some(vec![]), claims()), Some(Rule::Audience));
}

#[test]
fn the_issuer_is_compared_byte_by_byte() {
    for name in [
        "https://issuer.example/",
        "https://issuer.exampl",
        "HTTPS://issuer.example",
        " https://issuer.example",
        "https://issuer.example.attacker.example",
        "issuer.example",
        "https://issuer.example\u{0000a0}",
    ] {
        assert_eq!(plain(with("iss", name)), Some(Rule::Issuer), "{name}");
    }
    assert_eq!(plain(without("iss")), Some(Rule::Issuer));
    // An issuer without a name matches nothing.
    assert_eq!(check(|issuer| issuer.name.clear(), claims()), Some(Rule::Issuer));
    assert_eq!(check(|issuer| issuer.name.clear(), with("iss", "")), Some(Rule::Issuer));
}

#[test]
fn types_are_told_apart() {
    let signer = Signer::new(Algorithm::EdDSA);
    let typed = |typ: Option<&str>, types: Option<&[&str]>| {
        let mut issuer = signer.issuer();
        issuer.types = types.map(|types| types.iter().map(|typ| typ.to_string()).collect());
        let mut header = signer.header();
        if let Some(typ) = typ {
            header["typ"] = typ.into();
        }
        broken(signer.sign(header, claims()), &issuer)
    };
    for good in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "Application/AT+jwt"] {
        assert_eq!(typed(Some(good), None), None, "{good}");
    }
    assert_eq!(typed(None, None), None);
    for bad in [
        "",
        "JOSE",
        "id+jwt",
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "JWT ",
        "application/",
        "text/jwt",
        "é",
    ] {
        assert_eq!(typed(Some(bad), None), Some(Rule::Type), "{bad}");
    }
    // An ID token, or one that does not say, is no access token where the issuer marks those (RFC 9068).
    for (typ, rule) in [
        (Some("at+jwt"), None),
        (Some("application/at+jwt"), None),
        (Some("JWT"), Some(Rule::Type)),
        (Some("jwt"), Some(Rule::Type)),
        (None, Some(Rule::Type)),
    ] {
        assert_eq!(typed(typ, Some(&["at+jwt"])), rule, "{typ:?}");
        assert_eq!(typed(typ, Some(&["application/AT+JWT"])), rule, "{typ:?}");
    }
    assert_eq!(typed(Some("x+jwt"), Some(&["JWT", "x+jwt"])), None);
    assert_eq!(typed(Some("JWT"), Some(&[])), Some(Rule::Type));
}

#[test]
fn claims_can_be_required() {
    let required = |name: &str, value: Value| {
        let name = name.to_owned();
        move |issuer: &mut Issuer| {
            issuer.required.insert(name.clone(), value.clone());
        }
    };
    // Cognito and Keycloak tell access tokens from ID tokens by a claim (RFC 8725 section 3.12).
    let access = required("token_use", json!("access"));
    assert_eq!(check(&access, with("token_use", "access")), None);
    for bad in [json!("id"), json!("Access"), json!(""), json!(null), json!(["access"]), json!(1)] {
        assert_eq!(check(&access, with("token_use", bad.clone())), Some(Rule::RequiredClaim), "{bad}");
    }
    assert_eq!(check(&access, claims()), Some(Rule::RequiredClaim));
    // Present is enough; null is absent.
    let present = required("org", Value::Null);
    for good in [json!("x"), json!(""), json!(0), json!(false), json!([]), json!({})] {
        assert_eq!(check(&present, with("org", good.clone())), None, "{good}");
    }
    assert_eq!(check(&present, claims()), Some(Rule::RequiredClaim));
    assert_eq!(check(&present, with("org", Value::Null)), Some(Rule::RequiredClaim));
    // Any value of JSON, and all of several.
    let object = json!({"a": [1, {"b": null}]});
    assert_eq!(check(required("x", object.clone()), with("x", object.clone())), None);
    assert_eq!(check(required("x", object), with("x", json!({"a": [1, {}]}))), Some(Rule::RequiredClaim));
    assert_eq!(check(required("x", json!(1)), with("x", 1.0)), Some(Rule::RequiredClaim));
    let two = |issuer: &mut Issuer| {
        present(issuer);
        access(issuer);
    };
    assert_eq!(check(two, with("org", "x")), Some(Rule::RequiredClaim));
}

#[test]
fn a_rule_has_a_name_and_words_and_tells_nothing_of_the_token() {
    let rules = [
        Rule::Size,
        Rule::Form,
        Rule::Base64,
        Rule::Header,
        Rule::Duplicate,
        Rule::Critical,
        Rule::Algorithm,
        Rule::Claims,
        Rule::Issuer,
        Rule::Key,
        Rule::Signature,
        Rule::Type,
        Rule::Time,
        Rule::NoExpiry,
        Rule::NoIssueTime,
        Rule::Expired,
        Rule::NotYetValid,
        Rule::IssuedInFuture,
        Rule::TooOld,
        Rule::Audience,
        Rule::RequiredClaim,
    ];
    let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
    assert_eq!(
        names.join(" "),
        "size form base64 header duplicate critical algorithm claims issuer key signature type time no_expiry \
         no_issue_time expired not_yet_valid issued_in_future too_old audience required_claim"
    );
    let mut texts: Vec<String> = rules.iter().map(Rule::to_string).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), rules.len());
    assert!(Rule::Size.to_string().contains(&MAX_BYTES.to_string()));
}
