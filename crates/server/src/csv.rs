//! Comma-separated values (RFC 4180) that a spreadsheet takes for text, whatever stands in them.

/// A line of fields.
pub(crate) fn line<'f>(fields: impl IntoIterator<Item = &'f str>) -> String {
    let fields: Vec<String> = fields.into_iter().map(field).collect();
    fields.join(",") + "\r\n"
}

/// A field in quotes. What a spreadsheet would take for a formula begins with an apostrophe.
fn field(text: &str) -> String {
    let first = text.trim_start().chars().next();
    let is_formula =
        first.is_some_and(|first| "=+-@\t\r\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(first)) || text.starts_with(['\t', '\r']);
    let text: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_text_and_a_field_stays_one_field() {
        for (text, written) in [
            ("plain", "\"plain\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=1+1", "\"'=1+1\""),
            (" =1+1", "\"' =1+1\""),
            ("+31 6", "\"'+31 6\""),
            ("-2", "\"'-2\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=x", "\"' =x\""),
            ("a\r\n=b", "\"a  =b\""),
        ] {
            assert_eq!(field(text), written, "{text:?}");
        }
        assert_eq!(line(["a", ""]), "\"a\",\"\"\r\n");
    }
}
