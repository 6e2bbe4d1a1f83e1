//! Two URLs that mean the same request target (RFC 9449 section 4.3, RFC 3986 sections 6.2.2 and 6.2.3).

/// The longest URL that is compared, in bytes.
const MAX_BYTES: usize = 2_048;

/// A URL in its one form, without query and fragment: scheme and host in lower case, the scheme's own port left out, what need not
/// be encoded decoded, dot segments resolved. Nothing for what is no http or https URL with a host and without a user.
pub(crate) fn normal(url: &str) -> Option<String> {
    if url.len() > MAX_BYTES || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (scheme, rest) = url[..end].split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let own_port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains(['@', '\\', '%']) {
        return None;
    }
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(own_port).or_else(|| authority.strip_suffix(':')).unwrap_or(&authority);
    if authority.is_empty() {
        return None;
    }
    Some(format!("{scheme}://{authority}{}", resolved(&decoded(path)?)))
}

/// Unreserved characters decoded, the digits of the others in upper case.
fn decoded(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let byte = u8::from_str_radix(digits, 16).ok()?;
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&digits.to_ascii_uppercase());
        }
        text.push_str(rest);
    }
    Some(text)
}

/// RFC 3986 section 5.2.4.
fn resolved(path: &str) -> String {
    let mut segments = Vec::new();
    let mut given = path.split('/').skip(1).peekable();
    while let Some(segment) = given.next() {
        let is_last = given.peek().is_none();
        if segment == ".." {
            segments.pop();
        }
        if !matches!(segment, "." | "..") {
            segments.push(segment);
        } else if is_last {
            segments.push("");
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_becomes_the_same() {
        let same = [
            ("HTTPS://Account.Example:443", "https://account.example/"),
            ("https://account.example/connect/token?x=1#y", "https://account.example/connect/token"),
            ("https://account.example/a/./b/../c%7e", "https://account.example/a/c~"),
            ("http://[::1]:80/x%2fy", "http://[::1]/x%2Fy"),
            ("http://a:/", "http://a/"),
            ("https://a/..", "https://a/"),
        ];
        for (one, other) in same {
            assert_eq!(normal(one).as_deref(), Some(other), "{one}");
        }
        let different = ["https://a:80/", "http://a/x/", "http://a//x", "http://a/X", "http://a/x%2Fy"];
        for url in different {
            assert_eq!(normal(url).as_deref(), Some(url));
        }
    }

    #[test]
    fn what_is_no_such_url_is_nothing() {
        for url in
            ["", "/connect/token", "ftp://a/", "https://", "https:///x", "https://u@a/", "https://a/%zz", "https://a/%4", "https://a/ü"]
        {
            assert_eq!(normal(url), None, "{url}");
        }
    }
}
