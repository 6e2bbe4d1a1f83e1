//! `poort person`: people for whom credentials act.

use clap::Subcommand;
use domain::PersonId;
use serde_json::{Map, Value, json};

use super::client::Stretch;
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::exit::Exit;
use super::failure::{Attempt, Failure};
use super::membership::RoleName;
use super::texts::Text;

/// What to do with people.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List people
    List {
        /// Only members of this organisation: an id or a name
        #[arg(long)]
        organisation: Option<String>,
        /// Only the person with this mail address
        #[arg(long)]
        email: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make a person known
    Create {
        /// Name
        name: String,
        /// Mail address
        email: String,
        /// The mail address is proven to be the person's
        #[arg(long)]
        email_verified: bool,
        /// Make the person a member of this organisation: an id or a name
        #[arg(long)]
        organisation: Option<String>,
        /// With this role in it; may be given more than once
        #[arg(long = "role", value_name = "ROLE", requires = "organisation")]
        roles: Vec<RoleName>,
    },
    /// Show a person
    Show {
        /// Id or mail address
        person: String,
    },
    /// Change a name or mail address
    Update {
        /// Id or mail address
        person: String,
        /// New name
        #[arg(long)]
        name: Option<String>,
        /// New mail address
        #[arg(long)]
        email: Option<String>,
        /// Whether the mail address is proven to be the person's
        #[arg(long, value_name = "BOOLEAN")]
        email_verified: Option<bool>,
    },
    /// Make all credentials of a person stop working until they are resumed
    Suspend {
        /// Id or mail address
        person: String,
    },
    /// Make the credentials of a person work again
    Resume {
        /// Id or mail address
        person: String,
    },
    /// Take the app, the passkeys and the recovery codes of a person away who lost them; make sure first that it is the person who asks
    RemoveSecondFactors {
        /// Id or mail address
        person: String,
    },
    /// Erase a person's name and mail address, and end everything of theirs
    Erase {
        /// Id
        person: PersonId,
    },
}

const COLUMNS: [Column; 5] = [
    plain("id", Text::ColumnId),
    plain("name", Text::ColumnName),
    plain("email", Text::ColumnEmail),
    shaped("", Text::ColumnState, Shape::State),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { organisation, email, stretch } => {
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            context.list(&["people"], &[("organisation", organisation), ("email", email.clone())], stretch, &COLUMNS)
        }
        Verb::Create { name, email, email_verified, organisation, roles } => {
            let mut person = Map::from_iter([("name".to_owned(), json!(name)), ("email".to_owned(), json!(email))]);
            if *email_verified {
                person.insert("email_verified".to_owned(), true.into());
            }
            if let Some(named) = organisation {
                person.insert("organisation".to_owned(), context.organisation(named)?.into());
                person.insert("roles".to_owned(), json!(super::membership::names(roles)));
            }
            let answer = context.post(&["people"], person.into())?;
            context.made(&answer, &COLUMNS, Text::Created)
        }
        Verb::Show { person } => {
            let id = context.person(person)?;
            context.show(&["people", &id], &COLUMNS)
        }
        Verb::Update { person, name, email, email_verified } => {
            update(context, person, [("name", json!(name)), ("email", json!(email)), ("email_verified", json!(email_verified))])
        }
        Verb::Suspend { person } => {
            let id = context.person(person)?;
            context.confirm(Text::AskSuspendPerson, &["people", &id], "name")?;
            let answer = context.client.put(&["people", &id, "suspension"])?;
            context.done(&answer, Text::Suspended)
        }
        Verb::Resume { person } => {
            let id = context.person(person)?;
            let answer = context.client.delete(&["people", &id, "suspension"])?;
            context.done(&answer, Text::Resumed)
        }
        Verb::RemoveSecondFactors { person } => {
            let id = context.person(person)?;
            context.confirm(Text::AskRemoveSecondFactors, &["people", &id], "name")?;
            let answer = context.client.delete(&["people", &id, "second-factors"])?;
            context.done(&answer, Text::SecondFactorsRemoved)
        }
        Verb::Erase { person } => {
            let id = person.to_string();
            context.confirm(Text::AskErase, &["people", &id], "name")?;
            let answer = context.client.delete(&["people", &id])?;
            context.done(&answer, Text::Erased)
        }
    }
}

fn update(context: &mut Context<'_>, person: &str, members: [(&str, Value); 3]) -> Attempt<()> {
    let given = members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value));
    let changes: Map<_, _> = given.collect();
    if changes.is_empty() {
        return Err(Failure::new(Exit::Usage, Text::NothingToChange));
    }
    let id = context.person(person)?;
    let answer = context.patch(&["people", &id], changes.into())?;
    context.made(&answer, &COLUMNS, Text::Changed)
}
