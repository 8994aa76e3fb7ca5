//! An issuer with a key for each algorithm, and the tokens that it signed: one of each, in `issuer/`, which
//! `issuer/make` wrote. The keys are the tests', which everybody knows.

use crate::token::{Algorithm, Issuer, Keys, Unverified};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, json};

pub const NAME: &str = "https://issuer.example";
pub const AUDIENCE: &str = "api";
pub const TYPE: &str = "at+jwt";
/// The present, in seconds.
pub const NOW: i64 = 1_700_000_000;
/// Of the strict issuer, in seconds.
pub const LEEWAY: i64 = 30;
pub const MAX_AGE: i64 = 3600;

const JWKS: &str = include_str!("../issuer/jwks.json");
const TOKENS: &str = include_str!("../issuer/tokens");

/// All that was ever signed.
pub fn tokens() -> impl Iterator<Item = &'static str> {
    TOKENS.lines()
}

/// An issuer that leaves all it can to the defaults.
pub fn lenient() -> Issuer {
    let keys = match Keys::parse(JWKS.as_bytes(), &Algorithm::ALL) {
        Ok(keys) => keys,
        Err(problem) => panic!("{problem}"),
    };
    with(keys)
}

/// The same with other keys.
pub fn with(keys: Keys) -> Issuer {
    Issuer {
        name: NAME.to_owned(),
        keys,
        audiences: None,
        types: None,
        required: Map::new(),
        leeway: 0,
        max_age: None,
        require_exp: true,
    }
}

/// An issuer that asks for all it can.
pub fn strict() -> Issuer {
    let mut required = Map::new();
    required.insert("email_verified".to_owned(), json!(true));
    Issuer {
        audiences: Some(vec![AUDIENCE.to_owned()]),
        types: Some(vec![TYPE.to_owned()]),
        required,
        leeway: LEEWAY,
        max_age: Some(MAX_AGE),
        ..lenient()
    }
}

thread_local! {
    pub static LENIENT: Issuer = lenient();
    pub static STRICT: Issuer = strict();
    static ED25519: Ed25519KeyPair = {
        let pair = Ed25519KeyPair::from_seed_unchecked(digest(&SHA256, b"ed1").as_ref());
        pair.unwrap_or_else(|_| unreachable!("a seed is any 32 bytes"))
    };
}

/// A token with any header and payload, signed with the issuer's Ed25519 key, of the kid `ed1`.
pub fn signed(header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = ED25519.with(|pair| pair.sign(signed.as_bytes()));
    format!("{signed}.{}", encode(signature.as_ref()))
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Whether one of the issuers accepts the token.
pub fn accepts(token: &[u8]) -> bool {
    let by = |issuer: &Issuer| {
        Unverified::parse(token).and_then(|read| read.verify(issuer, NOW * 1_000_000)).is_ok()
    };
    LENIENT.with(by) || STRICT.with(by)
}

/// Panics if a token is accepted that was never signed.
pub fn check(token: &[u8]) {
    if accepts(token) {
        let is_known = tokens().any(|known| token == known.as_bytes() || is_twin(token, known.as_bytes()));
        assert!(is_known, "accepted, though never signed: {}", String::from_utf8_lossy(token));
    }
}

/// Whether two tokens say the same, with the two ECDSA signatures that go with one another: (r, s) and
/// (r, n - s). That is so by the nature of ECDSA, and known.
fn is_twin(token: &[u8], known: &[u8]) -> bool {
    let at = |token: &[u8]| token.iter().rposition(|&byte| byte == b'.').unwrap_or(0);
    let ((signed, signature), (known_signed, known)) = (token.split_at(at(token)), known.split_at(at(known)));
    let (Some(signature), Some(known)) = (decode(&signature[1..]), decode(&known[1..])) else { return false };
    signed == known_signed && twin(&known).is_some_and(|twin| twin == signature)
}

const ORDERS: [&str; 2] = [
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
];

/// The other signature of the pair, where the length is that of ECDSA with P-256 or P-384. (An Ed25519 signature
/// has the length of P-256's; what comes out then is no signature.)
pub fn twin(signature: &[u8]) -> Option<Vec<u8>> {
    let order = ORDERS.iter().find(|order| order.len() == signature.len())?;
    let half = signature.len() / 2;
    let mut twin = signature.to_vec();
    let mut borrow = 0;
    for i in (0..half).rev() {
        let digit = i16::from_str_radix(&order[2 * i..2 * i + 2], 16).ok()?;
        let difference = digit - i16::from(twin[half + i]) - borrow;
        borrow = i16::from(difference < 0);
        twin[half + i] = difference.rem_euclid(256) as u8;
    }
    Some(twin)
}
