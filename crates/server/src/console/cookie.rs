//! Cookies: read so that nobody can slip in a second one, written so that no other host, script or site gets them.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The secret of the session.
    Session,
    /// The secret of a browser in which nobody needs to have signed in: ties forms and what waits to it.
    Visit,
    /// The mark of a browser in which somebody signed in before.
    Device,
    /// The language that was chosen.
    Language,
    /// The theme that was chosen.
    Theme,
    /// What the next page is to say, once.
    Word,
}

const YEAR_SECONDS: u32 = 365 * 86_400;

impl Cookie {
    /// With the prefix `__Host-` a browser takes the cookie from this host only, over HTTPS only, for all paths (RFC 6265bis
    /// section 4.1.3.2). Over plain HTTP, which only development on the own machine uses, it would take none with it.
    const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-poort-session",
            (Self::Session, false) => "poort-session",
            (Self::Visit, true) => "__Host-poort-visit",
            (Self::Visit, false) => "poort-visit",
            (Self::Device, true) => "__Host-poort-device",
            (Self::Device, false) => "poort-device",
            (Self::Language, true) => "__Host-poort-language",
            (Self::Language, false) => "poort-language",
            (Self::Theme, true) => "__Host-poort-theme",
            (Self::Theme, false) => "poort-theme",
            (Self::Word, true) => "__Host-poort-word",
            (Self::Word, false) => "poort-word",
        }
    }

    /// Its value, where it stands exactly once: of two, one may be another's.
    pub(crate) fn read(self, headers: &HeaderMap, secure: bool) -> Option<String> {
        let texts = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(name, _)| *name == self.name(secure)).map(|(_, value)| value);
        let value = values.next()?;
        values.next().is_none().then(|| value.to_owned())
    }

    /// The header that sets it. The session and the visit end with the browser, or with their own time.
    pub(crate) fn set(self, value: &str, secure: bool) -> Option<HeaderValue> {
        let age = match self {
            Self::Session | Self::Visit | Self::Word => String::new(),
            Self::Device | Self::Language | Self::Theme => format!("; Max-Age={YEAR_SECONDS}"),
        };
        self.header(value, &age, secure)
    }

    /// The header that takes it away.
    pub(crate) fn clear(self, secure: bool) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0", secure)
    }

    fn header(self, value: &str, age: &str, secure: bool) -> Option<HeaderValue> {
        let secured = if secure { "; Secure" } else { "" };
        // Lax: whoever follows a link from elsewhere is signed in; what another site sends by itself has no cookie.
        let mut header =
            HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secured}{age}", self.name(secure))).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (COOKIE, HeaderValue::from_str(value).expect("a value"))).collect()
    }

    #[test]
    fn a_cookie_counts_only_where_it_stands_once() {
        let read = |values: &[&str]| Cookie::Session.read(&headers(values), true);
        assert_eq!(read(&["a=b; __Host-poort-session=x; c=d"]).as_deref(), Some("x"));
        assert_eq!(read(&["__Host-poort-session=x; __Host-poort-session=y"]), None);
        assert_eq!(read(&["__Host-poort-session=x", "__Host-poort-session=x"]), None);
        assert_eq!(read(&["poort-session=x"]), None, "set without https, by whoever is in between");
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn cookies_are_for_this_host_and_no_script() {
        let set = Cookie::Session.set("x", true).expect("a header");
        assert_eq!(set, "__Host-poort-session=x; Path=/; HttpOnly; SameSite=Lax; Secure");
        let plain = Cookie::Session.clear(false).expect("a header");
        assert_eq!(plain, "poort-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
