//! Forms count only from our own pages: a token that ties them to the browser, and what the browser says of where they come from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Digest, Secret};
use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// The token for forms of this kind, for whoever has this secret in a cookie. The secret cannot be found from it, and
/// who does not know the secret cannot make it.
pub(super) fn token(kind: &str, secret: &Secret<String>) -> String {
    let digest = Digest::of(&[b"poort form\0".as_slice(), kind.as_bytes(), &[0], secret.expose().as_bytes()].concat());
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

/// Compared by their digests: how long that takes tells nothing.
pub(super) fn same(one: &str, other: &str) -> bool {
    Digest::of(one.as_bytes()) == Digest::of(other.as_bytes())
}

/// Whether the browser says that a form comes from elsewhere (Fetch Metadata, `Sec-Fetch-Site`; RFC 6454 section 7). Our pages
/// tell nobody where they are (`Referrer-Policy: no-referrer`), so that their own forms have the origin `null`.
pub(super) fn is_cross_site(headers: &HeaderMap, is_form: bool) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !is_form {
        return false;
    }
    match text("sec-fetch-site") {
        Some(site) => site != "same-origin",
        None => match text(ORIGIN.as_str()).and_then(|origin| origin.split_once("://")) {
            Some((_, host)) => text(HOST.as_str()).is_none_or(|own| own != host),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn cross_site(headers: &[(&'static str, &'static str)]) -> bool {
        is_cross_site(
            &headers.iter().map(|(name, value)| ((*name).parse().expect("a name"), HeaderValue::from_static(value))).collect(),
            true,
        )
    }

    #[test]
    fn a_form_from_elsewhere_is_known_by_what_the_browser_says() {
        assert!(cross_site(&[("sec-fetch-site", "cross-site")]));
        assert!(cross_site(&[("sec-fetch-site", "same-site")]));
        assert!(cross_site(&[("sec-fetch-site", "none")]), "nobody types a form into the address bar");
        assert!(cross_site(&[("origin", "https://evil.example"), ("host", "poort.example")]));
        assert!(cross_site(&[("origin", "https://poort.example:8443"), ("host", "poort.example")]));
        assert!(!cross_site(&[("sec-fetch-site", "same-origin"), ("origin", "null"), ("host", "poort.example")]));
        assert!(!cross_site(&[("origin", "https://poort.example"), ("host", "poort.example")]));
        assert!(!cross_site(&[("host", "poort.example")]), "an old browser says nothing: the token decides");
    }

    #[test]
    fn tokens_are_of_one_kind_and_one_secret() {
        let (one, two) = (Secret::new("a".to_owned()), Secret::new("b".to_owned()));
        assert_ne!(token("form", &one), token("form", &two));
        assert_ne!(token("form", &one), token("sign in", &one));
        assert!(same(&token("form", &one), &token("form", &one)) && !same("", &token("form", &one)));
    }
}
