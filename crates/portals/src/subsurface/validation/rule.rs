//! What the tables of a register's elements are made of: which children an element has, and what makes them come or go.

/// An element whose children are checked.
#[derive(Debug)]
pub(super) struct Element {
    /// Its name in messages.
    pub(super) nl: &'static str,
    /// The name of its entity in the register's catalogue.
    pub(super) en: &'static str,
    /// Its children, in any order.
    pub(super) children: &'static [Child],
    /// Whether every other child is unexpected; if not, others are well-formed and no more.
    pub(super) closed: bool,
    /// What makes some of them come or go.
    pub(super) conditions: &'static [Condition],
}

/// A child of an element.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) name: &'static str,
    /// Its name in messages.
    pub(super) nl: &'static str,
    pub(super) times: Times,
    pub(super) content: Content,
}

/// How often a child stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    AtMostOnce,
    AtLeastOnce,
    Any,
}

/// What a child holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// Text.
    Text(Value),
    /// Children that are checked.
    Inside(&'static Element),
    /// Other schemas' elements, which are well-formed and no more.
    Open,
}

/// What a text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Something.
    Some,
    /// `ja` or `nee`.
    YesNo,
    /// `ja`, `nee` or `onbekend`.
    YesNoUnknown,
    /// A whole number from 0.
    Count,
    /// A number, or nothing where `xsi:nil` says so.
    Number,
    /// The number of an organisation with the chamber of commerce: eight digits.
    Party,
    /// `IMBRO` or `IMBRO/A`.
    QualityRegime,
    /// A day: `2026-11-22`.
    Date,
    /// A month: `2026-11`.
    YearMonth,
    /// A year: `2026`.
    Year,
    /// The id of an object in the register whose three letters these are: `GMW000000054499`.
    BroId(&'static str),
    /// A moment: a day with a time.
    Moment,
}

/// What makes a child come or go.
#[derive(Debug)]
pub(super) enum Condition {
    /// Where the first child has this value, the second must be absent.
    Forbids(&'static str, &'static str, &'static str),
    /// Where the first child has this value, the second must be there.
    Requires(&'static str, &'static str, &'static str),
    /// The first child says how often the second stands; the third is what messages call the first.
    Counts(&'static str, &'static str, &'static str),
    /// Exactly one of these children stands.
    OneOf(&'static [&'static str]),
    /// These stand all or none.
    Together(&'static [&'static str]),
}

impl Condition {
    /// The children whose values it looks at.
    pub(super) fn looks_at(&self, name: &str) -> bool {
        match self {
            Self::Forbids(when, ..) | Self::Requires(when, ..) | Self::Counts(when, ..) => *when == name,
            Self::OneOf(_) | Self::Together(_) => false,
        }
    }
}

/// A source document: what the register is told.
#[derive(Debug)]
pub(super) struct SourceDocument {
    pub(super) name: &'static str,
    pub(super) element: &'static Element,
    /// Whether it begins an object: then a registration has no id of one yet.
    pub(super) starts: bool,
    /// Which corrections of it there are.
    pub(super) corrections: &'static [super::Kind],
}

/// An element with these children, no others and no conditions.
pub(super) const fn plain(nl: &'static str, en: &'static str, children: &'static [Child]) -> Element {
    Element { nl, en, children, closed: true, conditions: &[] }
}

/// An element with these children, maybe others, and no conditions.
pub(super) const fn lax(nl: &'static str, en: &'static str, children: &'static [Child]) -> Element {
    Element { nl, en, children, closed: false, conditions: &[] }
}

const fn child(name: &'static str, nl: &'static str, times: Times, content: Content) -> Child {
    Child { name, nl, times, content }
}

/// A text that must be there.
pub(super) const fn one(name: &'static str, nl: &'static str, value: Value) -> Child {
    child(name, nl, Times::Once, Content::Text(value))
}

/// A text that may be there.
pub(super) const fn maybe(name: &'static str, nl: &'static str, value: Value) -> Child {
    child(name, nl, Times::AtMostOnce, Content::Text(value))
}

/// A child with checked children that must be there.
pub(super) const fn inside(name: &'static str, nl: &'static str, element: &'static Element) -> Child {
    child(name, nl, Times::Once, Content::Inside(element))
}

/// As [`inside`], this often.
pub(super) const fn insides(name: &'static str, nl: &'static str, times: Times, element: &'static Element) -> Child {
    child(name, nl, times, Content::Inside(element))
}

/// A child of another schema, this often.
pub(super) const fn open(name: &'static str, nl: &'static str, times: Times) -> Child {
    child(name, nl, times, Content::Open)
}

/// A date of the register: known to the day, the month or the year, or not.
pub(super) const DATE: Element = Element {
    nl: "Datum",
    en: "Date",
    children: &[
        maybe("date", "datum", Value::Date),
        maybe("yearMonth", "jaar en maand", Value::YearMonth),
        maybe("year", "jaar", Value::Year),
        maybe("voidReason", "reden van ontbreken", Value::Some),
    ],
    closed: true,
    conditions: &[Condition::OneOf(&["date", "yearMonth", "year", "voidReason"])],
};

#[cfg(test)]
mod tests {
    use super::super::Domain;
    use super::*;

    fn check(element: &Element, path: &str) {
        let known = |name: &str| element.children.iter().any(|child| child.name == name);
        for condition in element.conditions {
            let named: Vec<&str> = match condition {
                Condition::Forbids(when, _, then) | Condition::Requires(when, _, then) | Condition::Counts(when, then, _) => {
                    vec![when, then]
                }
                Condition::OneOf(names) | Condition::Together(names) => names.to_vec(),
            };
            assert!(named.iter().all(|name| known(name)), "{path}: {condition:?}");
        }
        for (place, child) in element.children.iter().enumerate() {
            assert!(element.children[..place].iter().all(|other| other.name != child.name), "{path}: {} stands twice", child.name);
            if let Content::Inside(inner) = child.content {
                check(inner, &format!("{path}/{}", child.name));
            }
        }
    }

    #[test]
    fn conditions_name_children_that_exist_and_none_stands_twice() {
        for domain in Domain::ALL {
            for document in domain.source_documents() {
                check(document.element, document.name);
            }
        }
    }
}
