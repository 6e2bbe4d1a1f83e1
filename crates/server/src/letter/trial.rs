//! `poort mail test ADDRESS`: one letter, at once, past everything that waits.

use domain::letter::Letter;
use domain::person::Language;
use domain::text::Email;
use domain::{LetterId, Timestamp};

use super::message::{Letterhead, Sender};
use super::transport::Transport;
use crate::config::Config;
use crate::local::say;
use crate::node::{StartError, System};

/// Sends a letter to this address and says what became of it.
pub(crate) async fn send_trial(config: Config, address: String, language: Language) -> Result<(), StartError> {
    let wrong = |cause: String| StartError::Configuration(cause);
    let address = Email::new(&address).map_err(|problem| wrong(format!("the address {problem}")))?;
    let Some(transport) = Transport::of(&config)? else {
        return Err(wrong("no mail is sent: neither smtp_server nor mailbox is set".to_owned()));
    };
    let system = System::of_this_machine();
    let now: Timestamp = system.clock.now();
    let id = LetterId::generate(now, &*system.entropy)?;
    let head = Letterhead { id, address: &address, name: None, language, written_at: now };
    let ready = Sender::of(&config)?.message(&head, &Letter::Trial, now).map_err(|unsent| wrong(unsent.cause))?;
    transport.send(id, ready).await.map_err(|unsent| wrong(unsent.cause))?;
    say(&match transport {
        Transport::Mailbox(folder) => format!("It is in {}: nobody gets it.", folder.join(format!("{id}.eml")).display()),
        Transport::Smtp(..) => format!("{} has taken it. Look whether it arrives, and not among the unwanted mail.", config.smtp_server),
    });
    Ok(())
}
