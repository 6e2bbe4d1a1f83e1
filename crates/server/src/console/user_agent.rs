//! What a browser calls itself, in the words of people.

/// What a browser calls itself, and what people call it; the first that fits, as each claims to be those before it, too.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
];

/// The browser and its system, such as `Firefox, Windows`; its own words where it is none that is known.
pub(crate) fn named(user_agent: &str) -> Option<String> {
    let find = |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser}, {system}")),
        _ => Some(user_agent.to_owned()).filter(|text| !text.trim().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_the_names_that_people_use() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        for (user_agent, expected) in [
            (chrome.to_owned(), "Chrome, Windows"),
            (format!("{chrome} Edg/140.0.0.0"), "Edge, Windows"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(), "Firefox, Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Mobile Safari/604".to_owned(),
                "Safari, iPhone",
            ),
            ("curl/8.1".to_owned(), "curl/8.1"),
        ] {
            assert_eq!(named(&user_agent).as_deref(), Some(expected));
        }
        assert_eq!(named(" "), None);
    }
}
