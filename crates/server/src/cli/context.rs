//! What every command works with: the client, the screen, the clock, the source of randomness.

use domain::entropy::Entropy;
use domain::{OrganisationId, PersonId, Timestamp, WorkspaceId};
use http::Method;
use serde_json::Value;

use super::client::{Answer, Call, Client, Stretch, fresh_key};
use super::column::Column;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::{Form, Screen};
use super::texts::Text;

/// What a command works with.
pub(crate) struct Context<'w> {
    /// The server.
    pub(crate) client: Client,
    /// The person or program at the other side.
    pub(crate) screen: Screen,
    /// The source of idempotency keys.
    pub(crate) entropy: &'w dyn Entropy,
}

impl Context<'_> {
    /// The wall clock when the command was started.
    pub(crate) fn now(&self) -> Timestamp {
        self.screen.reader.now
    }

    /// Makes something, under a fresh idempotency key.
    pub(crate) fn post(&self, path: &[&str], body: Value) -> Attempt<Answer> {
        let call = Call::new(Method::POST, path).body(body).idempotency_key(fresh_key(self.entropy)?);
        self.client.send(&call)
    }

    /// Changes something.
    pub(crate) fn patch(&self, path: &[&str], body: Value) -> Attempt<Answer> {
        self.client.send(&Call::new(Method::PATCH, path).body(body))
    }

    /// Shows a list: for programs page by page, for people and as JSON when it is complete.
    pub(crate) fn list(
        &mut self,
        path: &[&str],
        filters: &[(&'static str, Option<String>)],
        stretch: &Stretch,
        columns: &[Column],
    ) -> Attempt<()> {
        let mut all = Vec::new();
        let (client, screen) = (&self.client, &mut self.screen);
        let next = client.pages(path, filters, stretch, |items| match screen.form {
            Form::Tab => screen.list(columns, &items),
            Form::Table | Form::Json => {
                all.extend(items);
                Ok(())
            }
        })?;
        match self.screen.form {
            Form::Json => return self.screen.json(&serde_json::json!({ "items": all, "next_cursor": next })),
            Form::Table => self.screen.list(columns, &all)?,
            Form::Tab => {}
        }
        match next {
            Some(cursor) => self.screen.tell(Text::More, &[("cursor", cursor)]),
            None => Ok(()),
        }
    }

    /// Reads one thing and shows it.
    pub(crate) fn show(&mut self, path: &[&str], columns: &[Column]) -> Attempt<()> {
        let answer = self.client.get(path)?;
        self.screen.show(columns, &answer.body)
    }

    /// Shows what was made or changed, and says so.
    pub(crate) fn made(&mut self, answer: &Answer, columns: &[Column], said: Text) -> Attempt<()> {
        self.screen.show(columns, &answer.body)?;
        self.receipt(answer, said)
    }

    /// Says what was done; as JSON, shows the answer.
    pub(crate) fn done(&mut self, answer: &Answer, said: impl Into<Message>) -> Attempt<()> {
        if self.screen.form == Form::Json && !answer.body.is_null() {
            self.screen.json(&answer.body)?;
        }
        self.receipt(answer, said)
    }

    /// Says what was done and how far the change has come.
    pub(crate) fn receipt(&mut self, answer: &Answer, said: impl Into<Message>) -> Attempt<()> {
        let mut said = said.into().in_language(self.screen.reader.language);
        if let Some(receipt) = answer.body.get("receipt").filter(|receipt| receipt.get("sequence").is_some_and(Value::is_number)) {
            const PLACES: [&str; 4] = ["sequence", "confirmed", "nodes", "milliseconds"];
            let values = PLACES.map(|place| (place, receipt.get(place).map(Value::to_string).unwrap_or_default()));
            said.push(' ');
            said.push_str(&Text::ReceiptLine.filled(self.screen.reader.language, &values));
        }
        self.screen.say(&said)
    }

    /// The id of a person who is named by an id or a mail address.
    pub(crate) fn person(&self, named: &str) -> Attempt<String> {
        if named.parse::<PersonId>().is_ok() {
            return Ok(named.to_owned());
        }
        let found = self.client.send(&Call::new(Method::GET, &["people"]).query("email", Some(named)))?;
        let id = found.body.pointer("/items/0/id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| Failure::with(Exit::NotFound, Text::NoSuchPerson, "email", named))
    }

    /// The id of an organisation that is named by an id or its name.
    pub(crate) fn organisation(&self, named: &str) -> Attempt<String> {
        if named.parse::<OrganisationId>().is_ok() {
            return Ok(named.to_owned());
        }
        let all = Stretch { limit: 0, all: true, cursor: None };
        let wanted = domain::text::fold(named.trim());
        let mut found = None;
        self.client.pages(&["organisations"], &[], &all, |items| {
            let same = |item: &&Value| item.get("name").and_then(Value::as_str).is_some_and(|name| domain::text::fold(name) == wanted);
            found = found.take().or_else(|| items.iter().find(same).and_then(|item| item.get("id")?.as_str().map(str::to_owned)));
            Ok(())
        })?;
        found.ok_or_else(|| Failure::with(Exit::NotFound, Text::NoSuchOrganisation, "name", named))
    }

    /// The same, or the organisation of the person whose token the command was given.
    pub(crate) fn organisation_or_own(&self, named: Option<&str>) -> Attempt<String> {
        if let Some(named) = named {
            return self.organisation(named);
        }
        let own = self.client.get(&["whoami"])?.body;
        let id = own.get("organisation").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| Failure::new(Exit::Usage, Text::WhichOrganisation).and(Text::TodoWhichOrganisation))
    }

    /// The id of a workspace that is named by an id or its number.
    pub(crate) fn workspace(&self, named: &str) -> Attempt<String> {
        if named.parse::<WorkspaceId>().is_ok() {
            return Ok(named.to_owned());
        }
        let found = self.client.send(&Call::new(Method::GET, &["workspaces"]).query("number", Some(named)))?;
        let id = found.body.pointer("/items/0/id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| Failure::with(Exit::NotFound, Text::NoSuchWorkspace, "number", named))
    }

    /// Asks before a change, naming the thing by a member that is read from the server; reads only where it asks.
    pub(crate) fn confirm(&mut self, question: Text, path: &[&str], member: &str) -> Attempt<()> {
        if self.screen.yes {
            return Ok(());
        }
        let id = path.last().map(|id| (*id).to_owned()).unwrap_or_default();
        let what = if self.screen.can_ask() && !member.is_empty() {
            self.client.get(path)?.body.get(member).map(super::column::scalar).unwrap_or_default()
        } else {
            String::new()
        };
        self.screen.confirm(question, &[("id", id), ("what", what)])
    }
}
