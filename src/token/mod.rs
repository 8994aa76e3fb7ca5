//! Tokens: a JWT (RFC 7519) signed as a JWS in compact form (RFC 7515), checked by the rules of RFC 8725.
//!
//! Pure Rust, no Postgres: bytes in, claims or the broken rule out. The issuer's configuration decides which
//! keys and algorithms count; of the token, only `iss`, `kid` and `alg` choose among them, by equality. The
//! arithmetic of signatures is that of aws-lc; the rules are all here.

use crate::claims::Claims;
use serde_json::{Map, Value};

mod algorithm;
mod json;
mod jws;
mod key;
mod keys;
mod rule;
mod times;
mod weak;

#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub use jws::check_form;
pub use keys::Keys;
pub use rule::Rule;
pub use times::Times;

/// The types of token accepted where an issuer does not say (RFC 7519 section 5.1, RFC 9068 section 2.1).
const TYPES: [&str; 2] = ["JWT", "at+jwt"];

/// Who may sign, and what their tokens must hold.
pub struct Issuer {
    /// The claim `iss`, compared byte by byte: a trailing slash counts.
    pub name: String,
    pub keys: Keys,
    /// One of these must be in the claim `aud`; if none, `aud` is not compared.
    pub audiences: Option<Vec<String>>,
    /// One of these must be the header's `typ`, in any case and with or without `application/`; if none, `typ`
    /// may be missing, `JWT` or `at+jwt`.
    pub types: Option<Vec<String>>,
    /// Claims that must be there: with this very value, or, where it is null, with any but null. A number
    /// written as 1 is not the number written as 1.0.
    pub required: Map<String, Value>,
    /// How far apart the issuer's clock and ours may be, in seconds; for `exp`, `nbf`, `iat` and `max_age`.
    pub leeway: i64,
    /// How long after `iat` a token is good, in seconds, whatever its `exp` says.
    pub max_age: Option<i64>,
    /// Whether a token without `exp` is refused.
    pub require_exp: bool,
}

/// A token whose form, header and claims have been read. Nothing in it is to be believed yet.
pub struct Unverified {
    jws: jws::Jws,
    text: String,
    claims: Claims,
}

/// A token that its issuer signed and that broke no rule.
pub struct Verified {
    pub claims: Claims,
    /// The claims as signed, a JSON object in UTF-8 that `jsonb` can hold.
    pub text: String,
    /// Until when it is good.
    pub times: Times,
}

impl Unverified {
    /// Reads a token. Errors: `size`, `form`, `base64`, `header`, `duplicate`, `critical`, `algorithm`,
    /// `claims`, `issuer`.
    pub fn parse(token: &[u8]) -> Result<Unverified, Rule> {
        let mut jws = jws::Jws::parse(token)?;
        let text = String::from_utf8(std::mem::take(&mut jws.payload)).map_err(|_| Rule::Claims)?;
        // First the claims, whose limits are seen before anything is allocated.
        let claims = Claims::parse(text.as_bytes()).map_err(|_| Rule::Claims)?;
        json::check_names(&text).map_err(|_| Rule::Duplicate)?;
        claims.text("iss").ok_or(Rule::Issuer)?;
        Ok(Unverified { jws, text, claims })
    }

    /// The claim `iss`, not empty: good for finding the issuer's configuration, and for nothing else.
    pub fn issuer(&self) -> &str {
        self.claims.text("iss").unwrap_or_default()
    }

    /// The claims; not to be believed.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims as written; not to be believed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks the token against its issuer; `now` is in microseconds since the Unix epoch. Errors: `issuer`,
    /// `algorithm`, `key`, `signature`, `type`, `audience`, `required_claim`, and those of the times.
    pub fn verify(self, issuer: &Issuer, now: i64) -> Result<Verified, Rule> {
        if self.issuer() != issuer.name {
            return Err(Rule::Issuer);
        }
        // The signature before all else: what follows tells only its owner about a token.
        let header = &self.jws.header;
        let key = issuer.keys.find(header.algorithm, header.kid.as_deref())?;
        key.verify(header.algorithm, &self.jws.signed, &self.jws.signature)?;
        check_type(header.typ.as_deref(), issuer.types.as_deref())?;
        let times = Times::read(&self.claims, issuer, now)?;
        check_audience(self.claims.at(&["aud"]), issuer.audiences.as_deref())?;
        check_required(&self.claims, &issuer.required)?;
        Ok(Verified { claims: self.claims, text: self.text, times })
    }
}

/// An ID token must not pass for an access token where the issuer tells them apart by type (RFC 8725 sections
/// 3.11 and 3.12).
fn check_type(typ: Option<&str>, types: Option<&[String]>) -> Result<(), Rule> {
    let is = |typ: &str, other: &str| media_type(typ).eq_ignore_ascii_case(media_type(other));
    let accepted = match (typ, types) {
        (None, types) => types.is_none(),
        (Some(typ), None) => TYPES.iter().any(|other| is(typ, other)),
        (Some(typ), Some(types)) => types.iter().any(|other| is(typ, other)),
    };
    if accepted { Ok(()) } else { Err(Rule::Type) }
}

/// `typ` leaves out `application/` where it can (RFC 7515 section 4.1.9).
fn media_type(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}

/// `aud` is a string or an array of strings (RFC 7519 section 4.1.3); anything else is refused even where it
/// is not compared.
fn check_audience(aud: Option<&Value>, audiences: Option<&[String]>) -> Result<(), Rule> {
    let values = match aud {
        None => &[][..],
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
    };
    let is_ours = |value: &Value| audiences.is_some_and(|ours| ours.iter().any(|our| value == our));
    match values.iter().all(Value::is_string) && (audiences.is_none() || values.iter().any(is_ours)) {
        true => Ok(()),
        false => Err(Rule::Audience),
    }
}

fn check_required(claims: &Claims, required: &Map<String, Value>) -> Result<(), Rule> {
    let is_met = |(name, value): (&String, &Value)| {
        claims.at(&[name]).is_some_and(|claim| value.is_null() || claim == value)
    };
    if required.iter().all(is_met) { Ok(()) } else { Err(Rule::RequiredClaim) }
}
