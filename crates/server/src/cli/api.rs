//! `poort api`: protected APIs and the credentials with which they ask.

use std::io::Read as _;

use clap::{Args, Subcommand};
use domain::CredentialId;
use http::Method;
use serde_json::{Value, json};

use super::client::{Call, Stretch};
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure, Message};
use super::screen::{Form, Screen};
use super::secret::Destination;
use super::texts::Text;

/// The longest definition that is read, in bytes.
const MAX_DEFINITION: u64 = 4 << 20;

/// What to do with APIs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List APIs
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Show an API; its definition as JSON when a program reads it
    Show {
        /// Its name
        #[arg(value_parser = api_name)]
        name: String,
    },
    /// Make an API, or replace its definition; with a "revision" in it, only if it is still of that revision
    Apply {
        /// File with its definition as JSON; - for standard input
        file: String,
    },
    /// Remove an API; its credentials end
    Remove {
        /// Its name
        #[arg(value_parser = api_name)]
        name: String,
    },
    /// The credentials with which APIs ask
    #[command(subcommand)]
    Credential(CredentialVerb),
}

/// What to do with credentials of APIs.
#[derive(Debug, Subcommand)]
pub enum CredentialVerb {
    /// Make a credential; only its secret goes to standard output, once
    Create(NewCredential),
    /// List the credentials of an API; never their secrets
    List {
        /// The API's name
        #[arg(value_parser = api_name)]
        api: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// End a credential
    Revoke {
        /// Its id
        id: CredentialId,
    },
}

/// A new credential of an API.
#[derive(Debug, Args)]
pub struct NewCredential {
    /// The API's name
    #[arg(value_parser = api_name)]
    pub api: String,
    /// What it is for
    pub description: String,
    /// Where the secret goes.
    #[command(flatten)]
    pub destination: Destination,
}

const COLUMNS: [Column; 6] = [
    plain("name", Text::ColumnName),
    plain("title", Text::ColumnTitle),
    shaped("credentials", Text::ColumnTakes, Shape::Names),
    shaped("permissions", Text::ColumnPermissions, Shape::Count),
    shaped("routes", Text::ColumnRoutes, Shape::Count),
    plain("revision", Text::ColumnRevision),
];

const PERMISSIONS: [Column; 3] =
    [plain("name", Text::ColumnName), plain("title", Text::ColumnTitle), shaped("roles", Text::ColumnRoles, Shape::Names)];

const ROUTES: [Column; 3] =
    [plain("method", Text::ColumnMethod), plain("path", Text::ColumnPath), shaped("", Text::ColumnNeeds, Shape::Needs)];

/// The columns of a credential that is not a person's.
pub(super) const CREDENTIALS: [Column; 7] = [
    plain("id", Text::ColumnId),
    plain("description", Text::ColumnDescription),
    plain("prefix", Text::ColumnPrefix),
    shaped("", Text::ColumnState, Shape::State),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("last_used_at", Text::ColumnLastUsed, Shape::Time),
    shaped("exposed_at", Text::ColumnExposed, Shape::Time),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { stretch } => context.list(&["apis"], &[], stretch, &COLUMNS),
        Verb::Show { name } => show(name, context),
        Verb::Apply { file } => apply(file, context),
        Verb::Remove { name } => {
            context.confirm(Text::AskRemoveApi, &["apis", name], "")?;
            let answer = context.client.delete(&["apis", name])?;
            context.done(&answer, Text::Removed)
        }
        Verb::Credential(verb) => credential(verb, context),
    }
}

fn credential(verb: &CredentialVerb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        CredentialVerb::Create(NewCredential { api, description, destination }) => {
            let body = json!({ "description": description });
            destination.open()?.fill(context, Text::Created, |context| context.post(&["apis", api, "credentials"], body))
        }
        CredentialVerb::List { api, stretch } => context.list(&["apis", api, "credentials"], &[], stretch, &CREDENTIALS),
        CredentialVerb::Revoke { id } => {
            let id = id.to_string();
            context.confirm(Text::AskRevokeCredential, &["api-credentials", &id], "")?;
            let answer = context.client.delete(&["api-credentials", &id])?;
            context.done(&answer, Text::Ended)
        }
    }
}

fn show(name: &str, context: &mut Context<'_>) -> Attempt<()> {
    let answer = context.client.get(&["apis", name])?.body;
    if context.screen.form != Form::Table {
        return context.screen.json(&answer);
    }
    context.screen.show(&COLUMNS, &answer)?;
    for (member, columns) in [("permissions", &PERMISSIONS), ("routes", &ROUTES)] {
        let items = answer.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if !items.is_empty() {
            context.screen.lines(&[String::new()])?;
            context.screen.list(columns, items)?;
        }
    }
    Ok(())
}

fn apply(file: &str, context: &mut Context<'_>) -> Attempt<()> {
    let mut definition = read_json(file, &mut context.screen)?;
    let members = definition.as_object_mut();
    // What `api show` adds to a definition is not part of it.
    let revision = members.and_then(|members| {
        members.remove("receipt");
        members.remove("revision")
    });
    let name = definition.get("name").and_then(Value::as_str).map(str::to_owned);
    let name = name.ok_or_else(|| Failure::with(Exit::Refused, Text::NoApiName, "file", file))?;
    api_name(&name).map_err(|words| Failure::new(Exit::Refused, Message::Verbatim(format!("name: {words}"))))?;
    let path = ["apis", name.as_str()];
    let known = match context.client.get(&path) {
        Ok(answer) => Some(answer),
        Err(failure) if failure.exit == Exit::NotFound && revision.is_none() => None,
        Err(failure) => return Err(failure),
    };
    let (answer, said) = match known {
        Some(known) => {
            let etag = revision.map(|revision| format!("\"{revision}\"")).or(known.etag);
            (context.client.send(&Call::new(Method::PUT, &path).body(definition).if_match(etag))?, Text::Changed)
        }
        None => (context.post(&["apis"], definition)?, Text::Created),
    };
    context.made(&answer, &COLUMNS, said)
}

/// The JSON of a file; `-` is standard input.
pub(super) fn read_json(file: &str, screen: &mut Screen) -> Attempt<Value> {
    let unreadable = |error: std::io::Error| {
        let values = vec![("file", file.to_owned()), ("cause", error.to_string())];
        Failure::new(Exit::Failed, Message::Ours(Text::FileUnreadable, values))
    };
    let mut text = String::new();
    if file == "-" {
        (&mut screen.streams.input).take(MAX_DEFINITION).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MAX_DEFINITION).read_to_string(&mut text)).map_err(unreadable)?;
    }
    serde_json::from_str(&text).map_err(|error| {
        let values = vec![("file", file.to_owned()), ("cause", error.to_string())];
        Failure::new(Exit::Refused, Message::Ours(Text::NotJson, values))
    })
}

fn api_name(text: &str) -> Result<String, String> {
    if domain::permission::is_slug(text) { Ok(text.to_owned()) } else { Err("expected 1 to 40 of a-z, 0-9 and hyphens".to_owned()) }
}
