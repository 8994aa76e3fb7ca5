//! A JWS in its compact form (RFC 7515 section 7.1): three segments, the header's members, the bytes.

use super::{Algorithm, Rule, json};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// The longest token that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// A token taken apart; nothing of it is to be believed.
pub struct Jws {
    /// The members of the header that count.
    pub header: Header,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// What was signed: the first two segments as they came, with the dot between.
    pub signed: Vec<u8>,
    pub signature: Vec<u8>,
}

/// The header's members that count. Those that bring a key or say where to fetch one (`jwk`, `jku`, `x5c`,
/// `x5u`) are not even read: a forger can write them (RFC 8725 section 3.10).
pub struct Header {
    pub algorithm: Algorithm,
    pub kid: Option<String>,
    pub typ: Option<String>,
}

impl Jws {
    /// Takes a token apart. Errors: `size`, `form`, `base64`, and those of the header.
    pub fn parse(token: &[u8]) -> Result<Jws, Rule> {
        let [header, payload, signature] = segments(token)?;
        let header = Header::parse(&decode(header)?)?;
        let signed = token[..token.len() - signature.len() - 1].to_vec();
        Ok(Jws { header, payload: decode(payload)?, signed, signature: decode(signature)? })
    }
}

impl Header {
    /// Reads the header. Errors: `header`, `duplicate`, `critical`, `algorithm`.
    fn parse(json: &[u8]) -> Result<Header, Rule> {
        let header = json::object(json).map_err(|problem| match problem {
            json::Problem::Duplicate => Rule::Duplicate,
            json::Problem::NotAnObject => Rule::Header,
        })?;
        // No extension is understood here, so none may be critical, and `b64` is only ever used as a
        // critical one (RFC 7515 section 4.1.11, RFC 7797 sections 6 and 7).
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(Rule::Critical);
        }
        let algorithm = text(&header, "alg")?.ok_or(Rule::Header)?;
        Ok(Header {
            algorithm: Algorithm::named(algorithm).ok_or(Rule::Algorithm)?,
            kid: text(&header, "kid")?.map(str::to_owned),
            typ: text(&header, "typ")?.map(str::to_owned),
        })
    }
}

/// A member that is a string, if it is there at all.
fn text<'a>(header: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Rule> {
    header.get(name).map(|value| value.as_str().ok_or(Rule::Header)).transpose()
}

/// Checks what can be checked without decoding: length, three segments none of which is empty, characters.
/// Errors: `size`, `form`, `base64`.
pub fn check_form(token: &[u8]) -> Result<(), Rule> {
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match segments(token)?.iter().all(|segment| segment.iter().all(is_base64url)) {
        true => Ok(()),
        false => Err(Rule::Base64),
    }
}

fn segments(token: &[u8]) -> Result<[&[u8]; 3], Rule> {
    if token.len() > MAX_BYTES {
        return Err(Rule::Size);
    }
    let mut segments = token.split(|&byte| byte == b'.').filter(|segment| !segment.is_empty());
    let dots = token.iter().filter(|&&byte| byte == b'.').count();
    match (segments.next(), segments.next(), segments.next(), dots) {
        (Some(header), Some(payload), Some(signature), 2) => Ok([header, payload, signature]),
        _ => Err(Rule::Form),
    }
}

/// Base64url without padding, blanks or stray bits in the last character (RFC 7515 sections 2 and 5.2): one
/// token has one spelling.
fn decode(segment: &[u8]) -> Result<Vec<u8>, Rule> {
    URL_SAFE_NO_PAD.decode(segment).map_err(|_| Rule::Base64)
}
