//! The parameters of an authorization request, as they came.

use serde::{Deserialize, Serialize};

/// The most parameters that are looked at: no request has as many.
const MAX_PARAMETERS: usize = 100;

/// Names and values in the order in which they came, without the empty ones: those are as good as not there (OAuth 2.1 section 3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(Vec<(String, String)>);

/// The name of a parameter that stands more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubled(pub &'static str);

impl Parameters {
    /// Takes what came. `None`: more than any request has.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Option<Self> {
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).take(MAX_PARAMETERS + 1).collect();
        (pairs.len() <= MAX_PARAMETERS).then_some(Self(pairs))
    }

    /// The value of a parameter that may stand once.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Doubled> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() { Err(Doubled(name)) } else { Ok(value) }
    }

    /// The value of a parameter that is known to stand once at most.
    pub fn get(&self, name: &'static str) -> Option<&str> {
        self.one(name).ok().flatten()
    }

    /// All values of a parameter.
    pub fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.0.push((name.to_owned(), value));
        self
    }

    /// Whether there are no others than these.
    pub fn consists_of(&self, names: &[&str]) -> bool {
        self.0.iter().all(|(name, _)| names.contains(&name.as_str()))
    }

    /// The same without these: what authenticates a client is not kept.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(name, _)| !names.contains(&name.as_str()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_not_there_and_what_stands_twice_is_told() {
        let pairs = [("a", "1"), ("b", ""), ("a", "2"), ("c", "3"), ("b", "4")];
        let read = Parameters::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned()))).expect("few");
        assert_eq!(read.one("a"), Err(Doubled("a")));
        assert_eq!(read.one("b"), Ok(Some("4")));
        assert_eq!((read.get("a"), read.get("c"), read.get("d")), (None, Some("3"), None));
        assert_eq!(read.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert!(Parameters::new((0..101).map(|number| (number.to_string(), "x".to_owned()))).is_none());
    }
}
