//! Taking away from a token or a key the permissions that it has not used: what goes, what stays, and doing so.

use std::collections::HashMap;

use authority::{ClientRequest, Error, OrganisationKeyUpdate, PermissionUse, RequestedPermissions, TokenUpdate, UsedPermissions, held};
use axum::response::Response;
use domain::permission::{Permission, Permissions};
use domain::{CredentialId, Day, Digest, Kind, OrganisationId, Timestamp};

use super::texts::Text;
use crate::console::confirm::Confirm;
use crate::console::form::Form;
use crate::console::moment;
use crate::console::page::{Frame, Link};
use crate::console::visit::{Answer, Visit};

/// What lists say of the permissions that were used, and what is to be done about those that were not.
pub(in crate::console) struct Uses(UsedPermissions);

/// Which credential: id, kind, when it was made, what it may do, on the API that it is for.
#[derive(Clone, Copy)]
pub(in crate::console) struct Held<'a> {
    pub(in crate::console) id: CredentialId,
    pub(in crate::console) kind: Kind,
    pub(in crate::console) made: Timestamp,
    pub(in crate::console) permissions: &'a Permissions,
    pub(in crate::console) api: Option<&'a str>,
    pub(in crate::console) organisation: Option<OrganisationId>,
}

impl Uses {
    /// Of one's own tokens; on a page of an organisation, of its credentials of this kind, if the person may see them.
    pub(in crate::console) async fn read(visit: &Visit, kind: Kind) -> Result<Self, Response> {
        let (authority, caller) = (visit.authority(), visit.caller());
        let read = match &visit.place {
            Some((organisation, _)) => authority.permissions_used_by_organisation(&caller, organisation.id, Some(kind)).await,
            None => authority.permissions_used_by_person(&caller, visit.person().person.id).await,
        };
        read.map(Self).map_err(|error| visit.refused(&error))
    }

    /// What a credential has used of what it may do.
    pub(in crate::console) fn of(&self, visit: &Visit, credential: Held<'_>) -> PermissionUse {
        let memberships = &visit.person().memberships;
        let member = memberships.iter().find(|member| Some(member.organisation) == credential.organisation);
        let roles = member.filter(|_| credential.kind == Kind::PersonalToken).map(|member| member.roles);
        let held = held(visit.authority().verifier(), credential.permissions, (credential.kind, roles, credential.api));
        self.0.of(credential.id, Day::of(credential.made), held)
    }

    /// The same in a few words; nothing where nothing was used: the list says so already.
    pub(in crate::console) fn said(&self, visit: &Visit, credential: Held<'_>) -> Option<Said> {
        let found = self.of(visit, credential);
        let (used, held) = (found.used.len(), found.held.len());
        let days = Day::of(visit.browser.now).number() - found.since.number() + 1;
        let counts = [("used", used.to_string()), ("held", held.to_string()), ("days", days.to_string())];
        let counts: Vec<(&'static str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = if days == 1 { Text::UsedToday } else { Text::UsedOf };
        (used > 0).then(|| Said { text: visit.fill(text, &counts), can_narrow: used < held })
    }
}

/// What a list says.
pub(in crate::console) struct Said {
    pub(in crate::console) text: String,
    pub(in crate::console) can_narrow: bool,
}

/// What is to be narrowed.
struct Target {
    name: String,
    revision: i64,
    /// Where the list or the page of the thing is.
    back: String,
    uses: PermissionUse,
}

pub(in crate::console) async fn show(visit: Visit) -> Answer {
    let target = target(&visit).await?;
    if !can_narrow(&target.uses) {
        return visit.onward(&target.back, Some(visit.say(Text::NothingToNarrow)));
    }
    let titles = titles(&visit);
    let title = |permission: &Permission| titles.get(permission).cloned().unwrap_or_else(|| permission.to_string());
    let day = |day: Day| moment::day(day.begin(), visit.browser.language);
    let goes = target.uses.unused().map(|permission| (visit.say(Text::GoesAway).to_owned(), title(permission)));
    let stays = target.uses.used.iter().map(|(permission, used)| {
        (visit.say(Text::Stays).to_owned(), visit.fill(Text::UsedOn, &[("title", &title(permission)), ("day", &day(*used))]))
    });
    let mut form = Form::new(&visit, &[]);
    form.nonce = Some(version(&target));
    let page = Confirm {
        frame: Frame::below(&visit, visit.fill(Text::NarrowQuestion, &[("name", &target.name)]), &[]),
        facts: goes.chain(stays).collect(),
        effect: visit.fill(Text::NarrowEffect, &[("day", &day(target.uses.since))]),
        yes: visit.say(Text::NarrowDo).to_owned(),
        no: Link::new(visit.to(&target.back), visit.say(crate::console::Text::Cancel)),
        form,
    };
    page.show(&visit)
}

/// Takes away what the page has named, and nothing else.
pub(in crate::console) async fn narrow(visit: Visit) -> Answer {
    let target = target(&visit).await?;
    let seen = visit.form.as_ref().map(|form| form.text("nonce").to_owned()).unwrap_or_default();
    let changed = || visit.onward(&visit.path, Some(visit.say(Text::ChangedMeanwhile)));
    if !can_narrow(&target.uses) || seen != version(&target) {
        return changed();
    }
    match apply(&visit, &target).await {
        Ok(()) => visit.onward(&target.back, Some(&visit.fill(Text::Narrowed, &[("name", &target.name)]))),
        Err(Error::Stale) => changed(),
        Err(error) => Err(visit.refused(&error)),
    }
}

async fn apply(visit: &Visit, target: &Target) -> Result<(), Error> {
    let (authority, context) = (visit.authority(), visit.context());
    let (permissions, expected_revision) = (target.uses.narrowed(), Some(target.revision));
    let update = TokenUpdate { permissions: Some(permissions), expected_revision, ..TokenUpdate::default() };
    if let Ok(id) = visit.parameter::<CredentialId>("key") {
        let names = target.uses.used.keys().map(Permission::to_string).collect();
        let client = ClientRequest { permissions: Some(RequestedPermissions::Named(names)), ..ClientRequest::default() };
        let update = OrganisationKeyUpdate { expected_revision, client, ..OrganisationKeyUpdate::default() };
        return authority.update_organisation_key(&context, id, update).await.map(drop);
    }
    let id = visit.parameter::<CredentialId>("token").map_err(|_| Error::NotFound)?;
    match &visit.place {
        Some(_) => authority.update_organisation_token(&context, id, update).await.map(drop),
        None => authority.update_token(&context, id, update).await.map(drop),
    }
}

async fn target(visit: &Visit) -> Result<Target, Response> {
    let kind = if visit.path.contains("/keys/") { Kind::OrganisationKey } else { Kind::OrganisationToken };
    let uses = Uses::read(visit, kind).await?;
    let (authority, caller) = (visit.authority(), visit.caller());
    let refused = |error: Error| visit.refused(&error);
    if let Ok(id) = visit.parameter::<CredentialId>("key") {
        let key = authority.organisation_key(&caller, id).await.map_err(refused)?;
        let held = Held::of_key(&key);
        let (name, back) = (key.definition.name.to_string(), visit.at(&format!("/keys/{id}")));
        return Ok(Target { name, revision: key.revision, back, uses: uses.of(visit, held) });
    }
    let id = visit.parameter::<CredentialId>("token")?;
    if visit.place.is_some() {
        let token = authority.organisation_token(&caller, id).await.map_err(refused)?;
        let held = Held::of_organisation_token(&token);
        let (name, back) = (token.username.to_string(), visit.at("/options"));
        return Ok(Target { name, revision: token.revision, back, uses: uses.of(visit, held) });
    }
    let token = authority.token(&caller, id).await.map_err(refused)?;
    let held = Held::of_token(&token);
    let (name, back) = (token.description.to_string(), "/profile/tokens".to_owned());
    Ok(Target { name, revision: token.revision, back, uses: uses.of(visit, held) })
}

impl<'a> Held<'a> {
    pub(in crate::console) fn of_token(token: &'a domain::personal_token::PersonalToken) -> Self {
        let (kind, organisation) = (Kind::PersonalToken, Some(token.organisation));
        Self { id: token.id, kind, made: token.created_at, permissions: &token.permissions, api: None, organisation }
    }

    pub(in crate::console) fn of_organisation_token(token: &'a domain::organisation_token::OrganisationToken) -> Self {
        let (kind, api) = (Kind::OrganisationToken, Some(token.api.as_str()));
        Self { id: token.id, kind, made: token.created_at, permissions: &token.permissions, api, organisation: None }
    }

    pub(in crate::console) fn of_key(key: &'a domain::organisation_key::OrganisationKey) -> Self {
        let (kind, permissions) = (Kind::OrganisationKey, &key.definition.permissions);
        Self { id: key.id, kind, made: key.created_at, permissions, api: None, organisation: None }
    }
}

/// Whether something would go, and something stay.
fn can_narrow(uses: &PermissionUse) -> bool {
    !uses.used.is_empty() && uses.unused().next().is_some()
}

/// What ties the form to what the page has shown.
fn version(target: &Target) -> String {
    let goes: Vec<&str> = target.uses.unused().map(Permission::as_str).collect();
    let digest = Digest::of(format!("{} {}", target.revision, goes.join(" ")).as_bytes());
    digest.as_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What permissions let one do, in the words of their APIs.
fn titles(visit: &Visit) -> HashMap<Permission, String> {
    let apis = visit.authority().verifier().apis();
    let all = apis.iter().flat_map(|api| &api.definition().permissions);
    all.map(|permission| (permission.name.clone(), permission.title.to_string())).collect()
}
