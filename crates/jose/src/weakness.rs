//! Public keys that must not be believed: made by a broken generator, or of small order.

/// The primes for which a modulus out of the ROCA generator is a power of 65537 (CVE-2017-15361): those of the published test
/// whose group is not whole. A modulus of another generator passes all with a probability of about 2^-27.
const ROCA_PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// The encodings of y of the points of order 1, 2, 4 and 8 on edwards25519, the sign of x left out. A signature under such a key
/// fits many messages (RFC 8032 section 8.7 leaves their refusal to whoever needs it).
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    least(1),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
        0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
        0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    near_modulus(0xec),
    near_modulus(0xed),
    near_modulus(0xee),
];

/// Whether the modulus has the mark of the ROCA generator.
pub(crate) fn is_roca(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|&prime| {
        let residue = modulus.iter().fold(0, |rest, &byte| (rest * 256 + u32::from(byte)) % prime);
        let mut power = 1;
        // The powers come back to 1 after less steps than the prime.
        for _ in 0..prime {
            if power == residue {
                return true;
            }
            power = power * (65_537 % prime) % prime;
        }
        false
    })
}

/// Whether this Ed25519 public key is a point of small order.
pub(crate) fn is_of_small_order(key: &[u8; 32]) -> bool {
    let mut y = *key;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&y)
}

const fn least(byte: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[0] = byte;
    bytes
}

/// 2^255 − 19 and its neighbours, by their least byte.
const fn near_modulus(byte: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = byte;
    bytes[31] = 0x7f;
    bytes
}
