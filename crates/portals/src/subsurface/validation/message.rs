//! The grammar of a message: its header, its one source document, and the tables of what that holds.

use super::document::{Broken, Handler};
use super::rule::{Condition, Content, Element, SourceDocument, Times, Value};
use super::value::count;
use super::{Domain, Facts, Kind, MAX_ERRORS, Report, words};

const COMMON: &str = "http://www.broservices.nl/xsd/brocommon/3.0";
/// Other schemas that the register's build upon.
const FOREIGN: [&str; 8] = [
    "http://www.opengis.net/gml/3.2",
    "http://www.opengis.net/om/2.0",
    "http://www.opengis.net/swe/2.0",
    "http://www.opengis.net/waterml/2.0",
    "http://www.opengis.net/sampling/2.0",
    "http://www.opengis.net/samplingSpatial/2.0",
    "http://www.isotc211.org/2005/gmd",
    "http://www.isotc211.org/2005/gco",
];
/// As much of a text as is looked at; nothing that is compared is longer.
const MAX_TEXT_BYTES: usize = 1_000;

/// A child of the message itself: name, name in messages, whether all registers share it, what its text must be.
struct Header(&'static str, &'static str, bool, Option<Value>);

/// In the order in which they stand; the last may also stand before the source document.
const HEADERS: [Header; 8] = [
    Header("requestReference", "kenmerk verzoek", true, Some(Value::Some)),
    Header("deliveryAccountableParty", "bronhouder", true, Some(Value::Party)),
    Header("broId", "BRO-ID", true, None),
    Header("qualityRegime", "kwaliteitsregime", true, Some(Value::QualityRegime)),
    Header("underPrivilege", "onder voorrecht", true, Some(Value::YesNo)),
    Header("correctionReason", "reden correctie", false, Some(Value::Some)),
    Header("sourceDocument", "brondocument", false, None),
    Header("dateToBeCorrected", "te corrigeren datum", false, None),
];
const REQUEST_REFERENCE: usize = 0;
const ACCOUNTABLE_PARTY: usize = 1;
const BRO_ID: usize = 2;
const QUALITY_REGIME: usize = 3;
const CORRECTION_REASON: usize = 5;
const SOURCE_DOCUMENT: usize = 6;
const DATE_TO_BE_CORRECTED: usize = 7;

/// A message as far as it was read.
#[derive(Default)]
pub(super) struct Message {
    facts: Facts,
    source_document: Option<&'static SourceDocument>,
    source_documents: u32,
    headers: [u32; HEADERS.len()],
    last_header: usize,
    open: Vec<Open>,
    text: String,
    /// Each with the number of the element that it is about: they are told in the document's order.
    errors: Vec<(u32, String)>,
    elements: u32,
    /// Emptied lists of counts, to be used again.
    spare: Vec<Vec<u32>>,
}

/// An element that is open.
enum Open {
    Root,
    Header(usize),
    SourceDocument,
    Checked(Checked),
    /// A text of the element around it: which child.
    Text {
        place: usize,
        nil: bool,
    },
    Unchecked,
}

struct Checked {
    element: &'static Element,
    number: u32,
    /// How often each child stood.
    seen: Vec<u32>,
    /// The values of the children that conditions look at.
    values: Vec<(usize, String)>,
}

impl Handler for Message {
    fn open(&mut self, namespace: &str, name: &str, nil: bool) {
        self.elements = self.elements.saturating_add(1);
        let opened = match self.open.last() {
            None => self.open_root(namespace, name),
            Some(Open::Root) => self.open_header(namespace, name),
            Some(Open::SourceDocument) => self.open_source_document(namespace, name),
            Some(Open::Checked(_)) => self.open_child(namespace, name, nil),
            Some(Open::Header(_) | Open::Text { .. } | Open::Unchecked) => Open::Unchecked,
        };
        if matches!(opened, Open::Header(_) | Open::Text { .. }) {
            self.text.clear();
        }
        self.open.push(opened);
    }

    fn text(&mut self, text: &str) {
        if matches!(self.open.last(), Some(Open::Header(_) | Open::Text { .. })) {
            let left = MAX_TEXT_BYTES.saturating_sub(self.text.len());
            let end = text.floor_char_boundary(left.min(text.len()));
            self.text.push_str(&text[..end]);
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Open::Header(place)) => self.close_header(place),
            Some(Open::Text { place, nil }) => self.close_text(place, nil),
            Some(Open::Checked(checked)) => self.close_checked(checked),
            Some(Open::Root | Open::SourceDocument | Open::Unchecked) | None => {}
        }
    }
}

impl Message {
    /// What was found, once the document was read as far as it can be.
    pub(super) fn report(mut self, outcome: Result<(), Broken>) -> Report {
        let mut recognised = self.facts.domain.is_some() && self.source_document.is_some();
        match outcome {
            Ok(()) => self.check_headers(),
            Err(broken) => {
                recognised = false;
                self.errors = vec![(0, words::broken(&broken))];
            }
        }
        self.errors.sort_by_key(|(element, _)| *element);
        Report { facts: self.facts, recognised, errors: self.errors.into_iter().map(|(_, error)| error).collect() }
    }

    /// About the element that begins or ends here.
    fn error(&mut self, words: impl FnOnce() -> String) {
        self.error_about(self.elements, words);
    }

    fn error_about(&mut self, element: u32, words: impl FnOnce() -> String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push((element, words()));
        }
    }

    fn root(&self) -> &'static str {
        self.facts.kind.map_or("", Kind::element)
    }

    fn open_root(&mut self, namespace: &str, name: &str) -> Open {
        self.facts.domain = Domain::ALL.into_iter().find(|domain| domain.namespace() == namespace);
        self.facts.kind = Kind::ALL.into_iter().find(|kind| kind.element() == name);
        if self.facts.domain.is_some() && self.facts.kind.is_some() {
            return Open::Root;
        }
        (self.facts.domain, self.facts.kind) = (None, None);
        self.error(|| words::not_a_message(namespace, name));
        Open::Unchecked
    }

    fn open_header(&mut self, namespace: &str, name: &str) -> Open {
        let root = self.root();
        let own = self.facts.domain.map_or("", Domain::namespace);
        let place =
            HEADERS.iter().position(|Header(known, _, common, _)| *known == name && namespace == if *common { COMMON } else { own });
        let Some(place) = place else {
            self.error(|| words::header_unexpected(root, namespace, name));
            return Open::Unchecked;
        };
        let Header(name, nl, ..) = HEADERS[place];
        self.headers[place] += 1;
        if self.headers[place] > 1 {
            self.error(|| words::header_twice(root, nl, name));
        } else if place < self.last_header && place != DATE_TO_BE_CORRECTED {
            self.error(|| words::header_order(root, nl, name));
        }
        if place != DATE_TO_BE_CORRECTED {
            self.last_header = place;
        }
        match place {
            SOURCE_DOCUMENT => Open::SourceDocument,
            DATE_TO_BE_CORRECTED => Open::Unchecked,
            _ => Open::Header(place),
        }
    }

    fn close_header(&mut self, place: usize) {
        let Header(name, nl, _, value) = HEADERS[place];
        let text = self.text.trim().to_owned();
        let value = match (place, self.facts.domain) {
            (BRO_ID, Some(domain)) => Some(Value::BroId(domain.code())),
            _ => value,
        };
        if let Some(value) = value.filter(|value| !value.fits(&text)) {
            let root = self.root();
            self.error(|| words::header_value(root, nl, name, value, &text));
        }
        let kept = match place {
            REQUEST_REFERENCE => &mut self.facts.request_reference,
            ACCOUNTABLE_PARTY => &mut self.facts.accountable_party,
            BRO_ID => &mut self.facts.bro_id,
            QUALITY_REGIME => &mut self.facts.quality_regime,
            _ => return,
        };
        if !text.is_empty() {
            kept.get_or_insert(text);
        }
    }

    fn open_source_document(&mut self, namespace: &str, name: &str) -> Open {
        self.source_documents += 1;
        let Some(domain) = self.facts.domain else { return Open::Unchecked };
        let known = domain.source_documents().iter().find(|known| known.name == name);
        let Some(known) = known.filter(|_| namespace == domain.namespace()) else {
            self.error(|| words::source_document_unknown(domain.code(), namespace, name));
            return Open::Unchecked;
        };
        if self.source_document.is_none() {
            self.source_document = Some(known);
            self.facts.source_document = Some(known.name);
            self.facts.starts = known.starts;
        }
        self.open_checked(known.element)
    }

    fn open_checked(&mut self, element: &'static Element) -> Open {
        let mut seen = self.spare.pop().unwrap_or_default();
        seen.clear();
        seen.resize(element.children.len(), 0);
        Open::Checked(Checked { element, number: self.elements, seen, values: Vec::new() })
    }

    fn open_child(&mut self, namespace: &str, name: &str, nil: bool) -> Open {
        let depth = self.open.len();
        let domain = self.facts.domain;
        let Some(Open::Checked(around)) = self.open.last_mut() else { return Open::Unchecked };
        let element = around.element;
        let place = element.children.iter().position(|child| child.name == name);
        let own = domain.map_or("", Domain::namespace);
        // The root, `sourceDocument` and the source document itself are around the outermost children.
        let known = namespace == own || (depth > 3 && is_known(domain, namespace));
        if !known && (place.is_some() || depth <= 3) {
            self.error(|| words::foreign_namespace(element, namespace, name));
            return Open::Unchecked;
        }
        if let Some(place) = place {
            around.seen[place] = around.seen[place].saturating_add(1);
        }
        match place.map(|place| (place, element.children[place].content)) {
            Some((_, Content::Inside(inner))) if !nil => self.open_checked(inner),
            Some((place, Content::Text(_))) => Open::Text { place, nil },
            Some(_) => Open::Unchecked,
            None => {
                if element.closed {
                    self.error(|| words::unexpected(element, name));
                }
                Open::Unchecked
            }
        }
    }

    fn close_text(&mut self, place: usize, nil: bool) {
        let depth = self.open.len();
        let Some(Open::Checked(around)) = self.open.last_mut() else { return };
        let element = around.element;
        let child = &element.children[place];
        let text = self.text.trim();
        if element.conditions.iter().any(|condition| condition.looks_at(child.name)) {
            around.values.push((place, text.to_owned()));
        }
        if depth == 3 && child.name == "objectIdAccountableParty" && !text.is_empty() {
            self.facts.object_id.get_or_insert_with(|| text.to_owned());
        }
        let Content::Text(value) = child.content else { return };
        if !(value.fits(text) || nil && text.is_empty()) {
            let text = text.to_owned();
            self.error(|| words::value(element, child, value, &text));
        }
    }

    fn close_checked(&mut self, checked: Checked) {
        let (element, number) = (checked.element, checked.number);
        for (child, seen) in element.children.iter().zip(&checked.seen) {
            match (child.times, seen) {
                (Times::Once | Times::AtLeastOnce, 0) => self.error_about(number, || words::missing(element, child)),
                (Times::Once | Times::AtMostOnce, 2..) => self.error_about(number, || words::twice(element, child)),
                _ => {}
            }
        }
        for condition in element.conditions {
            self.check(&checked, condition);
        }
        self.spare.push(checked.seen);
    }

    fn check(&mut self, checked: &Checked, condition: &Condition) {
        let (element, number) = (checked.element, checked.number);
        let find = |name: &str| {
            let place = element.children.iter().position(|child| child.name == name)?;
            let value = checked.values.iter().find(|(at, _)| *at == place).map(|(_, value)| value.as_str());
            Some((&element.children[place], checked.seen[place], value))
        };
        let times = |names: &[&str]| names.iter().filter_map(|name| find(name)).filter(|(_, seen, _)| *seen > 0).count();
        match condition {
            Condition::Forbids(when, is, then) | Condition::Requires(when, is, then) => {
                let (Some((when, _, value)), Some((then, seen, _))) = (find(when), find(then)) else { return };
                match condition {
                    Condition::Forbids(..) if value == Some(is) && seen > 0 => {
                        self.error_about(number, || words::forbidden(element, when, is, then))
                    }
                    Condition::Requires(..) if value == Some(is) && seen == 0 => {
                        self.error_about(number, || words::required(element, when, is, then))
                    }
                    _ => {}
                }
            }
            Condition::Counts(counter, counted, path) => {
                let (Some((_, _, value)), Some((child, seen, _))) = (find(counter), find(counted)) else { return };
                if let Some(said) = value.and_then(count).filter(|said| *said != u64::from(seen)) {
                    self.error_about(number, || words::counted(element, child, path, said, seen));
                }
            }
            Condition::OneOf(names) if times(names) != 1 => self.error_about(number, || words::one_of(element, names)),
            Condition::Together(names) if ![0, names.len()].contains(&times(names)) => {
                self.error_about(number, || words::together(element, names))
            }
            Condition::OneOf(_) | Condition::Together(_) => {}
        }
    }

    /// What the message as a whole must have, which depends on what it asks about what.
    fn check_headers(&mut self) {
        let Some(kind) = self.facts.kind else { return };
        let registers = kind == Kind::Registration;
        if self.source_documents != 1 {
            let found = self.source_documents;
            self.error(|| words::source_documents(found));
        }
        if let Some(document) = self.source_document.filter(|document| !registers && !document.corrections.contains(&kind)) {
            self.error(|| words::request_unknown(kind.element(), document.name));
        }
        for place in [REQUEST_REFERENCE, QUALITY_REGIME, SOURCE_DOCUMENT] {
            self.require_header(place);
        }
        match self.source_document.map(|document| document.starts) {
            Some(true) if registers => self.forbid_header(BRO_ID, "de registratie begint met dit brondocument"),
            Some(false) => self.require_header(BRO_ID),
            // Clients correct the start of a dossier, and soundings, without it.
            Some(true) | None => {}
        }
        match registers {
            true => self.forbid_header(CORRECTION_REASON, "er wordt niets gecorrigeerd"),
            false => self.require_header(CORRECTION_REASON),
        }
        match kind {
            Kind::Move => self.require_header(DATE_TO_BE_CORRECTED),
            _ => self.forbid_header(DATE_TO_BE_CORRECTED, "alleen een moveRequest verplaatst een datum"),
        }
    }

    fn require_header(&mut self, place: usize) {
        let (Header(name, nl, ..), root) = (&HEADERS[place], self.root());
        if self.headers[place] == 0 {
            self.error(|| words::header_missing(root, nl, name));
        }
    }

    fn forbid_header(&mut self, place: usize, why: &str) {
        let (Header(name, nl, ..), root) = (&HEADERS[place], self.root());
        if self.headers[place] > 0 {
            self.error(|| words::header_forbidden(root, nl, name, why));
        }
    }
}

/// Whether elements of this namespace may stand inside a source document.
fn is_known(domain: Option<Domain>, namespace: &str) -> bool {
    namespace == COMMON || FOREIGN.contains(&namespace) || domain.is_some_and(|domain| domain.common_namespace() == namespace)
}
