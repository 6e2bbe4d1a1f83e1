//! A QR code as an image of our own: nothing is asked of anybody else, and no style is in it.

use qrcodegen::{QrCode, QrCodeEcc};

/// The margin that a reader needs, in modules (ISO/IEC 18004).
const MARGIN: i32 = 4;

/// The picture of a text: as wide as it is high, and where it is dark, as the path of an SVG.
pub(super) struct Qr {
    pub(super) size: i32,
    pub(super) path: String,
}

impl Qr {
    /// Of a text that fits, which an address with a secret does.
    pub(super) fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
                if run > 0 {
                    path.push_str(&format!("M{} {}h{run}v1H{}z", x + MARGIN, y + MARGIN, x + MARGIN));
                }
                x += i32::try_from(run).unwrap_or(0) + 1;
            }
        }
        Some(Self { size: code.size() + 2 * MARGIN, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finder_patterns_stand_in_their_corners() {
        let qr = Qr::of("otpauth://totp/Poort:ann?secret=JBSWY3DPEHPK3PXP&issuer=Poort").expect("fits");
        let far = qr.size - MARGIN - 7;
        assert!(qr.path.starts_with("M4 4h7v1H4z"), "{}", qr.path);
        assert!(qr.path.contains(&format!("M{far} 4h7v1H{far}z")) && qr.path.contains(&format!("M4 {far}h7v1H4z")), "{}", qr.path);
        assert!(Qr::of(&"x".repeat(5_000)).is_none());
    }
}
