//! Claims: the JSON object that says who is calling (RFC 7519 section 4), read from text.
//!
//! Pure Rust, no Postgres: bytes in, answers out. What `jsonb` would refuse is refused here, so that
//! `auth.jwt()` can hand the very same text to `jsonb` and never fail. A claim of the wrong shape is
//! absent, never an error: identity fails closed.

use serde_json::{Map, Value};

mod clerk;
pub mod layout;
#[cfg(test)]
mod tests;

/// The longest claims text that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting that is read; the outermost object is level 1.
pub const MAX_DEPTH: usize = 64;
/// The longest number, in characters, and the largest exponent. `double precision` ends at 1e308 and
/// `numeric` keeps 16383 decimals, so what passes is accepted by both serde_json and jsonb.
const MAX_NUMBER: usize = 400;

/// Why a text is not claims. `Display` is a sentence's predicate: "the claims …".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    TooLong,
    TooDeep,
    NumberTooLarge,
    NotUtf8,
    NotJson,
    NotAnObject,
    NulCharacter,
    NotAscii,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Problem::TooLong => write!(f, "are longer than {MAX_BYTES} bytes"),
            Problem::TooDeep => write!(f, "are nested deeper than {MAX_DEPTH} levels"),
            Problem::NumberTooLarge => f.write_str("hold a number out of range"),
            Problem::NotUtf8 => f.write_str("are not valid UTF-8"),
            Problem::NotJson => f.write_str("are not JSON"),
            Problem::NotAnObject => f.write_str("are not a JSON object"),
            Problem::NulCharacter => f.write_str("hold the character U+0000"),
            Problem::NotAscii => {
                f.write_str("hold characters beyond ASCII, which are read in UTF-8 databases only")
            }
        }
    }
}

/// A JSON object within the limits, all of whose strings Postgres can hold.
#[derive(Debug, PartialEq)]
pub struct Claims {
    object: Map<String, Value>,
    ascii: bool,
}

impl Claims {
    /// Reads claims from the bytes of a text in UTF-8.
    pub fn parse(bytes: &[u8]) -> Result<Claims, Problem> {
        if bytes.len() > MAX_BYTES {
            return Err(Problem::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
        let ascii = check_limits(bytes)?;
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok(Claims { object, ascii }),
            Ok(_) => Err(Problem::NotAnObject),
            Err(_) => Err(Problem::NotJson),
        }
    }

    /// A top-level claim that is a string and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.object.get(name)?.as_str().filter(|s| !s.is_empty())
    }

    /// The claim at a path of keys, if it is there and not JSON null.
    pub fn at(&self, path: &[impl AsRef<str>]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.object.get(first.as_ref())?, |value, key| value.as_object()?.get(key.as_ref()))
            .filter(|value| !value.is_null())
    }

    /// Whether every string and key is plain ASCII, those included that an equal key later replaces.
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }
}

/// A uuid in its one written form, 8-4-4-4-12 hexadecimal digits in either case (RFC 9562 section 4).
pub fn uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|&at| bytes[at] != b'-') {
        return None;
    }
    let mut digits = bytes.iter().enumerate().filter(|(at, _)| ![8, 13, 18, 23].contains(at));
    let mut hex = || digits.next().and_then(|(_, &b)| char::from(b).to_digit(16));
    let mut uuid = [0; 16];
    for byte in &mut uuid {
        *byte = (hex()? << 4 | hex()?) as u8;
    }
    Some(uuid)
}

/// A bigint in its one written form: no plus sign, no leading zero, no blank. (So that two texts never
/// name one tenant.)
pub fn bigint(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Depth, numbers and characters, seen in the bytes before anything is allocated; and whether all is ASCII.
/// Bytes that are no JSON pass: the parser refuses them.
///
/// The parser would not do for characters: of equal keys it keeps the last, where jsonb has seen them all.
fn check_limits(bytes: &[u8]) -> Result<bool, Problem> {
    let mut ascii = bytes.is_ascii();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => {
                while let Some(&byte) = bytes.get(at) {
                    if byte == b'\\' {
                        match escaped(&bytes[at..]) {
                            Some(0) => return Err(Problem::NulCharacter),
                            Some(unit) => ascii &= unit < 0x80,
                            None => {}
                        }
                        at += 1;
                    }
                    at += 1;
                    if byte == b'"' {
                        break;
                    }
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Problem::TooDeep);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' => {
                let start = at - 1;
                while matches!(bytes.get(at), Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
                    at += 1;
                }
                if number_too_large(&bytes[start..at]) {
                    return Err(Problem::NumberTooLarge);
                }
            }
            _ => {}
        }
    }
    Ok(ascii)
}

/// The UTF-16 code unit of `\uXXXX`, where the bytes begin with that.
fn escaped(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
}

fn number_too_large(number: &[u8]) -> bool {
    let Ok(number) = std::str::from_utf8(number) else { return false };
    let exponent = number.find(['e', 'E']).map_or("", |e| number[e + 1..].trim_start_matches(['+', '-']));
    let exponent = exponent.trim_start_matches('0');
    number.len() > MAX_NUMBER
        || exponent.len() > 3
        || exponent.parse::<usize>().is_ok_and(|e| e > MAX_NUMBER)
        || number.parse::<f64>().is_ok_and(f64::is_infinite)
}
