//! The languages that people read, and the tables of texts in them.

/// A language that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Dutch.
    Nl,
}

impl Language {
    /// The language of a locale's name such as `nl_NL.UTF-8`; English for every other than Dutch.
    pub(crate) fn of_locale(locale: &str) -> Self {
        if locale == "nl" || locale.starts_with("nl_") || locale.starts_with("nl-") || locale.starts_with("nl.") {
            Self::Nl
        } else {
            Self::En
        }
    }

    /// The language of a tag such as `nl-BE` or `en;q=0.8` (BCP 47), if we have it.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', ';', '_']).next().unwrap_or_default().trim();
        [Self::En, Self::Nl].into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The language that a path begins with, and the path without it.
    pub(crate) fn of_path(path: &str) -> Option<(Self, &str)> {
        [Self::En, Self::Nl].into_iter().find_map(|language| {
            let rest = path.strip_prefix('/')?.strip_prefix(language.tag())?;
            (rest.is_empty() || rest.starts_with('/')).then_some((language, rest))
        })
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::En => Self::Nl,
            Self::Nl => Self::En,
        }
    }

    /// Its tag (BCP 47).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
        }
    }
}

impl From<domain::person::Language> for Language {
    fn from(language: domain::person::Language) -> Self {
        match language {
            domain::person::Language::Nl => Self::Nl,
            domain::person::Language::En => Self::En,
        }
    }
}

impl From<Language> for domain::person::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Nl => Self::Nl,
            Language::En => Self::En,
        }
    }
}

/// Texts of a table, whichever.
pub(crate) trait Words: Copy {
    /// The text in this language.
    fn words(self, language: Language) -> &'static str;
}

/// A table of texts, each in every language.
macro_rules! texts {
    ($($name:ident: $en:literal, $nl:literal;)*) => {
        /// A text, in every language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(unreachable_pub, missing_docs, reason = "one table is seen from outside; the English text says what each is")]
        pub enum Text { $($name,)* }

        #[allow(unreachable_pub, dead_code, reason = "as above; not every table has places to fill")]
        impl Text {
            /// The text in this language.
            pub const fn of(self, language: $crate::language::Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, $crate::language::Language::En) => $en, (Self::$name, $crate::language::Language::Nl) => $nl,)*
                }
            }

            /// The text in this language with its `{places}` filled.
            #[allow(dead_code, reason = "not every table has texts with places")]
            pub fn filled(self, language: $crate::language::Language, values: &[(&'static str, String)]) -> String {
                $crate::language::fill(self.of(language), values)
            }

            /// Every text.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        impl $crate::language::Words for Text {
            fn words(self, language: $crate::language::Language) -> &'static str {
                self.of(language)
            }
        }
    };
}
pub(crate) use texts;

/// A text with its `{places}` filled; a value is not read as a place.
pub(crate) fn fill(text: &str, values: &[(&'static str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(before);
        filled.push_str(values.iter().find(|(name, _)| *name == place).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

/// The places of a text, for comparing its languages.
#[cfg(test)]
pub(crate) fn places(text: &str) -> Vec<&str> {
    let mut places: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
    places.sort_unstable();
    places
}
