//! Reads an XML document as a stream: well-formed or not, and nothing that could harm the reader.
//!
//! The parser leaves some of XML 1.0 and of its namespaces to its user; what it leaves is checked here. Document type
//! definitions are refused whole, so there are no entities but the five of XML itself, and nothing is ever fetched.

use std::io::{self, BufRead};

use quick_xml::NsReader;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::Config;

/// The longest document, in bytes.
pub const MAX_DOCUMENT_BYTES: u64 = 100 << 20;
/// The longest piece that is held in memory at a time: one tag, or the text between two tags.
pub(super) const MAX_PIECE_BYTES: usize = 4 << 20;
/// The most bytes that the parser takes in without a look at the bounds.
const MAX_STEP_BYTES: usize = 64 << 10;
/// The deepest element; the messages of the register are less than half as deep.
pub(super) const MAX_DEPTH: usize = 64;
/// The most attributes of one element, namespace declarations included.
pub(super) const MAX_ATTRIBUTES: usize = 64;
/// The longest name of an element or attribute, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 256;

const XINCLUDE: &str = "http://www.w3.org/2001/XInclude";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What makes of a document's parts what they mean.
pub(super) trait Handler {
    /// An element begins: its namespace, its name in it, and whether it says of itself that it has no value.
    fn open(&mut self, namespace: &str, name: &str, nil: bool);
    /// Text of the element that is open.
    fn text(&mut self, text: &str);
    /// The element that is open ends.
    fn close(&mut self);
}

/// Why a document is not read to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It does not begin as XML in UTF-8.
    Encoding(&'static str),
    /// It has a document type definition.
    DocumentType,
    /// It names an entity that is none of XML's own.
    Entity(String),
    /// It wants another document to be put into it.
    Inclusion,
    /// It goes beyond a bound: which, and how far one may go.
    Bound(&'static str, usize),
    /// It is not well-formed: why, and at which byte.
    IllFormed(&'static str, u64),
}

/// Why a document could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is longer than documents may be.
    #[error("the document is too large")]
    TooLarge,
    /// Where it is kept does not give it.
    #[error("the document cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Reads a document of at most so many bytes to its end, or to what is wrong with it.
pub(super) fn read(source: impl BufRead, most: u64, handler: &mut impl Handler) -> Result<Result<(), Broken>, ReadError> {
    let mut source = Bounded { source, piece: 0, left: most };
    let start = match source.fill_buf() {
        Ok(start) => start,
        Err(error) => return Ok(Err(unread(&error)?)),
    };
    if let Some(found) = foreign_encoding(start) {
        return Ok(Err(Broken::Encoding(found)));
    }
    let mut reader = NsReader::from_reader(source);
    let config = reader.config_mut();
    *config = Config::default();
    (config.check_comments, config.expand_empty_elements) = (true, true);
    let mut walk = Walk { depth: 0, rooted: false, begun: false, buffer: Vec::new() };
    loop {
        reader.get_mut().piece = 0;
        let step = walk.step(&mut reader, handler);
        match step {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(())),
            Err(Stop::Broken(broken)) => return Ok(Err(broken)),
            Err(Stop::Read(error)) => return Err(error),
        }
    }
}

/// The encoding of a document that is not in one that has ASCII's bytes (XML 1.0, appendix F).
fn foreign_encoding(start: &[u8]) -> Option<&'static str> {
    match start {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, b'<', ..] | [b'<', 0, ..] => Some("UTF-16"),
        [0, 0, ..] => Some("UTF-32"),
        [0x4c, 0x6f, 0xa7, 0x94, ..] => Some("EBCDIC"),
        _ => None,
    }
}

/// Stops a document that is too long, or a piece of it that would fill the memory.
struct Bounded<R> {
    source: R,
    piece: usize,
    left: u64,
}

/// Why [`Bounded`] gives no more; told through the parser as the text of an I/O error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Exceeded {
    #[error("document")]
    Document,
    #[error("piece")]
    Piece,
}

impl<R: BufRead> io::Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece > MAX_PIECE_BYTES {
            return Err(io::Error::other(Exceeded::Piece));
        }
        let available = self.source.fill_buf()?;
        if self.left == 0 && !available.is_empty() {
            return Err(io::Error::other(Exceeded::Document));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(MAX_STEP_BYTES);
        Ok(&available[..available.len().min(most)])
    }

    fn consume(&mut self, amount: usize) {
        self.piece += amount;
        self.left = self.left.saturating_sub(amount as u64);
        self.source.consume(amount);
    }
}

enum Stop {
    Broken(Broken),
    Read(ReadError),
}

impl From<Broken> for Stop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

struct Walk {
    depth: usize,
    rooted: bool,
    begun: bool,
    buffer: Vec<u8>,
}

impl Walk {
    /// Takes one part of the document. `false` at its end.
    fn step<R: BufRead>(&mut self, reader: &mut NsReader<Bounded<R>>, handler: &mut impl Handler) -> Result<bool, Stop> {
        self.buffer.clear();
        if self.buffer.capacity() > 2 * MAX_PIECE_BYTES {
            self.buffer.shrink_to(MAX_PIECE_BYTES);
        }
        let at = reader.buffer_position();
        let ill = |why| Stop::Broken(Broken::IllFormed(why, at));
        let event = match reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(stopped(&error, at)),
        };
        let begun = std::mem::replace(&mut self.begun, true);
        match event {
            Event::Decl(declaration) if !begun => declared(&declaration)?,
            Event::Decl(_) => return Err(ill("de XML-declaratie staat niet aan het begin")),
            Event::DocType(_) => return Err(Broken::DocumentType.into()),
            Event::Start(tag) => {
                if self.depth == 0 && self.rooted {
                    return Err(ill("er is meer dan één hoofdelement"));
                }
                self.rooted = true;
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Broken::Bound("diepte van de elementen", MAX_DEPTH).into());
                }
                start(reader, &tag, at, handler)?;
            }
            Event::End(_) => {
                self.depth -= 1;
                handler.close();
            }
            Event::Text(text) => {
                let text = text.into_inner();
                if !is_allowed(&text) || text.contains("]]>") {
                    return Err(ill("er staat een teken dat niet mag"));
                }
                match self.depth {
                    0 if !text.bytes().all(is_space) => return Err(ill("er staat tekst buiten het hoofdelement")),
                    0 => {}
                    _ => handler.text(&text),
                }
            }
            Event::CData(text) if self.depth > 0 && is_allowed(&text) => handler.text(&text),
            Event::CData(_) => return Err(ill("er staat een teken dat niet mag")),
            Event::GeneralRef(name) => {
                let text = reference(&name).ok_or_else(|| Broken::Entity(shortened(&name)))?;
                if self.depth == 0 {
                    return Err(ill("er staat tekst buiten het hoofdelement"));
                }
                handler.text(text.encode_utf8(&mut [0; 4]));
            }
            Event::Comment(text) if !is_allowed(&text) => return Err(ill("er staat een teken dat niet mag")),
            Event::PI(text) if !is_allowed(&text) || !is_name(text.target()) || text.target().eq_ignore_ascii_case("xml") => {
                return Err(ill("er staat een verwerkingsinstructie die niet mag"));
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if self.depth > 0 => return Err(ill("het document houdt op voordat alle elementen gesloten zijn")),
            Event::Eof if !self.rooted => return Err(ill("er is geen hoofdelement")),
            Event::Eof => return Ok(false),
            _ => return Err(ill("dit onderdeel is onbekend")),
        }
        Ok(true)
    }
}

/// What it means that the source gave nothing more.
fn unread(error: &io::Error) -> Result<Broken, ReadError> {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Exceeded>()) {
        Some(Exceeded::Document) => Err(ReadError::TooLarge),
        Some(Exceeded::Piece) => Ok(Broken::Bound("lengte van één onderdeel in bytes", MAX_PIECE_BYTES)),
        None => Err(ReadError::Io(io::Error::new(error.kind(), error.to_string()))),
    }
}

/// What an error of the parser means.
fn stopped(error: &quick_xml::Error, at: u64) -> Stop {
    use quick_xml::Error;
    let why = match error {
        Error::Io(error) => return unread(error).map_or_else(Stop::Read, Stop::Broken),
        Error::Encoding(_) => return Broken::Encoding("bytes die geen UTF-8 zijn").into(),
        Error::IllFormed(_) => "een element is niet goed geopend of gesloten",
        Error::Namespace(_) => "een namespace is niet goed aangegeven",
        Error::InvalidAttr(_) => "een attribuut is niet goed geschreven",
        _ => "de opmaak klopt niet",
    };
    Broken::IllFormed(why, at).into()
}

fn declared(declaration: &BytesDecl<'_>) -> Result<(), Stop> {
    if declaration.version().ok().as_deref() != Some("1.0") {
        return Err(Broken::Encoding("een andere XML-versie dan 1.0").into());
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if ["utf-8", "utf8", "us-ascii"].iter().any(|known| name.eq_ignore_ascii_case(known)) => Ok(()),
        Some(_) => Err(Broken::Encoding("een andere codering in de XML-declaratie dan UTF-8").into()),
    }
}

fn start<R>(reader: &NsReader<Bounded<R>>, tag: &BytesStart<'_>, at: u64, handler: &mut impl Handler) -> Result<(), Stop> {
    let ill = |why| Stop::Broken(Broken::IllFormed(why, at));
    let check_name = |name: QName<'_>| match name.as_ref() {
        long if long.len() > MAX_NAME_BYTES => Err(Broken::Bound("lengte van een naam in bytes", MAX_NAME_BYTES).into()),
        text if is_qualified_name(text) => Ok(()),
        _ => Err(ill("een naam is niet goed geschreven")),
    };
    check_name(tag.name())?;
    let mut nil = false;
    let mut qualified: Vec<(String, String)> = Vec::new();
    for (count, attribute) in tag.attributes().enumerate() {
        if count >= MAX_ATTRIBUTES {
            return Err(Broken::Bound("aantal attributen van één element", MAX_ATTRIBUTES).into());
        }
        let attribute = attribute.map_err(|_| ill("een attribuut is niet goed geschreven"))?;
        check_name(attribute.key)?;
        check_value(&attribute, at)?;
        if attribute.key.prefix().is_none() || attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (ResolveResult::Bound(namespace), name) = reader.resolver().resolve_attribute(attribute.key) else {
            return Err(ill("een namespace is niet aangegeven"));
        };
        let expanded = (namespace.as_ref().to_owned(), name.as_ref().to_owned());
        nil |= expanded.0 == XSI && expanded.1 == "nil" && matches!(attribute.value.as_ref(), "true" | "1");
        if qualified.contains(&expanded) {
            return Err(ill("een attribuut staat er twee keer"));
        }
        qualified.push(expanded);
    }
    let namespace = match reader.resolver().resolve_element(tag.name()).0 {
        ResolveResult::Bound(namespace) => namespace.into_inner(),
        ResolveResult::Unbound => "",
        ResolveResult::Unknown(_) => return Err(ill("een namespace is niet aangegeven")),
    };
    if namespace == XINCLUDE {
        return Err(Broken::Inclusion.into());
    }
    handler.open(namespace, tag.local_name().into_inner(), nil);
    Ok(())
}

fn check_value(attribute: &Attribute<'_>, at: u64) -> Result<(), Stop> {
    let value = attribute.value.as_ref();
    if value.contains('<') || !is_allowed(value) {
        return Err(Broken::IllFormed("een attribuut is niet goed geschreven", at).into());
    }
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').ok_or(Broken::IllFormed("een attribuut is niet goed geschreven", at))?;
        reference(name).ok_or_else(|| Broken::Entity(shortened(name)))?;
        rest = after;
    }
    Ok(())
}

/// The character that a reference stands for: one of XML's five entities, or a number (XML 1.0, section 4.1).
fn reference(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "apos" => return Some('\''),
        "quot" => return Some('"'),
        _ => name.strip_prefix('#')?,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    let plain = !digits.is_empty() && digits.len() <= 8 && digits.chars().all(|digit| digit.is_digit(radix));
    let found = plain.then(|| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)).flatten()?;
    is_allowed(found.encode_utf8(&mut [0; 4])).then_some(found)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether all characters may stand in a document (XML 1.0, section 2.2).
fn is_allowed(text: &str) -> bool {
    let control = text.bytes().fold(false, |found, byte| found | (byte < b' ' && !is_space(byte)));
    !control && (text.is_ascii() || !text.contains(['\u{fffe}', '\u{ffff}']))
}

/// A name with a prefix or none (Namespaces in XML 1.0, section 4).
fn is_qualified_name(text: &str) -> bool {
    match text.split_once(':') {
        None => is_name(text),
        Some((prefix, name)) => is_name(prefix) && is_name(name),
    }
}

fn is_name(text: &str) -> bool {
    let starts = |first: char| first.is_alphabetic() || first == '_';
    let goes_on = |other: char| other.is_alphanumeric() || matches!(other, '_' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}');
    text.starts_with(starts) && text.chars().all(goes_on)
}

/// As much of what somebody wrote as is told back.
fn shortened(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(40).collect()
}
