//! Recovery codes: ten for a person who lost app and passkeys, shown once, kept as digests, each good for one signing in.

use domain::entropy::{Entropy, EntropyUnavailable};
use domain::letter::Factor;
use domain::second_factor::FactorChange;
use domain::{Digest, PersonId, Secret};
use store::{Abort, Outcome};

use super::Told;
use crate::{Authority, Changed, Context, Error};

/// How many a set has.
pub const RECOVERY_CODES: usize = 10;
/// 80 bits, so that nobody finds a code from its digest: 16 characters of 5 bits.
const CODE_BYTES: usize = 10;
const CODE_CHARACTERS: usize = 16;
/// Without what looks alike: i, l, o and u (Crockford's Base32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl Authority {
    /// Gives the caller other recovery codes; those before do not count any more.
    pub async fn make_recovery_codes(&self, context: &Context) -> Result<Changed<Vec<Secret<String>>>, Error> {
        let person = super::oneself(context)?;
        let codes = draw(&*self.entropy)?;
        let (digests, letters) = (digests(person, &codes), self.letters());
        let Changed { receipt, replayed, .. } = self
            .change(context, move |tx, by| {
                let (digests, letters) = (digests.clone(), letters.clone());
                Box::pin(async move {
                    if !super::of(tx, person).await?.is_any() {
                        let detail = "recovery codes stand in for an app or a passkey";
                        return Err(Abort::Refused(Error::Conflict { code: "no_second_factor", detail }));
                    }
                    tx.replace_recovery_codes(person, &digests, by.at).await?;
                    let told = Told { change: FactorChange::RecoveryCodesMade, factor: Factor::RecoveryCodes, name: None };
                    Ok(Outcome::Changed((), super::added(tx, by, &letters, (person, told)).await?))
                })
            })
            .await?;
        self.letters_written();
        Ok(Changed { value: codes, receipt, replayed })
    }

    /// Which of a person's unused recovery codes this is. Whether it is taken meanwhile is decided where it is taken.
    pub(super) async fn recovery_code_number(&self, person: PersonId, code: &str) -> Result<Option<u32>, Error> {
        let Some(digest) = normal(code).map(|code| digest(person, &code)) else { return Ok(None) };
        Ok(self.store.read(move |reader| Box::pin(async move { reader.recovery_code(person, &digest).await })).await?)
    }
}

/// A new set, in groups of four.
pub(super) fn draw(entropy: &dyn Entropy) -> Result<Vec<Secret<String>>, EntropyUnavailable> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut bytes = [0; CODE_BYTES];
        entropy.fill(&mut bytes)?;
        codes.push(Secret::new(written(&bytes)));
    }
    Ok(codes)
}

/// What is kept of them.
pub(super) fn digests(person: PersonId, codes: &[Secret<String>]) -> Vec<Digest> {
    codes.iter().filter_map(|code| normal(code.expose())).map(|code| digest(person, &code)).collect()
}

fn digest(person: PersonId, code: &str) -> Digest {
    Digest::of(&[b"poort recovery code\0".as_slice(), person.as_bytes(), code.as_bytes()].concat())
}

fn written(bytes: &[u8; CODE_BYTES]) -> String {
    let number = bytes.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let mut text = String::new();
    for place in 0..CODE_CHARACTERS {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        let five_bits = number >> (5 * (CODE_CHARACTERS - 1 - place)) & 31;
        text.push(char::from(ALPHABET[five_bits as usize]));
    }
    text
}

/// The one form of what was typed, if it can be a code: however it is grouped, and with what looks alike taken for what it is.
fn normal(typed: &str) -> Option<String> {
    let mut code = String::new();
    for character in typed.chars().filter(|character| !character.is_whitespace() && *character != '-') {
        let character = match character.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        };
        if code.len() == CODE_CHARACTERS || !character.is_ascii() || !ALPHABET.contains(&(character as u8)) {
            return None;
        }
        code.push(character);
    }
    (code.len() == CODE_CHARACTERS).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = written(&[0, 68, 50, 20, 199, 66, 84, 182, 53, 207]);
        assert_eq!(code, "0123-4567-89ab-cdef");
        for typed in
            ["0123-4567-89ab-cdef", " 0123456789ABCDEF\n", "O123 4567 89AB CDEF", "0-1-2-3-4-5-6-7-8-9-a-b-c-d-e-f", "0l23456789abcdef"]
        {
            assert_eq!(normal(typed).as_deref(), Some("0123456789abcdef"), "{typed}");
        }
        for wrong in ["", "0123-4567-89ab-cde", "0123-4567-89ab-cdef0", "u123-4567-89ab-cdef", "0123-4567-89ab-cdeé"] {
            assert_eq!(normal(wrong), None, "{wrong}");
        }
        assert_eq!(written(&[255; CODE_BYTES]), "zzzz-zzzz-zzzz-zzzz");
    }

    #[test]
    fn a_digest_is_of_one_person() {
        let of = |byte| digest(PersonId::from_bytes([byte; 16]), "0123456789abcdef");
        assert_ne!(of(1), of(2));
    }
}
