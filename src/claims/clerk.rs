//! Clerk's permissions, version 2: the one layout that is no list of paths. `fea` holds features ("o:posts,u:beta"),
//! `o.per` permissions ("read,manage"), `o.fpm` a mask for each feature of the organization ("3,1"), whose bit j,
//! from the lowest, says that the feature has permission j.
//!
//! Clerk's documentation counts masks along all of `fea`, its SDK along the organization's features alone; so do we.

use super::MAX_BYTES;
use super::layout::MAX_KEPT;

/// The permissions as "org:feature:permission". Nothing where a feature has no scope, and where they would be more than
/// `MAX_KEPT` or longer than claims may be: a long feature can be repeated a thousand times.
pub fn permissions(features: &str, permissions: &str, masks: &str) -> Vec<String> {
    let permissions: Vec<&str> = permissions.split(',').map(str::trim).collect();
    let mut granted = Vec::new();
    if permissions.len() > MAX_KEPT {
        return granted;
    }
    let (mut masks, mut bytes) = (masks.split(',').map(str::trim), 0);
    for feature in features.split(',') {
        let Some((scope, feature)) = feature.trim().split_once(':') else { return Vec::new() };
        if !matches!(scope, "o" | "ou" | "uo") {
            continue;
        }
        // Without a mask nothing is granted, yet the features that follow may have no scope.
        let bits = masks.next().and_then(|mask| bits(mask, permissions.len())).unwrap_or_default();
        for (place, permission) in permissions.iter().enumerate() {
            let set = bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1);
            if !set || permission.is_empty() || feature.is_empty() {
                continue;
            }
            let permission = format!("org:{feature}:{permission}");
            bytes += permission.len();
            granted.push(permission);
            if granted.len() > MAX_KEPT || bytes > MAX_BYTES {
                return Vec::new();
            }
        }
    }
    granted
}

/// The lowest bits of a number in decimal digits, of any length. Words that overflow are dropped as they come, so that
/// the time it takes grows with the digits, and not with their square.
fn bits(digits: &str, wanted: usize) -> Option<Vec<u64>> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut words = vec![0u64; wanted.div_ceil(64)];
    for chunk in digits.as_bytes().chunks(19) {
        let (mut scale, mut carry) = (1u128, 0u128);
        for digit in chunk {
            scale *= 10;
            carry = carry * 10 + u128::from(digit - b'0');
        }
        for word in &mut words {
            let product = u128::from(*word) * scale + carry;
            *word = product as u64;
            carry = product >> 64;
        }
    }
    Some(words)
}
