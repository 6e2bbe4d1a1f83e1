//! The text of our own credentials: `<installation><kind>_` + 30 random characters + 6 of checksum.

use std::fmt;

use crate::credential::Kind;
use crate::entropy::{Entropy, EntropyUnavailable};
use crate::secret::Secret;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARACTERS: usize = 30;
const CHECKSUM_CHARACTERS: usize = 6;
const BODY_CHARACTERS: usize = RANDOM_CHARACTERS + CHECKSUM_CHARACTERS;
/// The longest body of an access token.
const MAX_SEALED_CHARACTERS: usize = 1_024;
/// How many bytes are written as how many characters: 62^11 is a little more than 2^64.
const BLOCK: (usize, usize) = (8, 11);
/// How many characters of the random part a list may show: enough to recognise, far too few to use.
const SHOWN_CHARACTERS: usize = 4;

/// The two to four lower-case letters with which all credentials of this installation begin.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    letters: [u8; 4],
    length: u8,
}

/// The text is no installation prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an installation prefix is 2 to 4 lower-case letters a-z")]
pub struct InvalidInstallation;

impl Installation {
    /// Reads a prefix: 2 to 4 letters `a` to `z`.
    pub fn new(text: &str) -> Result<Self, InvalidInstallation> {
        let fits = (2..=4).contains(&text.len()) && text.bytes().all(|letter| letter.is_ascii_lowercase());
        if !fits {
            return Err(InvalidInstallation);
        }
        let mut letters = [0; 4];
        letters[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { letters, length: text.len() as u8 })
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.letters[..usize::from(self.length)]).unwrap_or_default()
    }

    /// Makes the text of a new credential. 30 characters of 62 are 178 bits.
    pub fn generate(&self, kind: Kind, entropy: &dyn Entropy) -> Result<Secret<String>, EntropyUnavailable> {
        let mut text = String::with_capacity(self.as_str().len() + 2 + BODY_CHARACTERS);
        text.push_str(self.as_str());
        text.push(kind.letter() as char);
        text.push('_');
        let body = text.len();
        while text.len() < body + RANDOM_CHARACTERS {
            let mut bytes = [0; RANDOM_CHARACTERS];
            entropy.fill(&mut bytes)?;
            // 248 is the largest multiple of 62 in a byte: what is above it would favour some characters.
            let accepted = bytes.iter().filter(|byte| **byte < 248).map(|byte| ALPHABET[usize::from(byte % 62)] as char);
            text.extend(accepted.take(body + RANDOM_CHARACTERS - text.len()));
        }
        let checksum = checksum(&text.as_bytes()[body..]);
        text.extend(checksum.iter().map(|byte| *byte as char));
        Ok(Secret::new(text))
    }
}

impl Installation {
    /// Writes sealed bytes as the text of an access token: blocks of 8 bytes as 11 characters, the last block filled up with
    /// zeros, and the checksum.
    pub fn write_sealed(&self, sealed: &[u8]) -> Secret<String> {
        let mut text = String::with_capacity(self.as_str().len() + 2 + sealed.len().div_ceil(BLOCK.0) * BLOCK.1 + CHECKSUM_CHARACTERS);
        text.push_str(self.as_str());
        text.push(Kind::AccessToken.letter() as char);
        text.push('_');
        let body = text.len();
        for block in sealed.chunks(BLOCK.0) {
            let mut bytes = [0; BLOCK.0];
            bytes[..block.len()].copy_from_slice(block);
            let mut rest = u64::from_le_bytes(bytes);
            for _ in 0..BLOCK.1 {
                text.push(ALPHABET[(rest % 62) as usize] as char);
                rest /= 62;
            }
        }
        let checksum = checksum(&text.as_bytes()[body..]);
        text.extend(checksum.iter().map(|byte| *byte as char));
        Secret::new(text)
    }
}

/// Reads what [`Installation::write_sealed`] wrote into the buffer, and gives how many bytes that are, filled up to whole blocks of 8.
/// `None`: not such a text, or longer than the buffer.
pub fn read_sealed(text: &str, buffer: &mut [u8]) -> Option<usize> {
    let (_, kind, body) = split(text)?;
    let blocks = body.len().checked_sub(CHECKSUM_CHARACTERS)? / BLOCK.1;
    if kind != Kind::AccessToken || body.len() != blocks * BLOCK.1 + CHECKSUM_CHARACTERS || blocks * BLOCK.0 > buffer.len() {
        return None;
    }
    for (characters, bytes) in body.as_bytes().chunks_exact(BLOCK.1).zip(buffer.chunks_exact_mut(BLOCK.0)) {
        let digits = characters.iter().rev().try_fold(0u64, |number, character| {
            let digit = VALUES[usize::from(*character)];
            if digit == NO_DIGIT { None } else { number.checked_mul(62)?.checked_add(u64::from(digit)) }
        });
        bytes.copy_from_slice(&digits?.to_le_bytes());
    }
    Some(blocks * BLOCK.0)
}

const NO_DIGIT: u8 = 255;
/// The value of each character.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// What the text of a presented credential is, as far as the text alone can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParsedText {
    /// In our form, with a right checksum.
    Own {
        /// The letters it begins with; the caller compares them with its own.
        installation: Installation,
        /// Which kind of credential it says it is.
        kind: Kind,
    },
    /// Begins like ours, but its length, alphabet or checksum is wrong: no look-up is worth doing.
    Malformed,
    /// Not in our form: perhaps a credential imported from another system.
    Foreign,
}

/// Reads the text of a credential. `known` are this installation's prefixes, the present one and earlier ones:
/// text that begins with one of them and a kind's letter is ours or malformed, never foreign.
pub fn parse(text: &str, known: &[Installation]) -> ParsedText {
    match split(text) {
        Some((installation, kind, body)) if has_right_checksum(kind, body) => ParsedText::Own { installation, kind },
        Some((installation, ..)) if known.contains(&installation) => ParsedText::Malformed,
        _ => ParsedText::Foreign,
    }
}

/// The texts in our form and with a right checksum that stand somewhere in these bytes, and begin with one of the known
/// prefixes: what a form, a URL or a document holds of credentials.
pub fn find<'t>(bytes: &'t [u8], known: &[Installation]) -> impl Iterator<Item = &'t str> {
    let marks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').map(|(place, _)| place);
    marks.flat_map(move |mark| {
        let end = mark + 1 + BODY_CHARACTERS;
        let begins = known.iter().filter_map(move |installation| mark.checked_sub(installation.as_str().len() + 1));
        let texts = begins.filter_map(move |begin| std::str::from_utf8(bytes.get(begin..end)?).ok());
        texts.filter(|text| matches!(parse(text, known), ParsedText::Own { installation, .. } if known.contains(&installation)))
    })
}

/// What a list shows of a credential: its prefix and the first characters.
pub fn shown_prefix(text: &str) -> &str {
    let end = split(text).map_or(0, |(.., body)| text.len() - body.len() + SHOWN_CHARACTERS);
    text.get(..end).unwrap_or_default()
}

/// The prefix, the kind and the rest, where the text begins like a credential of any installation.
fn split(text: &str) -> Option<(Installation, Kind, &str)> {
    // At most four letters and the kind stand before it; the rest of a long text need not be looked at.
    let mark = text.bytes().take(6).position(|byte| byte == b'_')?;
    let (head, body) = (text.get(..mark)?, text.get(mark + 1..)?);
    let letter = *head.as_bytes().last()?;
    let installation = Installation::new(head.get(..head.len() - 1)?).ok()?;
    Some((installation, Kind::from_letter(letter)?, body))
}

fn has_right_checksum(kind: Kind, body: &str) -> bool {
    if kind == Kind::AccessToken {
        // The seal is what says whether the rest is right.
        let lengths = BODY_CHARACTERS..=MAX_SEALED_CHARACTERS;
        return lengths.contains(&body.len()) && body.bytes().all(|byte| byte.is_ascii_alphanumeric()) && {
            let (sealed, sum) = body.as_bytes().split_at(body.len() - CHECKSUM_CHARACTERS);
            checksum(sealed) == sum
        };
    }
    // Of a fixed length and without leaving early: every check goes through this loop.
    let Ok(body) = <&[u8; BODY_CHARACTERS]>::try_from(body.as_bytes()) else { return false };
    body.iter().fold(true, |fits, byte| fits & byte.is_ascii_alphanumeric())
        && checksum(&body[..RANDOM_CHARACTERS]) == body[RANDOM_CHARACTERS..]
}

/// CRC-32/ISO-HDLC in Base62, most significant digit first, padded with `0`: as GitHub's classic tokens have it.
fn checksum(random: &[u8]) -> [u8; CHECKSUM_CHARACTERS] {
    let mut rest = crc32fast::hash(random);
    let mut digits = [b'0'; CHECKSUM_CHARACTERS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published texts with GitHub's checksum, without a prefix.
    const PUBLIC_VECTORS: [&str; 5] = [
        "M7H4jxUDDWHP4kZ6A4dxlQYsQIWJuq11T4V4",
        "HEEjXavM6wKtyhAUwDblMznMEhWyTt4XwY6f",
        "yk8LTIKF7M9SgRPBFzu7nkPQBBLcAa2aAbrx",
        "vKdQ4XtRZOBFd16YZEgyLKyQ8Cee4g2NJ0mT",
        "QdwULL38u41vs1OcAjhKqcaSZ9W63r0Zu4ln",
    ];

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
            for byte in buffer {
                *byte = self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed);
            }
            Ok(())
        }
    }

    fn installation(text: &str) -> Installation {
        Installation::new(text).expect("a prefix")
    }

    #[test]
    fn the_checksum_is_githubs() {
        for body in PUBLIC_VECTORS {
            assert!(has_right_checksum(Kind::PersonalToken, body), "{body}");
        }
    }

    #[test]
    fn a_generated_text_is_read_back() {
        let prefix = installation("prt");
        for &(kind, ..) in crate::credential::KINDS {
            let text = prefix.generate(kind, &Counting(3.into())).expect("entropy");
            let text = text.expose();
            assert_eq!(text.len(), 41);
            assert_eq!(parse(text, &[prefix]), ParsedText::Own { installation: prefix, kind });
            assert_eq!(shown_prefix(text).len(), 9);
        }
    }

    #[test]
    fn sealed_bytes_are_read_back() {
        let prefix = installation("prt");
        for length in [24, 40, 120, 400] {
            let sealed: Vec<u8> = (0..length).map(|byte| (byte * 37) as u8).collect();
            let text = prefix.write_sealed(&sealed);
            let text = text.expose();
            assert_eq!(parse(text, &[prefix]), ParsedText::Own { installation: prefix, kind: Kind::AccessToken });
            let mut buffer = [0; 400];
            assert_eq!(read_sealed(text, &mut buffer), Some(length));
            assert_eq!(buffer[..length], sealed);
            assert_eq!(read_sealed(text, &mut buffer[..length - 1]), None);
            assert_eq!(read_sealed(&text[..text.len() - 1], &mut buffer), None);
        }
        // Eleven of the last character are more than eight bytes can hold.
        let over = format!("prta_{}000000", "z".repeat(44));
        assert_eq!(read_sealed(&over, &mut [0; 400]), None);
    }

    #[test]
    fn any_changed_character_is_malformed() {
        let text = format!("prtp_{}", PUBLIC_VECTORS[0]);
        let known = [installation("prt")];
        assert_ne!(parse(&text, &known), ParsedText::Malformed);
        for place in 5..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(parse(&changed, &known), ParsedText::Malformed, "{changed}");
        }
        for bad in [&text[..40], &format!("{text}0"), "prtp_", "prtp_é", "prtv_x y"] {
            assert_eq!(parse(bad, &known), ParsedText::Malformed, "{bad}");
        }
    }

    #[test]
    fn credentials_are_found_in_whatever_holds_them() {
        let known = [installation("prt"), installation("ab")];
        let (one, other) = (format!("prtp_{}", PUBLIC_VECTORS[0]), format!("abo_{}", PUBLIC_VECTORS[1]));
        let text = format!("a_b=c&client_secret={one}&x={{\"token\":\"{other}\"}}&y=prtp_short&z=xyp_{}\u{e9}_", PUBLIC_VECTORS[2]);
        assert_eq!(find(text.as_bytes(), &known).collect::<Vec<_>>(), [one.as_str(), other.as_str()]);
        for nothing in ["", "_", "prtp_", "prtp_é", "\u{e9}p_"] {
            assert_eq!(find(nothing.as_bytes(), &known).count(), 0, "{nothing}");
        }
    }

    #[test]
    fn other_text_is_foreign() {
        let known = [installation("prt")];
        for foreign in ["student", "", "_", "p_", "prtx_abc", "abcdp_short", "ABCp_x", "toolongp_x", "tNQoqs-_", "ép_x"] {
            assert_eq!(parse(foreign, &known), ParsedText::Foreign, "{foreign}");
        }
        for bad in ["", "p", "prtxx", "Prt", "pr1", "é"] {
            assert_eq!(Installation::new(bad), Err(InvalidInstallation), "{bad}");
        }
    }
}
