//! What a caller is told of itself: whose its credential is, and how far it is from its limits.

use serde_json::{Value, json};

use super::answer::{Answer, Failure};
use super::limit::Standing;
use super::visit::Visit;
use super::{Privacy, tenant};

/// `GET /me`.
pub(super) async fn me(portal: &Privacy, visit: Visit) -> Result<Answer, Failure> {
    let caller = visit.caller;
    let tenant = tenant::number(portal, caller.organisation).await?;
    let workspaces: Vec<i32> = caller.reach.iter().map(|place| place.workspace).collect();
    Ok(Answer::Data(json!({
        "type": if caller.person.is_some() { "User" } else { "ApiKey" },
        "keyId": caller.client.unwrap_or(caller.credential).to_string(),
        "tenantId": tenant,
        "organisationId": caller.organisation.to_string(),
        "personId": caller.person.map(|person| person.to_string()),
        "credentialId": caller.credential.to_string(),
        "workSpaceIds": workspaces,
        "permissions": caller.permissions,
    })))
}

/// `GET /rate-limiting-state`: not counted itself, so that one can look when nothing else is let through.
pub(super) fn limits(portal: &Privacy, visit: &Visit) -> Answer {
    let standings = portal.limits.standings(visit.caller.owner, portal.clock.boottime());
    let wait = standings.iter().map(|standing| standing.retry_after).max().unwrap_or(0);
    let limits: Vec<Value> = standings.iter().map(state).collect();
    Answer::Data(json!({ "limited": wait > 0, "retryAfterSeconds": wait, "limits": limits }))
}

fn state(standing: &Standing) -> Value {
    let Standing { rule, used, next_in, .. } = *standing;
    json!({
        "period": rule.period,
        "seconds": rule.seconds,
        "limit": rule.requests,
        "used": used,
        "remaining": rule.requests.saturating_sub(used),
        "nextFreedInSeconds": next_in,
    })
}
