//! What the consent page says: who asks for what, through whom, for where, and where one goes next.

use authority::authorize::Names;
use axum::response::Response;
use domain::client::Registration;
use domain::person::Membership;
use domain::scope::{Identity, ScopeSet};
use domain::{InteractionId, MembershipId, OrganisationId};
use verifier::Client;

use super::{AtBrowser, Page, Proven, RESUME, answer};
use crate::console::consent::{AskedScope, ConsentView, Registered, page as consent_page};
use crate::console::{Browser, Text, failure, interaction};

/// What is asked of the person.
pub(super) struct Question {
    /// Where the answer goes.
    pub(super) id: InteractionId,
    /// The memberships through which it may be given.
    pub(super) memberships: Vec<MembershipId>,
    /// Whether the person has to choose one of them and did not.
    pub(super) choice_missing: bool,
}

/// The page.
pub(super) async fn page(at: AtBrowser<'_>, proven: &Proven, question: &Question) -> Result<Response, Page> {
    let memberships: Vec<&Membership> = at.browser.signed_in.iter().flat_map(|signed_in| &signed_in.memberships).collect();
    let possible: Vec<&Membership> = memberships.iter().copied().filter(|one| question.memberships.contains(&one.id)).collect();
    let (client, request) = (&proven.client, &proven.request);
    let organisations = possible.iter().map(|membership| membership.organisation).chain(client.organisation).collect();
    let names = at.connect.authority.names(organisations, client.workspace).await;
    let names = names.map_err(|error| failure::outage(at.browser, &error))?;
    let own = client.organisation.is_some_and(|owner| memberships.iter().any(|membership| membership.organisation == owner));
    let choices = possible.iter().map(|membership| (membership.id.to_string(), name(&names, membership.organisation)));
    let choices: Vec<_> = if possible.len() > 1 { choices.collect() } else { Vec::new() };
    let grants = at.connect.authority.grants_for(question.memberships.clone(), client.id).await;
    let grants = grants.map_err(|error| failure::outage(at.browser, &error))?;
    let before: Vec<&str> = grants.iter().flat_map(|grant| &grant.scopes).map(String::as_str).collect();
    let redirect_host = answer::host(&proven.reply.redirect_uri);
    let view = ConsentView {
        action: format!("{RESUME}/{}", question.id),
        hidden: Vec::new(),
        client: client.definition.name.as_str().to_owned(),
        made_by: made_by(client, &names),
        registered: registered(client, &names, own),
        is_public: !client.definition.is_confidential(),
        scopes: scopes(at.browser, &request.scope, &before),
        workspaces: Vec::new(),
        organisations: choices,
        workspace: names.workspace.as_ref().filter(|_| own).map(|workspace| workspace.name.as_str().to_owned()),
        organisation: possible.first().filter(|_| possible.len() == 1).map(|membership| name(&names, membership.organisation)),
        until: None,
        redirect_host: Some(redirect_host),
        leads_to: Some(answer::sources(&proven.reply.redirect_uri)),
        other_account: Some(interaction::other_account(question.id)),
        device: None,
        choice_missing: question.choice_missing,
        technical: technical(&client.definition.client_id, proven, &request.resources),
    };
    Ok(consent_page(at.browser, &view))
}

fn name(names: &Names, organisation: OrganisationId) -> String {
    names.organisation(organisation).unwrap_or_default().to_owned()
}

/// Said where the operator registered it for an organisation.
pub(in crate::connect) fn made_by(client: &Client, names: &Names) -> Option<String> {
    let by_operator = client.definition.registration == Registration::Operator;
    client.organisation.filter(|_| by_operator).map(|organisation| name(names, organisation))
}

/// How it became known, as people are told.
pub(in crate::connect) fn registered(client: &Client, names: &Names, own: bool) -> Registered {
    match (client.definition.registration, client.organisation) {
        (Registration::Dynamic, _) | (Registration::Organisation, None) => Registered::ByItself,
        (Registration::Operator, _) => Registered::ByOperator,
        (Registration::Organisation, Some(organisation)) if own => Registered::ByOwnOrganisation(name(names, organisation)),
        (Registration::Organisation, Some(organisation)) => Registered::ByOtherOrganisation(name(names, organisation)),
    }
}

/// What is asked for, in words: about the person first, then of each API.
pub(in crate::connect) fn scopes(browser: &Browser, scope: &ScopeSet, before: &[&str]) -> Vec<AskedScope> {
    let of_person = [
        (Identity::Openid, "openid", Text::ScopeOpenid),
        (Identity::Profile, "profile", Text::ScopeProfile),
        (Identity::Email, "email", Text::ScopeEmail),
    ];
    let said = |text: Text| text.of(browser.language).to_owned();
    let mut asked: Vec<(String, String)> = Vec::new();
    for (identity, name, text) in of_person {
        if identity.is_in(scope.identity) {
            asked.push((name.to_owned(), said(text)));
        }
    }
    for (api, granted) in &scope.audiences {
        let titled = |name: &str| {
            let definition = api.definition();
            let of_scope = definition.scopes.iter().find(|scope| scope.name.as_str() == name).map(|scope| scope.title.as_str());
            let of_permission =
                || definition.permissions.iter().find(|permission| permission.name.as_str() == name).map(|known| known.title.as_str());
            let title = of_scope.or_else(of_permission).unwrap_or(name);
            (name.to_owned(), format!("{}: {title}", definition.title.as_str()))
        };
        asked.extend(api.granted_names(granted).map(titled));
    }
    if Identity::OfflineAccess.is_in(scope.identity) {
        asked.push(("offline_access".to_owned(), said(Text::ScopeOffline)));
    }
    let shown = |(scope, title): (String, String)| {
        let is_new = !before.is_empty() && !before.contains(&scope.as_str());
        AskedScope { scope, title, optional: false, is_new }
    };
    asked.into_iter().map(shown).collect()
}

fn technical(client_id: &str, proven: &Proven, resources: &[String]) -> Vec<(String, String)> {
    let line = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut lines =
        vec![line("client_id", client_id), line("scope", &proven.request.scope.text()), line("redirect_uri", &proven.reply.redirect_uri)];
    lines.extend(resources.iter().map(|resource| line("resource", resource)));
    lines
}
