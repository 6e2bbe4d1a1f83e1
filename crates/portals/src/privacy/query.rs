//! What a request's query says: each parameter once, its name in any case, and only values that mean something.

use http::Uri;

use super::answer::Failure;

/// As many rows as a page has where nobody says how many, and the most.
const ROWS: i64 = 20;
const MAX_ROWS: i64 = 500;
/// The last page, and the most rows before it, that are looked for.
const MAX_PLACE: i64 = 1_000_000_000;
/// The longest text that is searched for, in characters.
const MAX_LETTERS: usize = 200;

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

/// Which rows of a list are asked for, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) page: i64,
    pub(super) size: i64,
    /// How many rows come before the first.
    pub(super) offset: i64,
    pub(super) ascending: bool,
    /// One of the names that the list can be sorted by.
    pub(super) sort_by: &'static str,
    /// What the label must hold, folded.
    pub(super) text: Option<String>,
}

impl Query {
    /// Reads a request's query.
    pub(super) fn read(uri: &Uri) -> Result<Self, Failure> {
        let pairs = axum::extract::Query::try_from_uri(uri).map(|axum::extract::Query(pairs)| Self(pairs));
        pairs.map_err(|_| Failure::BadRequest("The query of this request cannot be read."))
    }

    /// The value of a parameter; blank is absent.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut values = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Failure::Invalid(name.to_owned(), "may stand once.".to_owned())),
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
        }
    }

    /// A value out of a few, in any case.
    pub(super) fn choice(&self, name: &str, known: &[&'static str]) -> Result<Option<&'static str>, Failure> {
        let Some(value) = self.one(name)? else { return Ok(None) };
        let found = known.iter().find(|known| known.eq_ignore_ascii_case(value)).copied();
        found.map(Some).ok_or_else(|| Failure::Invalid(name.to_owned(), format!("must be one of: {}.", known.join(", "))))
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>, Failure> {
        let Some(value) = self.one(name)? else { return Ok(None) };
        // Digits only: `+1`, `1e3` and `1.0` are no numbers here.
        let number = value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse::<i64>().ok()).flatten();
        let number = number.filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| Failure::Invalid(name.to_owned(), format!("must be a number from {least} to {most}.")))
    }
}

impl Listing {
    /// Reads which rows are asked for; `sortable` are the names that the list can be sorted by, the usual one first.
    /// `skip` wins over `page`.
    pub(super) fn read(query: &Query, sortable: &[&'static str]) -> Result<Self, Failure> {
        let page = query.number("page", 1, MAX_PLACE)?.unwrap_or(1);
        let size = query.number("size", 1, MAX_ROWS)?.unwrap_or(ROWS);
        let offset = query.number("skip", 0, MAX_PLACE)?.unwrap_or((page - 1) * size);
        let ascending = query.choice("asc", &["true", "false"])?.is_none_or(|asc| asc == "true");
        let sort_by = query.choice("sortBy", sortable)?.or(sortable.first().copied()).unwrap_or_default();
        let text = query.one("q")?.map(str::to_lowercase);
        if text.as_ref().is_some_and(|text| text.chars().count() > MAX_LETTERS) {
            return Err(Failure::Invalid("q".to_owned(), format!("must be {MAX_LETTERS} characters at most.")));
        }
        if query.one("filters")?.is_some() {
            // Ignored, it would give rows that were not asked for.
            return Err(Failure::Invalid("filters".to_owned(), "is not served here: use q and state.".to_owned()));
        }
        Ok(Self { page, size, offset, ascending, sort_by, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(query: &str) -> Result<Listing, Failure> {
        let uri: Uri = format!("/x?{query}").parse().expect("a target");
        Listing::read(&Query::read(&uri)?, &["id", "label"])
    }

    #[test]
    fn pages_begin_with_one() {
        let read = |query: &str| listing(query).map(|listing| (listing.size, listing.offset, listing.ascending, listing.sort_by));
        assert_eq!(read(""), Ok((20, 0, true, "id")));
        assert_eq!(read("page=3&size=500"), Ok((500, 1_000, true, "id")));
        assert_eq!(read("Page=2&SIZE=5&sortby=LABEL&asc=False"), Ok((5, 5, false, "label")));
        assert_eq!(read("page=9&skip=3"), Ok((20, 3, true, "id")));
        assert_eq!(read("page=&size=&q=%20&filters="), Ok((20, 0, true, "id")), "blank is absent");
        assert_eq!(read("page=1000000000&size=500").map(|read| read.1), Ok(499_999_999_500));
        assert_eq!(listing("q=%C3%89t%C3%A9").map(|listing| listing.text), Ok(Some("été".to_owned())));
    }

    #[test]
    fn what_means_nothing_is_refused_by_name() {
        let long = format!("q={}", "x".repeat(201));
        let cases = [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=1e3", "page"),
            ("page=%2B1", "page"),
            ("page=1000000001", "page"),
            ("page=99999999999999999999", "page"),
            ("size=0", "size"),
            ("size=501", "size"),
            ("size=ten", "size"),
            ("skip=-1", "skip"),
            ("asc=yes", "asc"),
            ("sortBy=secret", "sortBy"),
            ("page=1&Page=2", "page"),
            ("filters=%7B%7D", "filters"),
            (long.as_str(), "q"),
        ];
        for (query, name) in cases {
            let refused = listing(query).expect_err(query);
            assert!(matches!(&refused, Failure::Invalid(known, _) if known == name), "{query}: {refused:?}");
        }
    }
}
