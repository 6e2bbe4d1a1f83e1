//! Charts as SVG: bars by day, bars by reason, and small ones for a row of a table. Their colours are those of the style sheet.

use std::fmt::Write as _;

/// A bar of a chart by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    /// What stands below it.
    pub(super) label: String,
    /// Its lower part.
    pub(super) accepted: u64,
    /// Its upper part, hatched, so that colour is not all that tells them apart.
    pub(super) refused: u64,
}

const WIDTH: f64 = 480.0;
const LEFT: f64 = 38.0;
const TOP: f64 = 10.0;
const FLOOR: f64 = 148.0;
/// As many labels stand below the bars, at most.
const LABELS: usize = 6;

/// Bars that stand beside each other. `caption` is the id of what says what they show; where `is_today`, the last one is today's.
pub(super) fn bars(bars: &[Bar], caption: &str, is_today: bool) -> String {
    let top = ceiling(bars.iter().map(|bar| bar.accepted + bar.refused).max().unwrap_or_default());
    let height = |value: u64| (FLOOR - TOP) * value as f64 / top as f64;
    let step = (WIDTH - LEFT) / bars.len().max(1) as f64;
    let mut svg = open(caption, 170.0);
    svg.push_str(
        "<defs><pattern id=\"hatch\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path d=\"M1 0V4\" stroke=\"var(--stop)\" stroke-width=\"2\"/></pattern></defs>",
    );
    for line in 0..=2 {
        let (y, value) = (FLOOR - (FLOOR - TOP) * f64::from(line) / 2.0, top * u64::from(line as u8) / 2);
        add(&mut svg, format_args!("<path d=\"M{LEFT} {y}H{WIDTH}\" stroke=\"var(--line)\"/>"));
        add(&mut svg, format_args!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", LEFT - 6.0, y + 4.0, short(value)));
    }
    let (mut accepted, mut refused, mut labels) = (String::new(), String::new(), String::new());
    let every = bars.len().div_ceil(LABELS).max(1);
    for (place, bar) in bars.iter().enumerate() {
        let x = LEFT + step * (place as f64 + 0.18);
        let (width, lower) = (step * 0.64, FLOOR - height(bar.accepted));
        if bar.accepted > 0 {
            add(&mut accepted, format_args!("M{x:.1} {FLOOR}V{lower:.1}h{width:.1}V{FLOOR}z"));
        }
        if bar.refused > 0 {
            add(&mut refused, format_args!("M{x:.1} {lower:.1}v{:.1}h{width:.1}V{lower:.1}z", -height(bar.refused)));
        }
        let is_last = place + 1 == bars.len();
        if is_last || (place % every == 0 && place + every <= bars.len()) {
            let (at, anchor) = if is_last { (WIDTH, "end") } else { (x + width / 2.0, "middle") };
            let optional = if is_last || place % (every * 2) == 0 { "" } else { " class=\"opt\"" };
            add(
                &mut labels,
                format_args!("<text x=\"{at:.1}\" y=\"165\" text-anchor=\"{anchor}\"{optional}>{}</text>", escaped(&bar.label)),
            );
        }
    }
    add(&mut svg, format_args!("<path d=\"{accepted}\" fill=\"var(--bars)\"/>"));
    if let (true, Some(bar)) = (is_today, bars.last()) {
        let (x, y) = (WIDTH - step * 0.82, FLOOR - height(bar.accepted));
        let (width, tall) = (step * 0.64, FLOOR - y);
        let place = format_args!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{tall:.1}\"").to_string();
        add(&mut svg, format_args!("{place} fill=\"var(--brass)\" stroke=\"var(--warn)\"/>"));
    }
    add(&mut svg, format_args!("<path d=\"{refused}\" fill=\"url(#hatch)\" stroke=\"var(--stop)\"/>{labels}</svg>"));
    svg
}

/// Bars that lie below each other, each with its name and its number.
pub(super) fn lying(rows: &[(String, u64, String)], caption: &str) -> String {
    const ROW: f64 = 36.0;
    let most = rows.iter().map(|(_, value, _)| *value).max().unwrap_or_default().max(1);
    let mut svg = open(caption, ROW * rows.len() as f64);
    for (place, (label, value, number)) in rows.iter().enumerate() {
        let (y, width) = (ROW * place as f64, (WIDTH - 60.0) * *value as f64 / most as f64);
        add(&mut svg, format_args!("<text x=\"0\" y=\"{}\">{}</text>", y + 14.0, escaped(label)));
        add(&mut svg, format_args!("<rect x=\"0\" y=\"{}\" width=\"{width:.1}\" height=\"10\" rx=\"2\" fill=\"var(--stop)\"/>", y + 20.0));
        add(&mut svg, format_args!("<text x=\"{:.1}\" y=\"{}\">{}</text>", width + 6.0, y + 29.0, escaped(number)));
    }
    svg.push_str("</svg>");
    svg
}

/// Small bars for a row of a table; `label` says the same in words.
pub(super) fn spark(values: &[u64], label: &str) -> String {
    const TALL: f64 = 24.0;
    let most = values.iter().max().copied().unwrap_or_default().max(1);
    let (mut full, mut empty) = (String::new(), String::new());
    for (place, value) in values.iter().enumerate() {
        let tall = if *value == 0 { 1.0 } else { (TALL * *value as f64 / most as f64).round().max(2.0) };
        let bar = if *value == 0 { &mut empty } else { &mut full };
        add(bar, format_args!("M{} {}h5v{tall}h-5z", place * 7, TALL - tall));
    }
    let width = values.len().max(1) * 7 - 2;
    let label = escaped(label);
    format!(
        "<svg class=\"spark\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width} 24\" width=\"{width}\" height=\"24\" \
         fill=\"currentColor\"><path d=\"{full}\"/><path d=\"{empty}\" opacity=\".35\"/></svg>"
    )
}

fn open(caption: &str, tall: f64) -> String {
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {tall}\" width=\"100%\" role=\"img\" aria-labelledby=\"{caption}\" fill=\"var(--soft)\" \
         font-family=\"inherit\">"
    )
}

fn add(text: &mut String, part: std::fmt::Arguments<'_>) {
    // Writing to a text does not fail.
    let _ = text.write_fmt(part);
}

/// The next number that divides well: 2, 4, 10, 20, 40, 100, and so on.
fn ceiling(value: u64) -> u64 {
    let mut step = 1;
    loop {
        for next in [2, 4, 10] {
            if value <= step * next {
                return step * next;
            }
        }
        step = step.saturating_mul(10);
    }
}

/// A number that has room beside the chart.
fn short(value: u64) -> String {
    match value {
        0..10_000 => value.to_string(),
        10_000..10_000_000 => format!("{}k", value / 1_000),
        _ => format!("{}M", value / 1_000_000),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_bounded_and_harmless() {
        let bar = |accepted, refused| Bar { label: "<b>9 nov".to_owned(), accepted, refused };
        let svg = bars(&[bar(0, 0), bar(30, 4), bar(1, 0)], "cap", true);
        assert!(svg.contains("&lt;b&gt;9 nov") && !svg.contains("<b>") && svg.contains("url(#hatch)"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf") && !svg.contains("style="));
        assert!(bars(&[], "cap", true).ends_with("</svg>"));
        let many: Vec<Bar> = (0..60).map(|day| bar(day * 1_000, day)).collect();
        assert!(bars(&many, "cap", false).len() < 6_000);
        let small = spark(&[0, 9, 36], "9 tot 36 \"verzoeken\"");
        assert!(small.contains("&quot;verzoeken&quot;") && small.contains("M14 0h5v24h-5z") && small.contains("M0 23h5v1h-5z"), "{small}");
        assert!(lying(&[("a & b".to_owned(), 0, "0".to_owned())], "cap").contains("a &amp; b"));
    }

    #[test]
    fn the_highest_bar_has_room() {
        assert_eq!([0, 1, 2, 3, 5, 11, 36, 40, 41, 999, 1_001].map(ceiling), [2, 2, 2, 4, 10, 20, 40, 40, 100, 1_000, 2_000]);
        assert_eq!([9_999, 10_000, 12_000_000].map(short), ["9999", "10k", "12M"]);
    }
}
