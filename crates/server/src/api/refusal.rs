//! Why a request was refused, by its id.

use authority::{DecidedBy, Decision, Explanation, Reading};
use domain::refused_request::{Outcome, Step};
use domain::{CredentialId, Flow, OrganisationId, PersonId, RequestId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Shown;
use super::call::Call;
use super::json::NoBody;
use crate::edge::Problem;
use crate::language::Language;
use crate::why;

/// A refused request, explained to whoever may know.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusedRequest {
    /// The request's id, as on its answer.
    #[schema(value_type = String, format = Uuid)]
    request: RequestId,
    /// When it was refused.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Why: a code such as `delegation_closed` or `code_used`.
    reason: &'static str,
    /// The same in words.
    title: &'static str,
    /// What that means.
    story: &'static str,
    /// What to do about it.
    todo: &'static str,
    /// As what the caller is told: `owner`, `target`, `operator` or `sender`.
    reader: &'static str,
    /// What a program asked of the OAuth endpoints: the grant type, or the endpoint, such as `refresh_token` or `par`; null where it
    /// was a check for an API.
    flow: Option<&'static str>,
    /// What the program was answered; null where it was a check.
    answer: Option<String>,
    /// The API; null where none of this name is known.
    api: Option<String>,
    /// The method; null where the check was not about a request.
    method: Option<String>,
    /// The path in canonical form, without its query, at most 300 bytes of it.
    path: Option<String>,
    /// The permission that it needed, where that could be said.
    permission: Option<String>,
    /// The number of the workspace that it named.
    workspace: Option<String>,
    /// The kind of credential; null where it is not a known one.
    credential_kind: Option<&'static str>,
    /// The credential; at the OAuth endpoints the organisation key that was named. Null for who owns only the workspace.
    #[schema(value_type = Option<String>, format = Uuid)]
    credential: Option<CredentialId>,
    /// What its owner calls it: description, username or name.
    credential_label: Option<String>,
    /// The person behind it; at the OAuth endpoints only for that person and operators.
    #[schema(value_type = Option<String>, format = Uuid)]
    person: Option<PersonId>,
    /// Its organisation.
    #[schema(value_type = Option<String>, format = Uuid)]
    organisation: Option<OrganisationId>,
    /// Its organisation's name.
    organisation_name: Option<String>,
    /// From where it came: an IPv4 address, or the /64 network of an IPv6 address.
    address: Option<String>,
    /// What the receiver was told about the delegation that does not count.
    delegation: Option<String>,
    /// What was changed, so that it was refused.
    decision: Option<WhatWasChanged>,
    /// The steps of the check in their order.
    checks: Vec<CheckStep>,
}

/// A step of a check.
#[derive(Debug, Serialize, ToSchema)]
struct CheckStep {
    /// Its name, such as `not_expired`.
    name: &'static str,
    /// What it asks.
    question: &'static str,
    /// `passed`, `failed` or `not_reached`.
    outcome: &'static str,
}

/// A change that explains a refusal.
#[derive(Debug, Serialize, ToSchema)]
struct WhatWasChanged {
    /// The name of the event, such as `token_revoked` or `delegation_closed`.
    what: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `person`, `organisation`, `operator`, `client` or `server`; null where nobody knows any more.
    by: Option<&'static str>,
    /// The name of the person or organisation.
    name: Option<String>,
    /// Why, in their words.
    reason: Option<String>,
}

impl From<(Step, Outcome)> for CheckStep {
    fn from((step, outcome): (Step, Outcome)) -> Self {
        Self { name: step.name(), question: why::question(step, Language::En), outcome: outcome.name() }
    }
}

impl From<Decision> for WhatWasChanged {
    fn from(decision: Decision) -> Self {
        let Decision { what, at, by, reason } = decision;
        let (by, name) = match by {
            Some(DecidedBy::Person(name)) => (Some("person"), Some(name)),
            Some(DecidedBy::Organisation(name)) => (Some("organisation"), Some(name)),
            Some(DecidedBy::Operator) => (Some("operator"), None),
            Some(DecidedBy::Client) => (Some("client"), None),
            Some(DecidedBy::Server) => (Some("server"), None),
            None => (None, None),
        };
        Self { what, at, by, name, reason }
    }
}

impl From<Explanation> for RefusedRequest {
    fn from(explanation: Explanation) -> Self {
        let Explanation { refused, reader, credential_label, organisation_name, delegation, decision } = explanation;
        let checks = refused.steps().into_iter().map(CheckStep::from).collect();
        let words = why::words(refused.cause, Language::En);
        let (method, path) = refused.asked.unzip();
        Self {
            request: refused.request,
            at: refused.at,
            reason: refused.cause.code(),
            title: words.title,
            story: words.story,
            todo: words.todo,
            reader: match reader {
                Reading::Owner => "owner",
                Reading::Target => "target",
                Reading::Operator => "operator",
                Reading::Sender => "sender",
            },
            flow: refused.flow.map(Flow::name),
            answer: refused.answer,
            api: refused.api,
            method,
            path,
            permission: refused.permission,
            workspace: refused.workspace,
            credential_kind: refused.kind.map(domain::Kind::name),
            credential: refused.credential,
            credential_label,
            person: refused.person,
            organisation: refused.organisation,
            organisation_name,
            address: refused.address.map(|address| address.to_string()),
            delegation,
            decision: decision.map(WhatWasChanged::from),
            checks,
        }
    }
}

pub(super) async fn show(call: Call, _: NoBody) -> Result<Shown<RefusedRequest>, Problem> {
    let explanation = call.authority().explain(call.id()?, vec![call.context.caller.clone()], call.context.address.as_deref()).await?;
    Ok(Shown { value: explanation.into(), revision: None })
}
