//! `poort delegation`: who may do what in whose workspace, until it is closed.

use clap::{Args, Subcommand, ValueEnum};
use domain::{DelegationId, Timestamp};
use http::Method;
use serde_json::{Map, Value, json};

use super::client::{Call, Stretch};
use super::closing::{self, CloseArgs};
use super::column::{Column, Shape, plain, shaped};
use super::context::Context;
use super::credential::moment;
use super::exit::Exit;
use super::failure::{Attempt, Failure};
use super::texts::Text;

/// What to do with delegations.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List delegations: all for an operator, those that the own organisation gives and gets for a person
    List(ListArgs),
    /// Let another organisation do something in a workspace, or pass on a delegation that was given
    Open(OpenArgs),
    /// Show a delegation, as your side sees it
    Show {
        /// Its id
        id: DelegationId,
    },
    /// Show what closing a delegation would end now
    Preview {
        /// Its id
        id: DelegationId,
    },
    /// Close a delegation and all that passes it on, or announce it; shows first what that ends, and asks
    Close(CloseArgs),
    /// Say at its review that a delegation is still wanted
    Confirm {
        /// Its id
        id: DelegationId,
        /// When it is to be confirmed next
        #[arg(long, value_name = "TIME", value_parser = moment, required_unless_present = "no_review")]
        review_at: Option<Timestamp>,
        /// Without another review
        #[arg(long, conflicts_with = "review_at")]
        no_review: bool,
    },
    /// Accept a delegation that is offered
    Accept {
        /// Its id
        id: DelegationId,
    },
    /// Decline a delegation that is offered
    Decline {
        /// Its id
        id: DelegationId,
        /// Why, for both sides to read
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let a delegation and all that passes it on not count for now
    Pause {
        /// Its id
        id: DelegationId,
        /// Why, for both sides to read
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let a paused delegation count again
    Resume {
        /// Its id
        id: DelegationId,
    },
    /// Change what a delegation allows, for how long, or what is said about it
    Edit(EditArgs),
}

/// Which delegations.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only for this workspace: an id or a number
    #[arg(long)]
    pub workspace: Option<String>,
    /// Only those that this organisation gives: an id or a name
    #[arg(long)]
    pub from: Option<String>,
    /// Only those that this organisation gets: an id or a name
    #[arg(long)]
    pub to: Option<String>,
    /// Only those in this state
    #[arg(long)]
    pub state: Option<State>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub stretch: Stretch,
}

/// What a delegation is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Kind {
    /// To deliver
    Delivering,
    /// To check what others deliver
    Checking,
}

/// The state of a delegation.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum State {
    /// Offered, not accepted yet
    Invited,
    /// Counts
    Open,
    /// Does not count for now
    Paused,
    /// Counts until its announced closing
    Closing,
    /// Its time is over
    Ended,
    /// Closed for good
    Closed,
}

/// A new delegation.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// What who gets it is told about it: 3 to 255 characters. It does not see the workspace's name
    pub description: String,
    /// Who gets it: an organisation's id or name
    #[arg(long)]
    pub to: String,
    /// Where: the workspace's id or number
    #[arg(long, required_unless_present = "parent", conflicts_with = "parent")]
    pub workspace: Option<String>,
    /// The API that it is for
    #[arg(long, required_unless_present = "parent", conflicts_with = "parent")]
    pub api: Option<String>,
    /// What it is for
    #[arg(long, required_unless_present = "parent")]
    pub kind: Option<Kind>,
    /// The delegation that it passes on
    #[arg(long, value_name = "ID")]
    pub parent: Option<DelegationId>,
    /// One thing that it allows, as api:thing:action; may be given more than once; with --parent all that that one does
    #[arg(long = "permission", value_name = "PERMISSION", required_unless_present = "parent")]
    pub permissions: Vec<String>,
    /// Whether who gets it may pass it on, no wider and no longer
    #[arg(long)]
    pub may_pass_on: bool,
    /// What you want to remember about it; nobody else sees it
    #[arg(long)]
    pub note: Option<String>,
    /// From when on it counts
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub opens_at: Option<Timestamp>,
    /// Until when
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub ends_at: Option<Timestamp>,
    /// When it lapses unless it is confirmed
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub review_at: Option<Timestamp>,
    /// Let who gets it accept it first
    #[arg(long)]
    pub invite: bool,
}

/// Changes of a delegation.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Its id
    pub id: DelegationId,
    /// What who gets it is told about it
    #[arg(long)]
    pub description: Option<String>,
    /// What you want to remember about it; empty for nothing
    #[arg(long)]
    pub note: Option<String>,
    /// One thing that it allows; may be given more than once; replaces what it allowed before
    #[arg(long = "permission", value_name = "PERMISSION")]
    pub permissions: Vec<String>,
    /// Whether it may be passed on from now on
    #[arg(long)]
    pub may_pass_on: Option<bool>,
    /// From when on it counts
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub opens_at: Option<Timestamp>,
    /// Until when; takes an announced closing back
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "no_end")]
    pub ends_at: Option<Timestamp>,
    /// Without an end; takes an announced closing back
    #[arg(long)]
    pub no_end: bool,
    /// When it lapses unless it is confirmed
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "no_review")]
    pub review_at: Option<Timestamp>,
    /// Without a review
    #[arg(long)]
    pub no_review: bool,
}

const COLUMNS: [Column; 9] = [
    plain("id", Text::ColumnId),
    plain("/workspace/number", Text::ColumnWorkspace),
    plain("/from/name", Text::ColumnGiver),
    plain("/to/name", Text::ColumnReceiver),
    plain("api", Text::ColumnApi),
    plain("kind", Text::ColumnKind),
    shaped("state", Text::ColumnState, Shape::Standing),
    shaped("not_after", Text::ColumnUntil, Shape::Time),
    plain("description", Text::ColumnDescription),
];

const DETAILS: [Column; 19] = [
    plain("id", Text::ColumnId),
    plain("/workspace/number", Text::ColumnWorkspace),
    plain("/workspace/name", Text::ColumnName),
    plain("/from/name", Text::ColumnGiver),
    plain("/to/name", Text::ColumnReceiver),
    plain("parent", Text::ColumnPassesOn),
    plain("api", Text::ColumnApi),
    plain("kind", Text::ColumnKind),
    shaped("state", Text::ColumnState, Shape::Standing),
    plain("reason", Text::ColumnReason),
    shaped("allows", Text::ColumnPermissions, Shape::Names),
    plain("may_pass_on", Text::ColumnMayPassOn),
    plain("description", Text::ColumnDescription),
    plain("note", Text::ColumnNote),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    shaped("opens_at", Text::ColumnOpens, Shape::Time),
    shaped("ends_at", Text::ColumnUntil, Shape::Time),
    shaped("review_at", Text::ColumnReview, Shape::Time),
    plain("revision", Text::ColumnRevision),
];

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List(arguments) => list(arguments, context),
        Verb::Open(arguments) => open(arguments, context),
        Verb::Show { id } => context.show(&["delegations", &id.to_string()], &DETAILS),
        Verb::Preview { id } => closing::preview(*id, context),
        Verb::Close(arguments) => closing::close(arguments, context),
        Verb::Confirm { id, review_at, no_review: _ } => {
            let answer = context.post(&["delegations", &id.to_string(), "confirmations"], json!({ "review_at": review_at }))?;
            context.made(&answer, &DETAILS, Text::DelegationConfirmed)
        }
        Verb::Accept { id } => {
            let answer = context.post(&["delegations", &id.to_string(), "acceptances"], json!({}))?;
            context.made(&answer, &DETAILS, Text::Accepted)
        }
        Verb::Decline { id, reason } => {
            let id = id.to_string();
            context.confirm(Text::AskDecline, &["delegations", &id], "description")?;
            let answer = context.post(&["delegations", &id, "declines"], json!({ "reason": reason }))?;
            context.done(&answer, Text::Declined)
        }
        Verb::Pause { id, reason } => {
            let id = id.to_string();
            context.confirm(Text::AskPauseDelegation, &["delegations", &id], "description")?;
            let path = ["delegations", id.as_str(), "suspension"];
            let answer = context.client.send(&Call::new(Method::PUT, &path).body(json!({ "reason": reason })))?;
            context.done(&answer, Text::Suspended)
        }
        Verb::Resume { id } => {
            let answer = context.client.delete(&["delegations", &id.to_string(), "suspension"])?;
            context.done(&answer, Text::DelegationResumed)
        }
        Verb::Edit(arguments) => edit(arguments, context),
    }
}

fn list(arguments: &ListArgs, context: &mut Context<'_>) -> Attempt<()> {
    let organisation = |named: &Option<String>| named.as_deref().map(|named| context.organisation(named)).transpose();
    let filters = [
        ("workspace", arguments.workspace.as_deref().map(|named| context.workspace(named)).transpose()?),
        ("from", organisation(&arguments.from)?),
        ("to", organisation(&arguments.to)?),
        ("state", arguments.state.and_then(|state| Some(state.to_possible_value()?.get_name().to_owned()))),
    ];
    context.list(&["delegations"], &filters, &arguments.stretch, &COLUMNS)
}

fn open(arguments: &OpenArgs, context: &mut Context<'_>) -> Attempt<()> {
    let permissions = (!arguments.permissions.is_empty()).then_some(&arguments.permissions);
    let members = [
        ("description", json!(arguments.description)),
        ("to", json!(arguments.to)),
        ("workspace", json!(arguments.workspace)),
        ("api", json!(arguments.api)),
        ("kind", json!(arguments.kind.and_then(|kind| Some(kind.to_possible_value()?.get_name().to_owned())))),
        ("parent", json!(arguments.parent)),
        ("permissions", json!(permissions)),
        ("note", json!(arguments.note)),
        ("opens_at", json!(arguments.opens_at)),
        ("ends_at", json!(arguments.ends_at)),
        ("review_at", json!(arguments.review_at)),
        ("may_pass_on", json!(arguments.may_pass_on)),
        ("invitation", json!(arguments.invite)),
    ];
    let body: Map<String, Value> =
        members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect();
    let answer = context.post(&["delegations"], body.into())?;
    context.made(&answer, &DETAILS, if arguments.invite { Text::Offered } else { Text::Opened })
}

fn edit(arguments: &EditArgs, context: &mut Context<'_>) -> Attempt<()> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    if let Some(description) = &arguments.description {
        set("description", json!(description));
    }
    if let Some(note) = &arguments.note {
        set("note", if note.is_empty() { Value::Null } else { json!(note) });
    }
    if !arguments.permissions.is_empty() {
        set("permissions", json!(arguments.permissions));
    }
    if let Some(may_pass_on) = arguments.may_pass_on {
        set("may_pass_on", json!(may_pass_on));
    }
    if let Some(opens_at) = arguments.opens_at {
        set("opens_at", json!(opens_at));
    }
    if arguments.ends_at.is_some() || arguments.no_end {
        set("ends_at", json!(arguments.ends_at));
    }
    if arguments.review_at.is_some() || arguments.no_review {
        set("review_at", json!(arguments.review_at));
    }
    if body.is_empty() {
        return Err(Failure::new(Exit::Usage, Text::NothingToChange));
    }
    let answer = context.patch(&["delegations", &arguments.id.to_string()], body.into())?;
    context.made(&answer, &DETAILS, Text::Changed)
}
