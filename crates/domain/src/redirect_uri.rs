//! Redirect URIs: which may be registered, and when a requested one is a registered one (RFC 9700 section 2.1, RFC 8252 section 7).

use crate::client::{ApplicationType, MAX_URI_BYTES};

/// Checks a URI that codes are to be sent to. The words are for whoever registers it.
pub fn check(uri: &str, application: ApplicationType) -> Result<(), &'static str> {
    if uri.is_empty() || uri.len() > MAX_URI_BYTES {
        return Err("must be 1 to 2000 characters long");
    }
    if !uri.bytes().all(|byte| byte.is_ascii_graphic()) || uri.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}']) {
        return Err("must be a URI of visible ASCII characters");
    }
    if uri.contains('#') {
        return Err("must have no fragment");
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return Err("must be absolute") };
    match scheme {
        "https" if host(rest).is_some() => Ok(()),
        "http" if host(rest).is_some_and(is_loopback) => Ok(()),
        "https" => Err("must have a host, and no user in it"),
        "http" => Err("must be https; http only on the loopback address of the person's own machine"),
        _ if application == ApplicationType::Web => Err("must be https"),
        _ if is_private_use(scheme) && rest.starts_with('/') => Ok(()),
        _ => Err(
            "must be https, http on the loopback address, or a scheme made of a domain name in reverse such as com.example.app:/callback",
        ),
    }
}

/// Whether a requested URI is this registered one: the same, letter by letter. A native client may choose the port of its loopback
/// address.
pub fn matches(registered: &str, requested: &str, application: ApplicationType) -> bool {
    if registered == requested {
        return true;
    }
    application == ApplicationType::Native
        && ["http://127.0.0.1", "http://[::1]"].into_iter().any(|address| {
            match (after_port(registered, address), after_port(requested, address)) {
                (Some(registered), Some(requested)) => registered == requested,
                _ => false,
            }
        })
}

/// What follows this address and its port, if there is one.
fn after_port<'u>(uri: &'u str, address: &str) -> Option<&'u str> {
    let rest = uri.strip_prefix(address)?;
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            let number: u32 = port.get(..digits)?.parse().ok()?;
            if number == 0 || number > 65_535 || digits > 5 {
                return None;
            }
            port.get(digits..)?
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}

/// The origin of a page as a browser sends it (RFC 6454 section 6.2): scheme, host and port, nothing else.
pub fn check_origin(origin: &str) -> Result<(), &'static str> {
    let wrong = "must be an origin such as https://app.example, without a path";
    let (scheme, rest) = origin.split_once(':').ok_or(wrong)?;
    let authority = rest.strip_prefix("//").ok_or(wrong)?;
    let named = host(rest).ok_or(wrong)?;
    let fits = origin.len() <= MAX_URI_BYTES
        && !authority.contains(['/', '?', '#'])
        && origin.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
        && (scheme == "https" || scheme == "http" && is_loopback(named));
    if fits { Ok(()) } else { Err(wrong) }
}

/// The host after `//`, in lower case and without a user; with nothing that another reader could take for the end of it.
fn host(rest: &str) -> Option<&str> {
    let authority = rest.strip_prefix("//")?;
    let authority = authority.split(['/', '?']).next()?;
    let (host, port) = match authority.strip_prefix('[') {
        Some(literal) => {
            let (inner, after) = literal.split_once(']')?;
            let address = inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.');
            (address.then(|| &authority[..inner.len() + 2])?, after)
        }
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok() && !port.starts_with('+'));
    let name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'[' | b']' | b':');
    (port_fits && !host.is_empty() && host.bytes().all(name)).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "[::1]" | "localhost")
}

/// A scheme that is a domain name in reverse (RFC 8252 section 7.1).
fn is_private_use(scheme: &str) -> bool {
    scheme.contains('.')
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_are_somebodys_own_are_registered() {
        use ApplicationType::{Native, Web};
        let good = [
            ("https://app.example/cb", Web),
            ("https://app.example/cb?x=1", Web),
            ("https://app.example:8443", Web),
            ("http://127.0.0.1/cb", Native),
            ("http://[::1]:9/cb", Native),
            ("http://localhost:8080/cb", Web),
            ("com.example.app:/cb", Native),
        ];
        for (uri, application) in good {
            assert_eq!(check(uri, application), Ok(()), "{uri}");
        }
        let bad = [
            "",
            "/cb",
            "app.example/cb",
            "http://app.example/cb",
            "https://",
            "https:///cb",
            "https://app.example/cb#x",
            "https://app.example@evil.example/cb",
            "https://a@b@app.example/cb",
            "https://evil.example\\@app.example/cb",
            "https://App.example/cb",
            "https://app.example:99999/",
            "https://app.example:+1/",
            "http://127.1/cb",
            "http://127.0.0.2/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://2130706433/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp:/cb",
            "com.example.app:cb",
            "https://аpp.example/cb",
            "https://app.example/a b",
            "JavaScript:x",
        ];
        for uri in bad {
            assert!(check(uri, Native).is_err(), "{uri}");
        }
        assert!(check("com.example.app:/cb", Web).is_err());
    }

    #[test]
    fn a_requested_uri_is_compared_letter_by_letter() {
        use ApplicationType::{Native, Web};
        let registered = "https://app.example/cb";
        assert!(matches(registered, registered, Web));
        for other in [
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://app.example/cb?x",
            "https://app.example/cb%00",
            "https://app.example.evil.example/cb",
        ] {
            assert!(!matches(registered, other, Web), "{other}");
        }
        let cases = [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", Native, true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", Native, true),
            ("http://[::1]/cb", "http://[::1]:9/cb", Native, true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", Web, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", Native, false),
            ("http://127.0.0.1/cb", "http://[::1]:51004/cb", Native, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", Native, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", Native, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", Native, false),
            ("http://localhost/cb", "http://localhost:1/cb", Native, false),
            ("https://app.example/cb", "https://app.example:1/cb", Native, false),
        ];
        for (registered, requested, application, expected) in cases {
            assert_eq!(matches(registered, requested, application), expected, "{requested}");
        }
    }

    #[test]
    fn origins_have_no_path() {
        for good in ["https://app.example", "https://app.example:8443", "http://localhost:3000"] {
            assert_eq!(check_origin(good), Ok(()), "{good}");
        }
        for bad in ["*", "null", "https://app.example/", "http://app.example", "https://APP.example", "app.example", "https://a@b.example"]
        {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
