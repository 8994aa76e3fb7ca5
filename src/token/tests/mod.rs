//! Tokens signed by keys that the tests make, and an issuer that accepts them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair, RsaPublicKeyComponents};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use std::sync::LazyLock;

mod forms;
mod keys;
mod properties;
mod rules;
mod signatures;
mod vectors;

/// The present, in seconds.
const NOW: i64 = 1_700_000_000;
const NAME: &str = "https://issuer.example";

/// Making an RSA key takes a while, so all tests share two.
static RSA: LazyLock<[RsaKeyPair; 2]> =
    LazyLock::new(|| [0, 1].map(|_| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key, its public JWK with the kid `k1`, and its algorithm.
struct Signer {
    algorithm: Algorithm,
    jwk: Value,
    sign: Box<Sign>,
}

type Sign = dyn Fn(&[u8]) -> Vec<u8>;

impl Signer {
    fn new(algorithm: Algorithm) -> Signer {
        Signer::numbered(algorithm, 0)
    }

    /// Another key of the same kind.
    fn other(algorithm: Algorithm) -> Signer {
        Signer::numbered(algorithm, 1)
    }

    fn numbered(algorithm: Algorithm, number: usize) -> Signer {
        match algorithm {
            Algorithm::EdDSA => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let x = encode(pair.public_key());
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k1"});
                Signer { algorithm, jwk, sign: Box::new(move |bytes| pair.sign(bytes).as_ref().to_vec()) }
            }
            Algorithm::ES256 => Signer::ec(algorithm, &aws::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            Algorithm::ES384 => Signer::ec(algorithm, &aws::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            Algorithm::RS256 => Signer::rsa(algorithm, number, &aws::RSA_PKCS1_SHA256),
            Algorithm::RS384 => Signer::rsa(algorithm, number, &aws::RSA_PKCS1_SHA384),
            Algorithm::RS512 => Signer::rsa(algorithm, number, &aws::RSA_PKCS1_SHA512),
            Algorithm::PS256 => Signer::rsa(algorithm, number, &aws::RSA_PSS_SHA256),
            Algorithm::PS384 => Signer::rsa(algorithm, number, &aws::RSA_PSS_SHA384),
            Algorithm::PS512 => Signer::rsa(algorithm, number, &aws::RSA_PSS_SHA512),
        }
    }

    fn ec(algorithm: Algorithm, signing: &'static aws::EcdsaSigningAlgorithm, crv: &str) -> Signer {
        let pair = EcdsaKeyPair::generate(signing).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let jwk = json!({"kty": "EC", "crv": crv, "x": encode(x), "y": encode(y), "kid": "k1"});
        let sign = move |bytes: &[u8]| pair.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec();
        Signer { algorithm, jwk, sign: Box::new(sign) }
    }

    fn rsa(algorithm: Algorithm, number: usize, encoding: &'static dyn aws::RsaEncoding) -> Signer {
        let pair = &RSA[number];
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let [n, e] = [encode(public.n), encode(public.e)];
        let jwk = json!({"kty": "RSA", "n": n, "e": e, "kid": "k1", "alg": algorithm.name()});
        let sign = move |bytes: &[u8]| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), bytes, &mut signature).unwrap();
            signature
        };
        Signer { algorithm, jwk, sign: Box::new(sign) }
    }

    fn header(&self) -> Value {
        json!({"alg": self.algorithm.name(), "kid": "k1"})
    }

    /// A token with any header and payload, properly signed.
    fn sign(&self, header: impl ToString, payload: impl ToString) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(payload.to_string()));
        let signature = (self.sign)(signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    fn issue(&self, payload: impl ToString) -> String {
        self.sign(self.header(), payload)
    }

    fn issuer(&self) -> Issuer {
        issuer(&json!({"keys": [self.jwk]}))
    }
}

/// An issuer with these keys that leaves all else to the defaults.
fn issuer(jwks: &Value) -> Issuer {
    Issuer {
        name: NAME.to_owned(),
        keys: Keys::parse(jwks.to_string().as_bytes(), &Algorithm::ALL).unwrap(),
        audiences: None,
        types: None,
        required: Map::new(),
        leeway: 0,
        max_age: None,
        require_exp: true,
    }
}

/// Claims that are in order.
fn claims() -> Value {
    json!({"iss": NAME, "sub": "u1", "aud": "api", "iat": NOW - 10, "exp": NOW + 600})
}

/// The same with one more or another claim.
fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn verify(token: impl AsRef<[u8]>, issuer: &Issuer) -> Result<Verified, Rule> {
    Unverified::parse(token.as_ref())?.verify(issuer, NOW * 1_000_000)
}

/// The rule that a token breaks.
fn broken(token: impl AsRef<[u8]>, issuer: &Issuer) -> Option<Rule> {
    verify(token, issuer).err()
}

/// The rule that a token breaks when it is read, before anything is known of its issuer.
fn unread(token: impl AsRef<[u8]>) -> Option<Rule> {
    Unverified::parse(token.as_ref()).err()
}
