//! The patterns of paths in the tables of routes, such as `/courses/{course}`.

/// The parameters of a path that fits a pattern; `same` says whether a segment is the one that the pattern wants.
pub(crate) fn parameters(pattern: &'static str, path: &str, same: fn(&str, &str) -> bool) -> Option<Vec<(&'static str, String)>> {
    let (mut expected, mut given) = (pattern.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(names),
            (Some(expected), Some(given)) => match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => names.push((name, given.to_owned())),
                None if same(expected, given) => {}
                None => return None,
            },
            _ => return None,
        }
    }
}
