//! Any bytes as claims. What is accepted is a JSON object within the limits, and reads as serde_json reads it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pg_tenancy_fuzz::claims::layout::{Named, Places};
use pg_tenancy_fuzz::claims::{Claims, MAX_BYTES, MAX_DEPTH, Problem, bigint, uuid};
use pg_tenancy_fuzz::{facts::Facts, memory};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let parsed = memory::bounded(bytes.len(), || Claims::parse(bytes));
    let json = serde_json::from_slice::<Value>(bytes).ok();
    std::str::from_utf8(bytes).into_iter().for_each(written);
    match (parsed, json) {
        (Ok(claims), Some(json)) => accepted(bytes, &claims, &json),
        (Ok(_), None) => panic!("accepted what is no JSON"),
        (Err(problem), json) => refused(bytes, problem, json.as_ref()),
    }
});

fn accepted(bytes: &[u8], claims: &Claims, json: &Value) {
    let Value::Object(object) = json else { panic!("accepted what is no object") };
    let facts = Facts::of(bytes).unwrap_or_else(|| unreachable!("it was read a moment ago"));
    assert!(bytes.len() <= MAX_BYTES && facts.depth <= MAX_DEPTH && !facts.nul, "{facts:?}");
    assert_eq!(claims.is_ascii(), facts.ascii);
    for (name, value) in object {
        assert_eq!(claims.at(&[name]), Some(value).filter(|value| !value.is_null()));
        assert_eq!(claims.text(name), value.as_str().filter(|text| !text.is_empty()));
        written(name);
        if let Some(text) = value.as_str() {
            written(text);
        }
        // Any claim may be named as the tenant, at the top or one level below.
        by_hand(claims, vec![name.clone()], value);
        for (inner, value) in value.as_object().into_iter().flatten() {
            let path = vec![name.clone(), inner.clone()];
            assert_eq!(claims.at(&path), Some(value).filter(|value| !value.is_null()));
            by_hand(claims, path, value);
        }
    }
    for layout in LAYOUTS {
        let places = Places::new(layout, None, None, None, &[]);
        let places = places.unwrap_or_else(|| unreachable!("{layout}"));
        let said = memory::bounded(bytes.len(), || places.read(claims));
        assert!(said.tenants.iter().all(|tenant| !tenant.is_empty()));
        for tenant in said.tenants.iter().map(String::as_str).chain(["", "no such"]) {
            let rights = said.rights_in(tenant);
            let mut words: Vec<&String> = rights.roles.iter().collect();
            words.sort();
            words.dedup();
            assert_eq!(words.len(), rights.roles.len());
            assert!(rights.roles.iter().chain(&rights.permissions).all(|word| !word.is_empty()));
        }
    }
}

/// Auto comes last: the first that is named has the document read, which takes memory once.
const LAYOUTS: [&str; 18] = [
    "plain", "neon_auth", "better_auth", "clerk_v1", "clerk_v2", "supabase", "auth0", "workos", "stack_auth", "firebase",
    "keycloak", "cognito", "entra", "kinde", "descope", "org_id", "organization_id", "auto",
];

fn by_hand(claims: &Claims, path: Vec<String>, value: &Value) {
    // Paths through what users write are refused.
    let Some(places) = Places::new("auto", Some(path), None, None, &[]) else { return };
    let said = places.read(claims);
    match (said.tenant, tenant(value)) {
        (Named::Tenant(said), Some(tenant)) => assert_eq!(said, tenant),
        (Named::Nothing, None) => assert!(value.is_null()),
        (Named::Unclear, None) => {}
        differ => panic!("{differ:?}"),
    }
}

/// What was refused was no JSON object, or broke the very limit that was named.
fn refused(bytes: &[u8], problem: Problem, json: Option<&Value>) {
    let broken = match (problem, Facts::of(bytes)) {
        (Problem::TooLong, _) => bytes.len() > MAX_BYTES,
        (Problem::TooDeep, Some(facts)) => facts.depth > MAX_DEPTH,
        (Problem::NulCharacter, Some(facts)) => facts.nul,
        // serde_json reads numbers that are merely written too long.
        (Problem::NumberTooLarge, Some(_)) => {
            bytes.len() > 400 || bytes.iter().any(|byte| matches!(byte, b'e' | b'E'))
        }
        (Problem::NotAnObject, Some(_)) => !matches!(json, Some(Value::Object(_))),
        (Problem::NotUtf8, _) => std::str::from_utf8(bytes).is_err(),
        (Problem::NotAscii, _) => false,
        (_, json) => json.is_none(),
    };
    assert!(broken, "refused, since the claims {problem}");
}

fn tenant(value: &Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) if id.is_i64() || id.is_u64() => Some(id.to_string()),
        _ => None,
    }
}

/// A uuid and a bigint have one written form.
fn written(text: &str) {
    if let Some(bytes) = uuid(text) {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text.replace('-', "").to_lowercase(), digits);
        assert_eq!(text.len(), 36);
    }
    assert!(bigint(text).is_none_or(|number| number.to_string() == text));
}
