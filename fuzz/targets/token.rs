//! Any bytes as a token, and any header and payload, properly signed.
//!
//! The first byte of an input says what the rest is and who is to judge it: '0' and '2' a token, '1' and '3' a
//! header, the end of the line, and a payload, which are then signed; '2' and '3' the strict issuer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pg_tenancy_fuzz::issuer::{self, AUDIENCE, LEEWAY, LENIENT, MAX_AGE, NAME, NOW, STRICT, TYPE};
use pg_tenancy_fuzz::token::{Unverified, Verified, check_form};
use pg_tenancy_fuzz::{facts::Facts, memory};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Some((how, rest)) = bytes.split_first() else { return };
    let is_strict = how & 2 != 0;
    if how & 1 == 0 {
        read(rest);
        return issuer::check(rest);
    }
    let mut parts = rest.splitn(2, |&byte| byte == b'\n');
    let (Some(header), Some(payload)) = (parts.next(), parts.next()) else { return };
    let token = issuer::signed(header, payload);
    let Some(read) = read(token.as_bytes()) else { return };
    let issuer = if is_strict { &STRICT } else { &LENIENT };
    if let Ok(verified) = issuer.with(|issuer| read.verify(issuer, NOW * 1_000_000)) {
        accepted(header, payload, &verified, is_strict);
    }
});

/// Reads a token, and looks at whether it has the one spelling it can have, and holds what it must.
fn read(token: &[u8]) -> Option<Unverified> {
    let form = memory::bounded(0, || check_form(token));
    let read = memory::bounded(token.len(), || Unverified::parse(token)).ok()?;
    assert_eq!(form, Ok(()));
    let segments: Vec<_> = token.split(|&byte| byte == b'.').map(issuer::decode).collect();
    let [Some(header), Some(payload), Some(signature)] = &segments[..] else {
        panic!("accepted other than base64url")
    };
    let again = [header, payload, signature].map(|segment| issuer::encode(segment)).join(".");
    assert_eq!(token, again.as_bytes());
    assert_eq!(read.text().as_bytes(), payload);
    for json in [header, payload] {
        let facts = Facts::of(json);
        assert!(facts.as_ref().is_some_and(|facts| !facts.duplicate), "{facts:?}");
    }
    let payload: Value = serde_json::from_slice(payload).unwrap_or_default();
    assert_eq!(Some(read.issuer()), payload["iss"].as_str());
    assert!(!read.issuer().is_empty());
    Some(read)
}

/// What was signed and accepted keeps the rules, as they are written in the RFCs.
fn accepted(header: &[u8], payload: &[u8], verified: &Verified, is_strict: bool) {
    let [header, claims] =
        [header, payload].map(|json| serde_json::from_slice::<Value>(json).unwrap_or_default());
    assert!(matches!(header["alg"].as_str(), Some("EdDSA" | "Ed25519")));
    assert!(header.get("kid").is_none_or(|kid| kid == "ed1"));
    assert!(header.get("crit").is_none() && header.get("b64").is_none());
    let typ = header.get("typ").map(|typ| typ.as_str().unwrap_or_default().to_lowercase());
    let typ = typ.as_deref().map(|typ| typ.strip_prefix("application/").unwrap_or(typ));
    assert!(typ == Some(TYPE) || !is_strict && matches!(typ, None | Some("jwt")), "{typ:?}");

    assert_eq!(claims["iss"], NAME);
    let leeway = if is_strict { LEEWAY as f64 } else { 0.0 };
    let now = NOW as f64;
    // Times are compared in whole microseconds.
    let tick = 0.000_001;
    let date = |name: &str| match claims.get(name) {
        None | Some(Value::Null) => None,
        Some(date) => Some(date.as_f64().unwrap_or_else(|| panic!("{name} is {date}"))),
    };
    assert!(date("exp").is_some_and(|exp| exp > now - leeway - tick));
    assert!(date("nbf").is_none_or(|nbf| nbf < now + leeway + tick));
    assert!(date("iat").is_none_or(|iat| iat < now + leeway + tick));
    for name in ["exp", "nbf", "iat"] {
        assert!(date(name).is_none_or(|date| date > 0.0 && date < 253_402_300_800.0));
    }
    assert!(verified.times.check(NOW * 1_000_000).is_ok());
    assert!(verified.times.check(i64::MAX).is_err());
    if is_strict {
        assert!(date("iat").is_some_and(|iat| iat > now - (MAX_AGE as f64) - leeway - tick));
        assert!(
            claims["aud"] == AUDIENCE
                || claims["aud"].as_array().is_some_and(|aud| aud.iter().any(|aud| aud == AUDIENCE))
        );
        assert_eq!(claims["email_verified"], true);
    }
    assert_eq!(verified.text.as_bytes(), payload);
    assert_eq!(verified.claims.text("iss"), Some(NAME));
}
