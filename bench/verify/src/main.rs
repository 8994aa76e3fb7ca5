//! verify ISSUER AUDIENCE: prints the nanoseconds that jsonwebtoken needs per token, in a plain loop.
//!
//! The standard input is a JWKS in its first line, then tokens, one a line, all with the header of the first. That
//! one is verified before the clock starts. All claims are read, whatever they are, for the extension keeps them all.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, audience] = &arguments[..] else { return Err("usage: verify ISSUER AUDIENCE".into()) };
    let input = std::io::read_to_string(std::io::stdin())?;
    let mut lines = input.lines();
    let jwks: JwkSet = serde_json::from_str(lines.next().ok_or("no JWKS")?)?;
    let tokens: Vec<&str> = lines.collect();
    let (first, others) = tokens.split_first().ok_or("no tokens")?;
    let header = decode_header(first)?;
    let key = jwks.find(header.kid.as_deref().ok_or("no kid")?).ok_or("no such key")?;
    let key = DecodingKey::from_jwk(key)?;
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation.leeway = 30;
    let verify = |token| decode::<Map<String, Value>>(token, &key, &validation);

    verify(first)?;
    let start = Instant::now();
    for token in others {
        black_box(verify(black_box(token))?);
    }
    println!("{}", start.elapsed().as_nanos() as f64 / others.len() as f64);
    Ok(())
}
