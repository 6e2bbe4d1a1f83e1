//! Validation of source documents: is this XML, is it harmless, is it a message of the register, does it say what it must?
//!
//! A document is read as a stream, in one pass, in memory that does not grow with it. What a message must hold stands in
//! tables, one file for each register; what is told about it is in Dutch, as those who deliver know it.

mod cpt;
mod document;
mod frd;
mod gld;
mod gmn;
mod gmw;
mod message;
mod rule;
mod value;
mod words;

#[cfg(test)]
mod tests;

use std::io::BufRead;

pub use document::{MAX_DOCUMENT_BYTES, ReadError};

/// The last line about a document that is not valid.
pub const SUMMARY: &str = "Er zijn 1 of meer fouten geconstateerd in het brondocument.";
/// The most errors that are told about one document, the summary not counted.
pub const MAX_ERRORS: usize = 100;

/// A register: one kind of object of the subsurface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Groundwater monitoring wells.
    Gmw,
    /// Groundwater level dossiers.
    Gld,
    /// Groundwater monitoring networks.
    Gmn,
    /// Formation resistance dossiers.
    Frd,
    /// Geotechnical soundings.
    Cpt,
}

impl Domain {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gmw, Self::Gld, Self::Gmn, Self::Frd, Self::Cpt];

    /// The three letters with which its objects' ids begin.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gmw => "GMW",
            Self::Gld => "GLD",
            Self::Gmn => "GMN",
            Self::Frd => "FRD",
            Self::Cpt => "CPT",
        }
    }

    /// The namespace of its messages.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Gmw => "http://www.broservices.nl/xsd/isgmw/1.1",
            Self::Gld => "http://www.broservices.nl/xsd/isgld/1.0",
            Self::Gmn => "http://www.broservices.nl/xsd/isgmn/1.0",
            Self::Frd => "http://www.broservices.nl/xsd/isfrd/1.0",
            Self::Cpt => "http://www.broservices.nl/xsd/iscpt/1.1",
        }
    }

    /// The namespace of what its messages share with its answers.
    fn common_namespace(self) -> &'static str {
        match self {
            Self::Gmw => "http://www.broservices.nl/xsd/gmwcommon/1.1",
            Self::Gld => "http://www.broservices.nl/xsd/gldcommon/1.0",
            Self::Gmn => "http://www.broservices.nl/xsd/gmncommon/1.0",
            Self::Frd => "http://www.broservices.nl/xsd/frdcommon/1.0",
            Self::Cpt => "http://www.broservices.nl/xsd/cptcommon/1.1",
        }
    }

    fn source_documents(self) -> &'static [rule::SourceDocument] {
        match self {
            Self::Gmw => gmw::DOCUMENTS,
            Self::Gld => gld::DOCUMENTS,
            Self::Gmn => gmn::DOCUMENTS,
            Self::Frd => frd::DOCUMENTS,
            Self::Cpt => cpt::DOCUMENTS,
        }
    }
}

/// What a message asks of the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To take in something new.
    Registration,
    /// To put this in the place of what was said.
    Replace,
    /// To take in something between what was said.
    Insert,
    /// To change the date of what was said.
    Move,
    /// To take out what was said.
    Delete,
    /// What soundings have for [`Kind::Replace`].
    Correction,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Registration, Self::Replace, Self::Insert, Self::Move, Self::Delete, Self::Correction];

    /// The name of the message's root element.
    pub fn element(self) -> &'static str {
        match self {
            Self::Registration => "registrationRequest",
            Self::Replace => "replaceRequest",
            Self::Insert => "insertRequest",
            Self::Move => "moveRequest",
            Self::Delete => "deleteRequest",
            Self::Correction => "correctionRequest",
        }
    }
}

/// What a document says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The register that it is for.
    pub domain: Option<Domain>,
    /// What it asks.
    pub kind: Option<Kind>,
    /// The name of its source document, such as `GMW_Construction`.
    pub source_document: Option<&'static str>,
    /// Whether that begins an object.
    pub starts: bool,
    /// Its sender's name for it.
    pub request_reference: Option<String>,
    /// The number of the source holder, with the chamber of commerce.
    pub accountable_party: Option<String>,
    /// The id of the object that it is about.
    pub bro_id: Option<String>,
    /// `IMBRO` or `IMBRO/A`.
    pub quality_regime: Option<String>,
    /// The source holder's own id of the object.
    pub object_id: Option<String>,
}

/// What was found about a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What it says of itself, as far as it was read.
    pub facts: Facts,
    /// Whether it was read to its end and is a message of a register, valid or not.
    pub recognised: bool,
    /// What is wrong with it, without the summary.
    pub errors: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong with it.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }

    /// What is wrong with it, the summary last; nothing if it is valid.
    pub fn lines(&self) -> Vec<String> {
        let summary = (!self.is_valid()).then(|| SUMMARY.to_owned());
        self.errors.iter().cloned().chain(summary).collect()
    }

    /// Checks for whom the message is delivered.
    pub fn check_source_holder(&mut self, source_holder: &SourceHolder) {
        let named = self.facts.accountable_party.as_deref();
        let wrong = match (named, source_holder) {
            (None, SourceHolder { is_sender: false, .. }) => Some(words::accountable_party_missing()),
            (Some(named), SourceHolder { number: Some(number), .. }) if named != number => {
                Some(words::accountable_party_differs(named, number))
            }
            _ => None,
        };
        self.errors.extend(wrong.filter(|_| self.recognised));
    }
}

/// For whom is delivered: what a message's `deliveryAccountableParty` is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceHolder {
    /// Its number with the chamber of commerce, where the project has it.
    pub number: Option<String>,
    /// Whether it delivers itself, and not somebody else under a delegation.
    pub is_sender: bool,
}

/// Validates a document. It is read once, piece by piece; one of more than [`MAX_DOCUMENT_BYTES`] is an error.
pub fn validate(source: impl BufRead) -> Result<Report, ReadError> {
    validate_within(source, MAX_DOCUMENT_BYTES)
}

fn validate_within(source: impl BufRead, most: u64) -> Result<Report, ReadError> {
    let mut message = message::Message::default();
    let outcome = document::read(source, most, &mut message)?;
    Ok(message.report(outcome))
}
