//! What credentials did by day, and which permissions they used.

use std::collections::BTreeMap;

use authority::{Activities, ActivityFilter, Doer, NamedDoer, UsedPermissions};
use domain::{CredentialId, Day, OrganisationId, PersonId, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::Shown;
use super::call::Call;
use super::json::NoBody;
use super::query::Parameter;
use crate::edge::Problem;

/// How many days are told where nothing is said.
const USUAL_DAYS: i32 = 14;

/// What the credentials of somebody did in some days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Usage {
    /// The first day. Days are those of the Netherlands.
    #[schema(value_type = String, format = Date)]
    from: Day,
    /// The last day, included.
    #[schema(value_type = String, format = Date)]
    to: Day,
    /// The requests of each credential, day and outcome; a count may be late by the flush interval.
    lines: Vec<UsageLine>,
    /// The credentials that did something in these days, ended ones among them.
    credentials: Vec<UsageOfCredential>,
    /// Since which day it is known which permissions were used; 90 days back at most.
    #[schema(value_type = String, format = Date)]
    permissions_since: Day,
    /// How many requests of these days could not be counted, of all credentials of the installation together.
    uncounted: u64,
}

/// The requests of a credential on a day that ended in one way.
#[derive(Debug, Serialize, ToSchema)]
struct UsageLine {
    /// The day.
    #[schema(value_type = String, format = Date)]
    day: Day,
    /// The credential: an organisation key for whatever is done with it.
    #[schema(value_type = String, format = Uuid)]
    credential: CredentialId,
    /// `accepted` or `refused`.
    outcome: &'static str,
    /// Why they were refused: a code such as `expired`; null where they were accepted.
    #[schema(value_type = Option<String>)]
    reason: Option<Refusal>,
    /// How many.
    requests: u64,
}

/// A credential that did something.
#[derive(Debug, Serialize, ToSchema)]
struct UsageOfCredential {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CredentialId,
    /// `personal_token`, `organisation_token` or `organisation_key`.
    kind: &'static str,
    /// What its owner calls it: description, username or name.
    name: String,
    /// The person whose token it is, by name; null where that is not told, or nobody's.
    holder: Option<String>,
    /// The permissions that it used, each with the last day.
    #[schema(value_type = Object)]
    permissions_used: BTreeMap<String, Day>,
}

pub(super) async fn of_person(call: Call, _: NoBody) -> Result<Shown<Usage>, Problem> {
    let (person, filter): (PersonId, _) = (call.id()?, filter(&call)?);
    let activities = call.authority().activity_of_person(call.caller(), person, filter).await?;
    let used = call.authority().permissions_used_by_person(call.caller(), person).await?;
    Ok(Shown { value: Usage::new(filter, activities, &used), revision: None })
}

pub(super) async fn of_organisation(call: Call, _: NoBody) -> Result<Shown<Usage>, Problem> {
    let (organisation, filter): (OrganisationId, _) = (call.id()?, filter(&call)?);
    let activities = call.authority().activity_of_organisation(call.caller(), organisation, filter).await?;
    let used = call.authority().permissions_used_by_organisation(call.caller(), organisation, None).await?;
    Ok(Shown { value: Usage::new(filter, activities, &used), revision: None })
}

fn filter(call: &Call) -> Result<ActivityFilter, Problem> {
    let today = Day::of(call.authority().clock().now());
    let to = call.query.day(Parameter::LastDay)?.unwrap_or(today);
    let from = call.query.day(Parameter::FirstDay)?.unwrap_or(to.plus(1 - USUAL_DAYS));
    Ok(ActivityFilter {
        by: call.query.id(Parameter::Credential)?.map(Doer::Credential),
        workspace: call.query.id(Parameter::Workspace)?,
        refusal: call.query.reason()?,
        ..ActivityFilter::days(from, to)
    })
}

impl Usage {
    fn new(filter: ActivityFilter, activities: Activities, used: &UsedPermissions) -> Self {
        let line = |line: authority::Activity| {
            let Doer::Credential(credential) = line.by else { return None };
            let outcome = if line.refusal.is_some() { "refused" } else { "accepted" };
            Some(UsageLine { day: line.day, credential, outcome, reason: line.refusal, requests: line.requests })
        };
        let credential = |doer: NamedDoer| {
            let (Doer::Credential(id), Some(kind)) = (doer.doer, doer.kind) else { return None };
            let permissions_used = used.days_of(id).map(|(permission, day)| (permission.to_string(), day)).collect();
            let holder = Some(doer.holder).filter(|holder| !holder.is_empty());
            Some(UsageOfCredential { id, kind: kind.name(), name: doer.label, holder, permissions_used })
        };
        Self {
            from: filter.from,
            to: filter.to,
            lines: activities.lines.into_iter().filter_map(line).collect(),
            credentials: activities.doers.into_iter().filter_map(credential).collect(),
            permissions_since: used.since,
            uncounted: activities.uncounted,
        }
    }
}
