//! The device flow (RFC 8628): a device asks for a pair of codes, and the pages where its person types one and answers.

use std::sync::Arc;

use authority::authorize::possible_memberships;
use authority::{
    DEVICE_INTERVAL, DEVICE_SECONDS, DeviceAnswer, DeviceAnswered, NewDevice, SignedInPerson, Typed, Waiting, WaitingDevice, read_user_code,
};
use axum::body::Body;
use axum::extract::FromRequestParts as _;
use axum::response::Response;
use domain::authorization::Authorization;
use domain::client::GrantType;
use domain::person::Membership;
use domain::{Digest, InteractionId, MembershipId};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA, USER_AGENT};
use serde::{Deserialize, Serialize};
use serde_json::json;
use verifier::Client;

use super::authorize::consent;
use super::error::{JSON, NO_STORE};
use super::refusal::Whose;
use super::{Call, Code, Connect, ConnectError, Form, authenticate, dpop};
use crate::console::consent::{AskingDevice, ConsentView, page as consent_page};
use crate::console::{Browser, device, failure, interaction, see_other};

/// Where people go with the code that their device shows.
const PAGE: &str = "/device";
const PATH: &str = "/connect/deviceauthorization";
/// How much is kept of what somebody typed.
const MAX_TYPED: usize = 40;

/// What waits for a person: to sign in, or to answer.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// What was typed, or came with the link.
    user_code: String,
    /// The device, once the code was looked up.
    device: Option<Digest>,
}

/// `POST /connect/deviceauthorization`: a device begins (section 3.1).
pub(super) async fn begin(connect: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let form = Form::read(&call.parts.headers, &call.body)?;
    let authenticated = authenticate(&connect, &call, &form).await?;
    let whose = Whose::authenticated(&authenticated);
    codes(&connect, &call, &form, &authenticated.client).await.map_err(|error| error.by(whose))
}

async fn codes(connect: &Connect, call: &Call, form: &Form<'_>, client: &Client) -> Result<Response, ConnectError> {
    if !client.definition.may(GrantType::DeviceCode) {
        return Err(Code::UnauthorizedClient.into());
    }
    let new = NewDevice {
        scope: form.get("scope").map(str::to_owned),
        resources: form.all("resource").map(str::to_owned).collect(),
        key_thumbprint: dpop::proven_key(connect, &client.definition, call, PATH).await?,
        address: call.address,
        user_agent: call.parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
    };
    let now = call.edge.now;
    let pair = match connect.authority.begin_device(client, new, now).await? {
        Ok(pair) => pair,
        Err(until) => return Err(ConnectError::too_many(until, now).describe("too many devices wait: try later")),
    };
    let page = connect.url(PAGE);
    let body = json!({
        "device_code": pair.device_code.expose(),
        "user_code": pair.user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", pair.user_code),
        "expires_in": DEVICE_SECONDS,
        "interval": DEVICE_INTERVAL,
    });
    let mut response = Response::new(Body::from(body.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// `GET`: the page for the code. Whoever is not signed in does so first.
pub(super) async fn show(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let form = Form::of_query(call.parts.uri.query())?;
    let user_code = typed_in(&form);
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    Ok(match &browser.signed_in {
        Some(_) => device::entry(&browser, PAGE, &user_code, false),
        None => sitting.sign_in(user_code).await.unwrap_or_else(|page| page),
    })
}

/// `GET` of the page in a language: the same page, with that language chosen.
pub(super) async fn in_language(_: Arc<Connect>, call: Call) -> Result<Response, ConnectError> {
    let (path, query) = (call.parts.uri.path(), call.parts.uri.query().unwrap_or_default());
    let language = path.split('/').nth(1).unwrap_or_default();
    let and = if query.is_empty() { "" } else { "&" };
    Ok(see_other(&format!("{PAGE}?lang={language}{and}{query}")))
}

/// `GET` with an id: after the person has signed in.
pub(super) async fn resume(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    Ok(sitting.resume(&call.parameter).await.unwrap_or_else(|page| page))
}

/// `POST`: somebody has typed a code.
pub(super) async fn typed(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let form = Form::read(&call.parts.headers, &call.body)?;
    if let Some(page) = browser.refuse_form(form.get("csrf").unwrap_or_default()) {
        return Ok(page);
    }
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    let user_code = typed_in(&form);
    Ok(sitting.look_up(user_code).await.unwrap_or_else(|page| page))
}

/// `POST` with an id: what the person has answered.
pub(super) async fn decide(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let form = Form::read(&call.parts.headers, &call.body)?;
    if let Some(page) = browser.refuse_form(form.get("csrf").unwrap_or_default()) {
        return Ok(page);
    }
    let allows = match form.get("decision") {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(ConnectError::new(Code::InvalidRequest).describe("decision must be allow or deny")),
    };
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    Ok(sitting.answer(&call.parameter, allows, form.get("membership")).await.unwrap_or_else(|page| page))
}

/// What was typed, as codes are shown where it can be one.
fn typed_in(form: &Form<'_>) -> String {
    let typed = form.get("user_code").unwrap_or_default();
    read_user_code(typed).unwrap_or_else(|| typed.chars().take(MAX_TYPED).collect())
}

/// A page instead of what was asked.
type Page = Response;

#[derive(Clone, Copy)]
struct AtBrowser<'a> {
    connect: &'a Connect,
    browser: &'a Browser,
}

/// The answer that is asked for.
struct Question<'a> {
    id: InteractionId,
    user_code: &'a str,
    device: &'a WaitingDevice,
    choice_missing: bool,
}

impl AtBrowser<'_> {
    async fn wait(self, pending: &Pending, client: Option<String>) -> Result<InteractionId, Page> {
        let request = serde_json::to_string(pending).map_err(|_| failure::app_mistake(self.browser, "invalid_request"))?;
        let waiting = Waiting { resume: PAGE.to_owned(), request, client, leads_to: None, login_hint: None, sign_in_again: false };
        interaction::begin(&self.connect.console, self.browser, waiting).await
    }

    async fn sign_in(self, user_code: String) -> Result<Response, Page> {
        let id = self.wait(&Pending { user_code, device: None }, None).await?;
        Ok(interaction::to_sign_in(self.browser, id))
    }

    /// What waits under this id in this browser.
    async fn find(self, id: &str) -> Result<(InteractionId, Pending), Page> {
        let waiting = interaction::find(&self.connect.console, self.browser, id).await?;
        let pending = (waiting.resume == PAGE).then(|| serde_json::from_str(&waiting.request).ok()).flatten();
        pending.map(|pending| (waiting.id, pending)).ok_or_else(|| failure::interaction_over(self.browser))
    }

    async fn device(self, digest: Digest) -> Result<WaitingDevice, Page> {
        let found = self.connect.authority.found_device(digest, self.browser.now).await;
        found.map_err(|error| failure::outage(self.browser, &error))?.ok_or_else(|| failure::interaction_over(self.browser))
    }

    async fn resume(self, id: &str) -> Result<Response, Page> {
        let (id, pending) = self.find(id).await?;
        let Some(signed_in) = &self.browser.signed_in else { return Ok(interaction::to_sign_in(self.browser, id)) };
        match pending.device {
            None => Ok(device::entry(self.browser, PAGE, &pending.user_code, false)),
            Some(digest) => {
                let device = self.device(digest).await?;
                self.ask(signed_in, &Question { id, user_code: &pending.user_code, device: &device, choice_missing: false }).await
            }
        }
    }

    async fn look_up(self, user_code: String) -> Result<Response, Page> {
        let browser = self.browser;
        let Some(signed_in) = &browser.signed_in else { return self.sign_in(user_code).await };
        let who = (signed_in.person.id, browser.address);
        let found = self.connect.authority.device_typed(&user_code, who, browser.now).await;
        let device = match found.map_err(|error| failure::outage(browser, &error))? {
            Typed::Unknown => return Ok(device::entry(browser, PAGE, &user_code, true)),
            Typed::TooMany(_) => return Err(failure::too_many(browser)),
            Typed::Waiting(device) => device,
        };
        let name = device.client.definition.name.as_str().to_owned();
        let id = self.wait(&Pending { user_code: user_code.clone(), device: Some(device.digest) }, Some(name)).await?;
        self.ask(signed_in, &Question { id, user_code: &user_code, device: &device, choice_missing: false }).await
    }

    /// The page that names the client, what it may do, and the code of the device that gets access (section 5.4).
    async fn ask(self, signed_in: &SignedInPerson, question: &Question<'_>) -> Result<Response, Page> {
        let (client, browser) = (&question.device.client, self.browser);
        let possible = possible_memberships(client, Some(signed_in));
        if possible.is_empty() {
            return Err(failure::no_member(browser));
        }
        let memberships: Vec<&Membership> = signed_in.memberships.iter().filter(|one| possible.contains(&one.id)).collect();
        let organisations = memberships.iter().map(|membership| membership.organisation).chain(client.organisation).collect();
        let outage = |error: authority::Error| failure::outage(browser, &error);
        let names = self.connect.authority.names(organisations, client.workspace).await.map_err(outage)?;
        let grants = self.connect.authority.grants_for(possible, client.id).await.map_err(outage)?;
        let before: Vec<&str> = grants.iter().flat_map(|grant| &grant.scopes).map(String::as_str).collect();
        let own = client.organisation.is_some_and(|owner| signed_in.memberships.iter().any(|one| one.organisation == owner));
        let name = |membership: &&Membership| names.organisation(membership.organisation).unwrap_or_default().to_owned();
        let choices: Vec<(String, String)> = memberships.iter().map(|one| (one.id.to_string(), name(one))).collect();
        let device = question.device;
        let technical = [("client_id", client.definition.client_id.clone()), ("scope", device.scope.text())];
        let view = ConsentView {
            action: format!("{PAGE}/{}", question.id),
            hidden: Vec::new(),
            client: client.definition.name.as_str().to_owned(),
            made_by: consent::made_by(client, &names),
            registered: consent::registered(client, &names, own),
            is_public: !client.definition.is_confidential(),
            scopes: consent::scopes(browser, &device.scope, &before),
            workspaces: Vec::new(),
            organisations: if choices.len() > 1 { choices } else { Vec::new() },
            workspace: names.workspace.as_ref().filter(|_| own).map(|workspace| workspace.name.as_str().to_owned()),
            organisation: memberships.first().filter(|_| memberships.len() == 1).map(name),
            until: None,
            redirect_host: None,
            leads_to: None,
            other_account: Some(interaction::other_account(question.id)),
            device: Some(AskingDevice {
                code: question.user_code.to_owned(),
                asked_at: device.asked_at,
                address: device.asked.address.to_string(),
                name: device.asked.user_agent.clone(),
                is_elsewhere: !device.is_near(browser.address),
            }),
            choice_missing: question.choice_missing,
            technical: technical.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        };
        Ok(consent_page(browser, &view))
    }

    async fn answer(self, id: &str, allows: bool, chosen: Option<&str>) -> Result<Response, Page> {
        let browser = self.browser;
        let (id, pending) = self.find(id).await?;
        let Some(signed_in) = &browser.signed_in else { return Ok(interaction::to_sign_in(browser, id)) };
        let digest = pending.device.ok_or_else(|| failure::interaction_over(browser))?;
        let device = self.device(digest).await?;
        let possible = possible_memberships(&device.client, Some(signed_in));
        let membership = match (possible.as_slice(), chosen) {
            ([only], _) => Some(*only),
            (several, Some(chosen)) => several.iter().copied().find(|membership| membership.to_string() == chosen),
            _ => None,
        };
        if allows && membership.is_none() {
            return self.ask(signed_in, &Question { id, user_code: &pending.user_code, device: &device, choice_missing: true }).await;
        }
        let allowed = membership.filter(|_| allows).map(|membership| authorization(signed_in, membership, &device));
        let answer = DeviceAnswer { digest, key: device.client.id, person: signed_in.person.id, allowed };
        let answered = self.connect.authority.answer_device(&browser.context(), answer).await;
        match answered.map_err(|error| failure::outage(browser, &error))? {
            DeviceAnswered::Done => {}
            DeviceAnswered::Over | DeviceAnswered::Gone => return Err(failure::interaction_over(browser)),
        }
        Ok(device::answered(browser, allows))
    }
}

/// What the person consents to, in this session.
fn authorization(signed_in: &SignedInPerson, membership: MembershipId, device: &WaitingDevice) -> (MembershipId, Authorization) {
    let session = &signed_in.session;
    let authorization = Authorization {
        redirect_uri: None,
        scope: device.scope.text(),
        resources: device.asked.resources.clone(),
        nonce: None,
        code_challenge: None,
        key_thumbprint: None,
        session: Some(session.id),
        auth_time: session.auth_time,
        acr: Some(session.method.acr().to_owned()),
        amr: session.method.amr().iter().map(|means| (*means).to_owned()).collect(),
    };
    (membership, authorization)
}
