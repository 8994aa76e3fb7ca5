//! One public key, read from a JWK (RFC 7517 section 4).

use super::{Algorithm, Rule, weak};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// The members that hold secrets, of any type of key (RFC 7518 section 6, RFC 8037 section 2).
const SECRETS: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// What an RSA key that does not name its algorithm is good for.
const RSA: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// Why a key, or a whole set of them, is refused. `Display` is a predicate: "the key set …", "key 2 …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    TooLong,
    NotAnObject,
    DuplicateName,
    NoKeys,
    TooManyKeys,
    NoUsableKey,
    Malformed(&'static str),
    Symmetric,
    PrivateParts,
    OtherAlgorithm,
    OtherKid,
    DuplicateKid,
    RsaSize,
    RsaExponent,
    Roca,
    NotOnCurve,
    SmallOrder,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self {
            Reason::TooLong => return write!(f, "is longer than {} bytes", super::keys::MAX_BYTES),
            Reason::TooManyKeys => return write!(f, "holds more than {} keys", super::keys::MAX_KEYS),
            Reason::Malformed(member) => return write!(f, "has a missing or malformed member \"{member}\""),
            Reason::NotAnObject => "is not a JSON object",
            Reason::DuplicateName => "holds a name twice in one JSON object",
            Reason::NoKeys => "has no array \"keys\"",
            Reason::NoUsableKey => "holds no key for an allowed signature algorithm",
            Reason::Symmetric => "is symmetric: whoever can check its tokens could also write them",
            Reason::PrivateParts => "has private parts: give only the public ones, and replace the key",
            Reason::OtherAlgorithm => "has an \"alg\" that does not go with its type of key",
            Reason::OtherKid => "has a \"kid\" other than the one given with it",
            Reason::DuplicateKid => "has the same \"kid\" as an earlier key",
            Reason::RsaSize => "is an RSA key of less than 2048 or more than 8192 bits",
            Reason::RsaExponent => "has an RSA exponent that is not an odd number from 3 to 4294967295",
            Reason::Roca => "is an RSA key that can be factored (CVE-2017-15361)",
            Reason::NotOnCurve => "is not a point on its curve",
            Reason::SmallOrder => "is a point of small order, for which anyone can sign",
        };
        f.write_str(text)
    }
}

/// A public key, decoded, for one algorithm (RFC 8725 section 3.1).
pub struct Key {
    pub kid: Option<String>,
    pub algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl Key {
    /// Reads a key; none if it is for other uses, for an algorithm that is not allowed, or of a type that is
    /// not supported: those are ignored (RFC 7517 section 5). A weak or private key is refused. An RSA key that
    /// does not name its algorithm is for the only one of RSA's that is allowed, or else for RS256.
    pub fn parse(
        jwk: &Map<String, Value>,
        kid: Option<&str>,
        allowed: &[Algorithm],
    ) -> Result<Option<Key>, Reason> {
        let kty = text(jwk, "kty")?.ok_or(Reason::Malformed("kty"))?;
        if kty == "oct" {
            return Err(Reason::Symmetric);
        }
        if SECRETS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(Reason::PrivateParts);
        }
        let own_kid = text(jwk, "kid")?;
        if own_kid.is_some() && kid.is_some() && own_kid != kid {
            return Err(Reason::OtherKid);
        }
        if !is_for_verifying(jwk)? {
            return Ok(None);
        }
        let of_its_type: &[Algorithm] = match (kty, text(jwk, "crv")?) {
            ("OKP", Some("Ed25519")) => &[Algorithm::EdDSA],
            ("EC", Some("P-256")) => &[Algorithm::ES256],
            ("EC", Some("P-384")) => &[Algorithm::ES384],
            ("RSA", _) => &RSA,
            _ => return Ok(None),
        };
        let mut fitting = of_its_type.iter().filter(|algorithm| allowed.contains(algorithm));
        let algorithm = match text(jwk, "alg")?.map(Algorithm::named) {
            Some(None) => return Ok(None),
            Some(Some(named)) if !of_its_type.contains(&named) => return Err(Reason::OtherAlgorithm),
            Some(Some(named)) => Some(named),
            None => match (fitting.next(), fitting.next()) {
                (Some(only), None) => Some(*only),
                (Some(_), Some(_)) => Some(Algorithm::RS256),
                (None, _) => None,
            },
        };
        let Some(algorithm) = algorithm.filter(|algorithm| allowed.contains(algorithm)) else {
            return Ok(None);
        };
        let key = decode(jwk, algorithm)?;
        Ok(Some(Key { kid: own_kid.or(kid).map(str::to_owned), algorithm, key }))
    }

    /// Checks a signature. Errors: `algorithm`, `signature`.
    pub fn verify(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> Result<(), Rule> {
        if algorithm != self.algorithm {
            return Err(Rule::Algorithm);
        }
        self.key.verify_sig(signed, signature).map_err(|_| Rule::Signature)
    }
}

/// Whether `use` and `key_ops` let the key verify signatures (RFC 7517 sections 4.2 and 4.3).
fn is_for_verifying(jwk: &Map<String, Value>) -> Result<bool, Reason> {
    let by_operations = match jwk.get("key_ops") {
        None => true,
        Some(Value::Array(operations)) => operations.iter().any(|operation| operation == "verify"),
        Some(_) => return Err(Reason::Malformed("key_ops")),
    };
    Ok(by_operations && text(jwk, "use")?.is_none_or(|used| used == "sig"))
}

/// Decodes the key's numbers, and refuses those with which signatures can be forged.
fn decode(jwk: &Map<String, Value>, algorithm: Algorithm) -> Result<ParsedPublicKey, Reason> {
    match algorithm {
        Algorithm::EdDSA => {
            let x: [u8; 32] = bytes(jwk, "x")?.try_into().map_err(|_| Reason::Malformed("x"))?;
            match weak::has_small_order(&x) {
                true => Err(Reason::SmallOrder),
                false => ParsedPublicKey::new(&ED25519, x).map_err(|_| Reason::NotOnCurve),
            }
        }
        Algorithm::ES256 => {
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(jwk, 32)?).map_err(|_| Reason::NotOnCurve)
        }
        Algorithm::ES384 => {
            ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point(jwk, 48)?).map_err(|_| Reason::NotOnCurve)
        }
        Algorithm::RS256 => decode_rsa(jwk, &RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => decode_rsa(jwk, &RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => decode_rsa(jwk, &RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => decode_rsa(jwk, &RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => decode_rsa(jwk, &RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => decode_rsa(jwk, &RSA_PSS_2048_8192_SHA512),
    }
}

/// A point of an elliptic curve, uncompressed. (One off the curve, which could belong to a weaker one, is refused
/// where it is parsed: RFC 8725 section 3.4.)
fn point(jwk: &Map<String, Value>, length: usize) -> Result<Vec<u8>, Reason> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        let coordinate = bytes(jwk, name)?;
        // Coordinates have full length, zeros included (RFC 7518 section 6.2.1.2).
        if coordinate.len() != length {
            return Err(Reason::Malformed(name));
        }
        point.extend(coordinate);
    }
    Ok(point)
}

fn decode_rsa(
    jwk: &Map<String, Value>,
    parameters: &'static RsaParameters,
) -> Result<ParsedPublicKey, Reason> {
    let [n, e] = [bytes(jwk, "n")?, bytes(jwk, "e")?];
    // Some libraries write a zero before the first byte (RFC 7518 section 6.3.1.1).
    let [n, e] = [&n, &e].map(|number| {
        let zeros = number.iter().take_while(|&&byte| byte == 0).count();
        &number[zeros..]
    });
    if !weak::RSA_BITS.contains(&weak::bits(n)) {
        return Err(Reason::RsaSize);
    }
    // With e = 1 every message is its own signature.
    if e.len() > 4 || weak::bits(e) < 2 || e.last().is_none_or(|last| last % 2 == 0) {
        return Err(Reason::RsaExponent);
    }
    if weak::is_roca(n) {
        return Err(Reason::Roca);
    }
    PublicKeyComponents { n, e }.to_parsed_public_key(parameters).map_err(|_| Reason::Malformed("n"))
}

/// A member that is a string, if it is there at all.
fn text<'a>(jwk: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, Reason> {
    jwk.get(name).map(|value| value.as_str().ok_or(Reason::Malformed(name))).transpose()
}

/// The bytes of a member in base64url.
fn bytes(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Reason> {
    let text = text(jwk, name)?.ok_or(Reason::Malformed(name))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Reason::Malformed(name))
}
