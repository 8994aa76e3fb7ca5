//! The public keys of one issuer, read from a JWK Set (RFC 7517 section 5) or added one at a time.

use super::key::{Key, Reason};
use super::{Algorithm, Rule, json};
use serde_json::{Map, Value};

/// The longest key set that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// The most keys that are read, those included that are then ignored.
pub const MAX_KEYS: usize = 100;

/// Why keys are refused. `Display` is a clause that names the key by its place and, if it has one, its `kid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProblem {
    /// The key's place in the set, from 1, and its `kid`; none if it is about the set.
    key: Option<(usize, Option<String>)>,
    pub(super) reason: Reason,
}

impl From<Reason> for KeyProblem {
    fn from(reason: Reason) -> KeyProblem {
        KeyProblem { key: None, reason }
    }
}

impl std::fmt::Display for KeyProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.key {
            None => write!(f, "the key set {}", self.reason),
            Some((place, None)) => write!(f, "key {place} {}", self.reason),
            // Escaped and cut short: a key set can come from elsewhere.
            Some((place, Some(kid))) => {
                let kid: String = kid.chars().take(64).collect();
                write!(f, "key {place} (kid {kid:?}) {}", self.reason)
            }
        }
    }
}

/// The keys of an issuer, decoded, each bound to one algorithm.
pub struct Keys {
    allowed: Vec<Algorithm>,
    keys: Vec<Key>,
    seen: usize,
}

impl Keys {
    /// No keys yet, and the algorithms allowed.
    pub fn new(allowed: &[Algorithm]) -> Keys {
        Keys { allowed: allowed.to_vec(), keys: Vec::new(), seen: 0 }
    }

    /// Reads a JWK Set. Keys for other uses or of unknown types are ignored; one key that is symmetric,
    /// private, weak or malformed is an error, and so is a set in which no key can be used.
    pub fn parse(jwks: &[u8], allowed: &[Algorithm]) -> Result<Keys, KeyProblem> {
        let jwks = object(jwks)?;
        let Some(Value::Array(list)) = jwks.get("keys") else { return Err(Reason::NoKeys.into()) };
        let mut keys = Keys::new(allowed);
        for jwk in list {
            keys.add_value(jwk, None)?;
        }
        match keys.is_empty() {
            true => Err(Reason::NoUsableKey.into()),
            false => Ok(keys),
        }
    }

    /// Adds one JWK; `kid` is its identifier where that is kept beside it. Ignores the same keys as `parse`,
    /// and has the same errors, except that no key need be usable: see `is_empty`.
    pub fn add(&mut self, jwk: &[u8], kid: Option<&str>) -> Result<(), KeyProblem> {
        match object(jwk) {
            Ok(jwk) => self.add_value(&Value::Object(jwk), kid),
            Err(reason) => Err(KeyProblem { key: Some((self.seen + 1, kid.map(str::to_owned))), reason }),
        }
    }

    /// Whether there is no usable key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    fn add_value(&mut self, jwk: &Value, kid: Option<&str>) -> Result<(), KeyProblem> {
        if self.seen == MAX_KEYS {
            return Err(Reason::TooManyKeys.into());
        }
        self.seen += 1;
        let kid_shown = kid.or_else(|| jwk.get("kid")?.as_str());
        let key = jwk.as_object().ok_or(Reason::NotAnObject);
        let key = key.and_then(|jwk| Key::parse(jwk, kid, &self.allowed)).and_then(|key| match key {
            Some(key) if key.kid.is_some() && self.keys.iter().any(|other| other.kid == key.kid) => {
                Err(Reason::DuplicateKid)
            }
            key => Ok(key),
        });
        let place = || Some((self.seen, kid_shown.map(str::to_owned)));
        let key = key.map_err(|reason| KeyProblem { key: place(), reason })?;
        self.keys.extend(key);
        Ok(())
    }

    /// The key for a token: the one of that `kid`, or, where the token names none, the only one that fits.
    /// Errors: `algorithm`, `key`.
    pub(super) fn find(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<&Key, Rule> {
        if !self.allowed.contains(&algorithm) {
            return Err(Rule::Algorithm);
        }
        if let Some(kid) = kid {
            let key = self.keys.iter().find(|key| key.kid.as_deref() == Some(kid)).ok_or(Rule::Key)?;
            return if key.algorithm == algorithm { Ok(key) } else { Err(Rule::Algorithm) };
        }
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == algorithm);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(Rule::Key),
        }
    }
}

fn object(text: &[u8]) -> Result<Map<String, Value>, Reason> {
    if text.len() > MAX_BYTES {
        return Err(Reason::TooLong);
    }
    json::object(text).map_err(|problem| match problem {
        json::Problem::Duplicate => Reason::DuplicateName,
        json::Problem::NotAnObject => Reason::NotAnObject,
    })
}
