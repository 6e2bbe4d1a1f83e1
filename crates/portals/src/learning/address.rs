//! Addresses: the languages of the platform, and the absolute URLs that answers hold.

/// A language of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locale {
    /// Dutch.
    Nl,
    /// English.
    En,
}

impl Locale {
    pub(super) fn read(text: &str) -> Option<Self> {
        [Self::Nl, Self::En].into_iter().find(|locale| locale.as_str() == text)
    }

    pub(super) fn as_str(self) -> &'static str {
        self.pick("nl", "en")
    }

    pub(super) fn pick<T>(self, nl: T, en: T) -> T {
        match self {
            Self::Nl => nl,
            Self::En => en,
        }
    }
}

/// Makes the URLs of one answer: absolute, always with the language, `.json` where they are for programs.
#[derive(Debug, Clone)]
pub(super) struct Links {
    /// Scheme, host and language, without a slash at the end.
    root: String,
}

impl Links {
    pub(super) fn new(base: &str, locale: Locale) -> Self {
        Self { root: format!("{base}/{}", locale.as_str()) }
    }

    /// A document's URL; `path` begins with a slash.
    pub(super) fn json(&self, path: &str) -> String {
        format!("{}{path}.json", self.root)
    }

    /// A page's URL.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}/", self.root)
    }
}
