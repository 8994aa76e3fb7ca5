//! Good tokens, changed: whatever differs from every token that was signed is refused.
//!
//! An input is a list of changes. Its first byte chooses the token, and each further five are one change: where
//! (the token's text or one of its parts, decoded), what, at which place (two bytes), and a value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pg_tenancy_fuzz::issuer;

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, changes)) = bytes.split_first() else { return };
    let tokens: Vec<&[u8]> = issuer::tokens().map(str::as_bytes).collect();
    let mut token = tokens[usize::from(which) % tokens.len()].to_vec();
    for change in changes.chunks_exact(5).take(8) {
        let &[place, what, high, low, value] = change else { return };
        let at = usize::from(u16::from_be_bytes([high, low]));
        let other = tokens[usize::from(value) % tokens.len()];
        let part = usize::from(place % 4);
        if part == 3 {
            edit(&mut token, what, at, value, other);
            continue;
        }
        let mut parts: Vec<Vec<u8>> = token.split(|&byte| byte == b'.').map(<[u8]>::to_vec).collect();
        let Some(text) = parts.get_mut(part) else { continue };
        let other = other.split(|&byte| byte == b'.').nth(part).unwrap_or_default();
        if place & 4 == 0 {
            edit(text, what, at, value, other);
        } else if let (Some(mut raw), Some(other)) = (issuer::decode(text), issuer::decode(other)) {
            edit(&mut raw, what, at, value, &other);
            *text = issuer::encode(&raw).into_bytes();
        }
        token = parts.join(&b'.');
    }
    issuer::check(&token);
});

/// One change; `other` is the same piece of another token.
fn edit(bytes: &mut Vec<u8>, what: u8, at: usize, value: u8, other: &[u8]) {
    let length = bytes.len();
    let at = at % (length + 1);
    let end = (at + usize::from(value)).min(length);
    match what % 14 {
        0 if at < length => bytes[at] ^= 1 << (value % 8),
        1 if at < length => bytes[at] = value,
        2 => bytes.insert(at, value),
        3 if at < length => drop(bytes.remove(at)),
        4 => bytes.truncate(at),
        5 => drop(bytes.drain(..at)),
        6 => drop(bytes.drain(at..end)),
        7 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        8 => *bytes = other.to_vec(),
        // The first of one, the rest of the other.
        9 => drop(bytes.splice(at.., other.iter().copied().skip(at))),
        10 => bytes.reverse(),
        // One more, where it is read as a number.
        11 => {
            for byte in bytes.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        12 => {
            if let Some(twin) = issuer::twin(bytes) {
                *bytes = twin;
            }
        }
        13 => {
            let fill = if value & 1 == 0 { 0 } else { 0xff };
            bytes[at..end].fill(fill);
        }
        _ => {}
    }
}
