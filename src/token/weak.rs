//! Keys with which signatures can be forged, though they look like any other.

/// The shortest RSA modulus, in bits (RFC 7518 section 3.3), and the longest that aws-lc verifies with.
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Primes that tell the moduli of CVE-2017-15361 ("ROCA") from others. For all of them together a
/// sound modulus passes the test by chance about once in 2^27.
const ROCA_PRIMES: [u64; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// The y of the Ed25519 points of order 1, 2, 4 and 8, little-endian, without the sign bit. The last two
/// are 0 and 1 written as p and p + 1.
const SMALL_ORDER: [[u8; 32]; 7] = [
    y(0x00, 0x00, 0x00),
    y(0x01, 0x00, 0x00),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    y(0xec, 0xff, 0x7f),
    y(0xed, 0xff, 0x7f),
    y(0xee, 0xff, 0x7f),
];

const fn y(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Whether an Ed25519 public key is a point of small order. With such a key one signature fits any message
/// (RFC 8032 leaves the check to the application; aws-lc does not make it). Bytes that are no point at all
/// do no harm: nothing verifies with them.
pub fn has_small_order(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&y)
}

/// Whether an RSA modulus, big-endian, carries the fingerprint of the faulty generator of CVE-2017-15361:
/// modulo each small prime it is a power of 65537. Such moduli can be factored.
pub fn is_roca(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|&prime| {
        let rest = modulus.iter().fold(0, |rest, &byte| (rest << 8 | u64::from(byte)) % prime);
        let mut power = 1;
        (0..prime).any(|_| {
            power = power * 65537 % prime;
            power == rest
        })
    })
}

/// The length of a number in bits, big-endian without leading zeros.
pub fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
