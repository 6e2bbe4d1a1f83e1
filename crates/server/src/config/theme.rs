//! How the pages look at an installation: its colours, its logo, and a style sheet of its own.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Text on its background: WCAG 2.2, success criterion 1.4.3.
const ENOUGH: f64 = 4.5;
/// The backgrounds in light and in dark on which links stand (`--sunk` and `--card` of the style sheet), the least favourable ones.
const LIGHT: Colour = Colour([0xf0, 0xee, 0xe7]);
const DARK: Colour = Colour([0x1a, 0x20, 0x2b]);
/// What stands on a button in light and in dark (`--on`), and what stands on the bar.
const ON_LIGHT: Colour = Colour([0xff, 0xff, 0xff]);
const ON_DARK: Colour = Colour([0x0c, 0x14, 0x26]);
const ON_BAR: Colour = Colour([0xdb, 0xe2, 0xf5]);

/// What an installation changes of the look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// The bar at the top, under white text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar: Option<Colour>,
    /// Links and buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<Colour>,
    /// The same for who reads light text on dark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent_dark: Option<Colour>,
    /// An SVG or PNG file, 28 pixels high in the bar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_file: Option<PathBuf>,
    /// A style sheet for `@layer theme`, over everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style_file: Option<PathBuf>,
}

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour([u8; 3]);

impl TryFrom<String> for Colour {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or("a colour is # and six hexadecimal digits")?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl From<Colour> for String {
    fn from(Colour([red, green, blue]): Colour) -> Self {
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Colour {
    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// WCAG 2.2, "contrast ratio".
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

impl Theme {
    /// Whether everybody can read the pages in these colours.
    pub(super) fn is_readable(&self) -> bool {
        let reads = |colour: Option<Colour>, others: [Colour; 2]| {
            colour.is_none_or(|colour| others.into_iter().all(|other| colour.contrast(other) >= ENOUGH))
        };
        reads(self.bar, [ON_BAR, ON_LIGHT]) && reads(self.accent, [LIGHT, ON_LIGHT]) && reads(self.accent_dark, [DARK, ON_DARK])
    }

    /// The colours, as properties of the style sheet.
    pub(crate) fn properties(&self) -> String {
        let Self { bar, accent, accent_dark, .. } = *self;
        let bar = bar.map(|bar| format!("--brand:{};", String::from(bar)));
        // What is not given stays as the style sheet has it.
        let accent = (accent.is_some() || accent_dark.is_some()).then(|| {
            let [light, dark] =
                [(accent, "#21429a"), (accent_dark, "#a3bbff")].map(|(chosen, usual)| chosen.map_or(usual.to_owned(), String::from));
            format!("--accent:light-dark({light},{dark});")
        });
        [bar, accent].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::try_from(text.to_owned()).expect("a colour")
    }

    #[test]
    fn contrast_is_that_of_the_guideline() {
        // The two ends, and the well-known grey that just passes on white.
        assert!((colour("#000000").contrast(colour("#ffffff")) - 21.0).abs() < 0.001);
        assert!(colour("#767676").contrast(ON_LIGHT) >= ENOUGH);
        assert!(colour("#777777").contrast(ON_LIGHT) < ENOUGH);
    }

    #[test]
    fn colours_that_nobody_can_read_are_refused() {
        let with = |bar: &str| Theme { bar: Some(colour(bar)), ..Theme::default() };
        assert!(with("#1c2f66").is_readable());
        assert!(!with("#ffcc00").is_readable());
        assert!(!Theme { accent: Some(colour("#ff9900")), ..Theme::default() }.is_readable());
        assert!(!Theme { accent_dark: Some(colour("#21429a")), ..Theme::default() }.is_readable());
        assert!(Theme::default().is_readable());
    }

    #[test]
    fn a_colour_is_six_digits() {
        for bad in ["", "red", "#fff", "#12345g", "#1234567", "123456", "#12345;"] {
            assert!(Colour::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert_eq!(String::from(colour("#A1b2C3")), "#a1b2c3");
    }

    #[test]
    fn the_usual_accent_is_that_of_the_style_sheet() {
        let sheet = include_str!("../../assets/console.css");
        let only = Theme { accent: Some(colour("#123456")), ..Theme::default() };
        assert_eq!(only.properties(), "--accent:light-dark(#123456,#a3bbff);");
        assert!(sheet.contains("--accent: light-dark(#21429a, #a3bbff)"));
        assert!(sheet.contains("--sunk: light-dark(#f0eee7") && sheet.contains("--card: light-dark(#fff, #1a202b)"));
        assert!(sheet.contains("--on: light-dark(#fff, #0c1426)") && sheet.contains("header nav a { color: #dbe2f5 }"));
    }
}
