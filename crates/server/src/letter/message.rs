//! A letter as a message (RFC 5322): plain text and the same as a page, from the installation.

use std::time::{Duration, SystemTime};

use askama::Template;
use domain::letter::Letter;
use domain::text::Email;
use domain::{LetterId, Timestamp};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};

use super::draft::draft;
use super::mailbox::Kept;
use super::texts::Text;
use super::transport::Unsent;
use crate::config::Config;
use crate::language::Language;
use crate::node::StartError;

/// Who sends: the installation.
pub(super) struct Sender {
    name: String,
    base_url: String,
    from: Mailbox,
}

/// What stands above a letter.
pub(super) struct Letterhead<'l> {
    /// The same at each try.
    pub(super) id: LetterId,
    pub(super) address: &'l Email,
    /// The reader's name, if it is known.
    pub(super) name: Option<&'l str>,
    pub(super) language: domain::person::Language,
    pub(super) written_at: Timestamp,
}

/// A letter that can be sent.
pub(super) struct Ready {
    /// As a mail server takes it.
    pub(super) message: Message,
    /// As the mailbox shows it.
    pub(super) kept: Kept,
}

/// The page in a message: what a mail program shows of it may be little.
#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'l> {
    language: Language,
    subject: &'l str,
    greeting: &'l str,
    paragraphs: &'l [String],
    link: Option<(&'l str, &'l str)>,
    after: &'l [String],
    closing: &'l str,
}

/// That a program has written it (RFC 3834): nobody's holiday notice answers.
#[derive(Clone)]
struct AutoSubmitted;

/// What letters it is one of (RFC 2919): for sorting.
#[derive(Clone)]
struct ListId(String);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Header for ListId {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Id")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

impl Sender {
    /// As configured.
    pub(super) fn of(config: &Config) -> Result<Self, StartError> {
        let base_url = config.base_url();
        let wrong = || StartError::Configuration("mail_from: must be one mail address such as poort@example.org".to_owned());
        let address = if config.mail_from.is_empty() { "poort@localhost" } else { config.mail_from.as_str() };
        let from = Mailbox::new(Some(config.name.clone()), address.parse().map_err(|_| wrong())?);
        Ok(Self { name: config.name.clone(), base_url, from })
    }

    /// The message of a letter: at each try the same but for what is said of the days that are left.
    pub(super) fn message(&self, head: &Letterhead<'_>, letter: &Letter, now: Timestamp) -> Result<Ready, Unsent> {
        let wrong = |cause: &str| Unsent { cause: cause.to_owned(), forever: true };
        let to: lettre::Address = head.address.as_str().parse().map_err(|_| wrong("no mail can be sent to such an address"))?;
        let language = Language::from(head.language);
        let draft = draft(letter, language, now);
        let greeting = match head.name {
            Some(name) => Text::Greeting.filled(language, &[("name", super::draft::inert(name))]),
            None => Text::GreetingUnknown.of(language).to_owned(),
        };
        let closing = Text::Closing.filled(language, &[("name", self.name.clone()), ("url", self.base_url.clone())]);
        let address = |path: &str| format!("{}/{}{path}", self.base_url, language.tag());
        let link = draft.link.as_ref().map(|(label, path)| (label.as_str(), address(path)));
        let page = Page {
            language,
            subject: &draft.subject,
            greeting: &greeting,
            paragraphs: &draft.paragraphs,
            link: link.as_ref().map(|(label, url)| (*label, url.as_str())),
            after: &draft.after,
            closing: &closing,
        };
        let html = page.render().map_err(|_| wrong("the letter cannot be written"))?;
        let text = plain(&page);
        let host = host(&self.base_url);
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(draft.subject.as_str())
            .date(moment(head.written_at))
            .message_id(Some(format!("<{}@{host}>", head.id)))
            .header(ListId(format!("<letters.{}>", list_domain(host))))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(text, html));
        let message = message.map_err(|_| wrong("the letter cannot be written"))?;
        let kept = Kept {
            to: head.address.as_str().to_owned(),
            subject: page.subject.to_owned(),
            written_at: head.written_at,
            link: page.link.map(|(label, url)| (url.to_owned(), label.to_owned())),
            paragraphs: draft.paragraphs,
            after: draft.after,
        };
        Ok(Ready { message, kept })
    }
}

/// The host of a URL without a path, without its port.
pub(super) fn host(base_url: &str) -> &str {
    let authority = base_url.split_once("://").map_or(base_url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A list's name ends with a domain; an address is none (RFC 2919 section 3).
fn list_domain(host: &str) -> &str {
    if host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok() { "localhost" } else { host }
}

fn moment(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(at.unix_seconds().try_into().unwrap_or(0))
}

/// The same in plain text. The address of a link stands on a line of its own, so that every mail program makes it one.
fn plain(page: &Page<'_>) -> String {
    let mut parts = vec![page.greeting.to_owned()];
    parts.extend(page.paragraphs.iter().cloned());
    parts.extend(page.link.map(|(label, url)| format!("{label}:\n{url}")));
    parts.extend(page.after.iter().cloned());
    parts.join("\n\n") + "\n\n-- \n" + page.closing + "\n"
}
