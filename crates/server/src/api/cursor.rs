//! Cursors: where the next page of a list begins, for that list and that caller only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Digest;

const VERSION: u8 = 1;
const CHECK_BYTES: usize = 8;
/// The longest key of an item: an id's 16 bytes, or an API's name.
const MAX_KEY_BYTES: usize = 40;

/// Writes the cursor that stands after the item with this key. `list` names the list, its filters and its caller.
pub(super) fn write(list: &str, key: &[u8]) -> String {
    let bytes = [&[VERSION], key, check(list, key).as_slice()].concat();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor of this list; nothing if it was altered or belongs to another one.
///
/// The check value is no secret: whoever forges a cursor chooses a place in a list that they may read anyway.
pub(super) fn read(list: &str, cursor: &str) -> Option<Vec<u8>> {
    if cursor.len() > 100 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (key, given) = rest.split_at_checked(rest.len().checked_sub(CHECK_BYTES)?)?;
    let fits = *version == VERSION && (1..=MAX_KEY_BYTES).contains(&key.len()) && given == check(list, key);
    fits.then(|| key.to_vec())
}

fn check(list: &str, key: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Digest::of(&[b"poort cursor\n", list.as_bytes(), b"\n", key].concat());
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest.as_bytes()[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_for_one_list_and_cannot_be_altered() {
        let cursor = write("people of a", &[7; 16]);
        assert_eq!(read("people of a", &cursor), Some(vec![7; 16]));
        assert_eq!(read("people of b", &cursor), None);
        for place in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(read("people of a", &String::from_utf8(altered).expect("ASCII")), None, "{place}");
        }
        for bad in ["", "A", "====", &"A".repeat(101), &cursor[1..], &format!("{cursor}A")] {
            assert_eq!(read("people of a", bad), None, "{bad}");
        }
    }
}
