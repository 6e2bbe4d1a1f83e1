//! Sends the letters that are due, beside the requests: one node each, again and again until a mail server has taken it.

mod draft;
mod mailbox;
mod message;
mod texts;
mod transport;
mod trial;

use std::sync::Arc;
use std::time::Duration;

use authority::{Authority, DueLetter, LetterUnsent};
use futures_util::StreamExt as _;
use futures_util::stream;
use store::LetterRow;

pub(crate) use mailbox::{Kept, kept};
pub use transport::SmtpSecurity;
pub(crate) use transport::{Transport, parse_server, problems};
pub(crate) use trial::send_trial;

use crate::config::Config;
use crate::node::StartError;
use message::{Letterhead, Sender};

/// How many letters are looked at in one go.
const PART: u32 = 100;
/// How many are sent at once: a mail server takes a few connections from one machine.
const AT_ONCE: usize = 4;
/// How often to look for what other nodes have left, and for what is to be tried again.
const LOOK: Duration = Duration::from_secs(10);

/// Sends the letters of a node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LetterSender {
    authority: Authority,
    transport: Option<Arc<Transport>>,
    sender: Arc<Sender>,
}

impl LetterSender {
    pub(crate) fn new(authority: Authority, config: &Config) -> Result<Self, StartError> {
        let transport = Transport::of(config)?.map(Arc::new);
        let sender = Arc::new(Sender::of(config)?);
        Ok(Self { authority, transport, sender })
    }

    /// Goes on for as long as the node runs; where letters are off, there are none.
    pub(crate) async fn run(&self) {
        if self.transport.is_none() {
            return;
        }
        loop {
            self.send_due().await;
            // At once where a letter was written here; else after a while.
            let _ = tokio::time::timeout(LOOK, self.authority.letters_wait()).await;
        }
    }

    /// Sends what is due at this moment.
    pub(crate) async fn send_due(&self) {
        let Some(transport) = &self.transport else { return };
        loop {
            let due = match self.authority.due_letters(self.authority.clock().now(), PART).await {
                Ok(due) => due,
                Err(error) => return tracing::debug!(%error, "the letters that are due were not read"),
            };
            let is_all = due.len() < PART as usize;
            stream::iter(due).for_each_concurrent(AT_ONCE, |row| self.send(transport, row)).await;
            if is_all {
                return;
            }
        }
    }

    async fn send(&self, transport: &Transport, row: LetterRow) {
        let due = match self.authority.claim_letter(row, self.authority.clock().now()).await {
            Ok(Some(due)) => due,
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, "a letter could not be sent; it is tried again"),
        };
        let DueLetter { id, address, name, language, letter, written_at, .. } = &due;
        let head = Letterhead { id: *id, address, name: name.as_deref(), language: *language, written_at: *written_at };
        let sent = match self.sender.message(&head, letter, self.authority.clock().now()) {
            Ok(ready) => transport.send(due.id, ready).await,
            Err(unsent) => Err(unsent),
        };
        let settled = match sent {
            Ok(()) => self.authority.letter_sent(&due).await,
            Err(unsent) => self.unsent(&due, unsent).await,
        };
        if let Err(error) = settled {
            tracing::debug!(%error, "what became of a letter was not written: it is sent once more");
        }
    }

    /// The log names the letter and its kind, and nobody.
    async fn unsent(&self, due: &DueLetter, unsent: transport::Unsent) -> Result<(), authority::Error> {
        let failed = self.authority.letter_failed(due, unsent.forever).await;
        let is_over = matches!(failed, Ok(LetterUnsent::GivenUp));
        tracing::warn!(letter = %due.id, kind = due.letter.kind(), cause = unsent.cause, is_over, "a letter was not sent");
        failed.map(drop)
    }
}
