//! `/connect/authorize`: a program asks for access, a person answers (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2).
//!
//! The rules are the two tables of [`authority::authorize`]; here requests are read, pages shown and answers sent.

mod answer;
pub(super) mod consent;
mod effective;

use std::sync::Arc;

use authority::authorize::{Ask, Authorised, AuthorizationRequest, ConsentForm, Consented, ErrorCode, Next, Reply, Sitting, next};
use authority::{Interaction, Waiting};
use axum::extract::FromRequestParts as _;
use axum::response::Response;
use domain::authorization::Authorization;
use domain::client::Registration;
use domain::{ClientRefusal, Digest, MembershipId};
use verifier::Client;

pub(super) use answer::sources;
pub(super) use effective::{Effective, read_object};

use super::refusal::{Told, Whose};
use super::{Call, Code, Connect, ConnectError, Form};
use crate::console::{Browser, failure, interaction};
use effective::Pending;

/// Where a request goes on that has waited for a person.
const RESUME: &str = "/connect/authorize";
/// How many random bytes a code is made from, besides the browser's secret.
const SEED_BYTES: usize = 32;

/// A page instead of what was asked.
type Page = Response;

/// `GET` and `POST`: the request of a program.
pub(super) async fn ask(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let Some(parameters) = effective::read(&call) else {
        return Ok(failure::app_mistake(&browser, "invalid_request: the parameters cannot be read"));
    };
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    let answered = match Pending::of(&connect, parameters, browser.now).await {
        Ok(pending) => sitting.go_on(pending, None).await,
        Err(effective::Unreadable::NotPushed) => {
            let error = answer::Error {
                code: ErrorCode::InvalidRequestUri,
                description: "request_uri is unknown, was used before, or is over",
                refusal: ClientRefusal::PushedUnknown,
            };
            Err(sitting.mistake(error, None))
        }
        Err(effective::Unreadable::Outage(error)) => Err(failure::outage(&browser, &error)),
    };
    Ok(answered.unwrap_or_else(|page| page))
}

/// `GET` with an id: after the person has signed in.
pub(super) async fn resume(connect: Arc<Connect>, mut call: Call) -> Result<Response, ConnectError> {
    let browser = match Browser::from_request_parts(&mut call.parts, &connect.console).await {
        Ok(browser) => browser,
        Err(page) => return Ok(page),
    };
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    let answered = match sitting.find(&call.parameter).await {
        Ok((pending, waiting)) => sitting.go_on(pending, Some(&waiting)).await,
        Err(page) => Err(page),
    };
    Ok(answered.unwrap_or_else(|page| page))
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
    let sitting = AtBrowser { connect: &connect, browser: &browser };
    let (pending, waiting) = match sitting.find(&call.parameter).await {
        Ok(found) => found,
        Err(page) => return Ok(page),
    };
    let answered = match form.get("decision") {
        Some("allow") => sitting.allow(pending, &waiting, form.get("membership")).await,
        Some("deny") => sitting.deny(pending, &waiting).await,
        _ => return Err(ConnectError::new(Code::InvalidRequest).describe("decision must be allow or deny")),
    };
    Ok(answered.unwrap_or_else(|page| page))
}

/// A request in the browser of a person.
#[derive(Clone, Copy)]
struct AtBrowser<'a> {
    connect: &'a Connect,
    browser: &'a Browser,
}

/// A request that is proven, and its client.
struct Proven {
    client: Arc<Client>,
    request: AuthorizationRequest,
    reply: Reply,
}

impl AtBrowser<'_> {
    /// What waits under this id in this browser.
    async fn find(self, id: &str) -> Result<(Pending, Interaction), Page> {
        let waiting = interaction::find(&self.connect.console, self.browser, id).await?;
        let pending = (waiting.resume == RESUME).then(|| serde_json::from_str(&waiting.request).ok()).flatten();
        pending.map(|pending| (pending, waiting)).ok_or_else(|| failure::interaction_over(self.browser))
    }

    /// Runs the first table. What is not right is told where the table says.
    fn prove(self, pending: &Pending, waits: bool) -> Result<Proven, Box<Page>> {
        let outage = |error: verifier::Unavailable| Box::new(failure::outage(self.browser, &error.into()));
        let effective = Effective::of(self.connect, pending, self.browser.now).map_err(outage)?;
        match effective.run() {
            Ok((client, request, reply)) => Ok(Proven { client, request, reply }),
            Err(failed) => {
                let error = answer::Error { code: failed.refused.code, description: failed.refused.description, refusal: failed.refusal };
                let client = effective.known.as_ref().map(|known| &*known.client);
                Err(Box::new(match failed.reply.zip(client) {
                    Some((reply, client)) => self.tell(client, &reply, error, waits),
                    None => self.mistake(error, client),
                }))
            }
        }
    }

    /// Runs the second table, and does what comes next.
    async fn go_on(self, pending: Pending, waiting: Option<&Interaction>) -> Result<Response, Page> {
        let proven = self.prove(&pending, waiting.is_some()).map_err(|page| *page)?;
        match self.next(&proven, waiting).await? {
            Next::Authorise(membership) => self.authorise(&pending, &proven, (membership, waiting)).await,
            Next::Refuse(refused) => {
                let no_member = refused.code == ErrorCode::AccessDenied;
                let refusal = if no_member { ClientRefusal::NoMembership } else { refused.code.refusal() };
                let error = answer::Error { code: refused.code, description: refused.description, refusal };
                Ok(self.tell(&proven.client, &proven.reply, error, waiting.is_some()))
            }
            Next::Ask(Ask::SignIn { again }) => {
                // One that does not ask everybody to sign in would send whoever is signed in straight back here.
                let id = match waiting.filter(|waiting| waiting.sign_in_again || !again) {
                    Some(waiting) => waiting.id,
                    None => self.wait(&pending, &proven, again).await?,
                };
                Ok(interaction::to_sign_in(self.browser, id))
            }
            Next::Ask(Ask::Consent(memberships)) => {
                let id = match waiting {
                    Some(waiting) => waiting.id,
                    None => self.wait(&pending, &proven, false).await?,
                };
                consent::page(self, &proven, &consent::Question { id, memberships, choice_missing: false }).await
            }
        }
    }

    async fn next(self, proven: &Proven, waiting: Option<&Interaction>) -> Result<Next, Page> {
        let signed_in = self.browser.signed_in.as_ref();
        let memberships: Vec<MembershipId> =
            signed_in.map_or_else(Vec::new, |signed_in| signed_in.memberships.iter().map(|membership| membership.id).collect());
        let grants = self.connect.authority.grants_for(memberships, proven.client.id).await;
        let grants = grants.map_err(|error| failure::outage(self.browser, &error))?;
        // Looked at only where it could matter.
        let wishes_for_two = proven.request.acr_values.iter().any(|acr| acr == domain::session::TWO_MEANS);
        let has_second_factor = match signed_in.filter(|_| wishes_for_two) {
            Some(signed_in) => self.connect.authority.has_second_factor(signed_in.person.id).await,
            None => Ok(false),
        };
        Ok(next(&Sitting {
            has_second_factor: has_second_factor.map_err(|error| failure::outage(self.browser, &error))?,
            request: &proven.request,
            client: &proven.client,
            signed_in,
            since: waiting.map(|waiting| waiting.created_at),
            grants: &grants,
            now: self.browser.now,
        }))
    }

    /// Lets the request wait for the person.
    async fn wait(self, pending: &Pending, proven: &Proven, again: bool) -> Result<domain::InteractionId, Page> {
        let request = serde_json::to_string(pending).map_err(|_| failure::app_mistake(self.browser, "invalid_request"))?;
        let waiting = Waiting {
            resume: RESUME.to_owned(),
            request,
            client: Some(proven.client.definition.name.as_str().to_owned()),
            leads_to: Some(answer::sources(&proven.reply.redirect_uri)),
            login_hint: proven.request.login_hint.clone(),
            sign_in_again: again,
        };
        interaction::begin(&self.connect.console, self.browser, waiting).await
    }

    async fn allow(self, pending: Pending, waiting: &Interaction, chosen: Option<&str>) -> Result<Response, Page> {
        let proven = self.prove(&pending, true).map_err(|page| *page)?;
        let memberships = match self.next(&proven, Some(waiting)).await? {
            Next::Authorise(membership) => vec![membership],
            Next::Ask(Ask::Consent(memberships)) => memberships,
            // The session is over, or too old by now: from the beginning.
            _ => return self.go_on(pending, Some(waiting)).await,
        };
        let chosen = match (memberships.as_slice(), chosen) {
            ([only], _) => Some(*only),
            (several, Some(chosen)) => several.iter().copied().find(|membership| membership.to_string() == chosen),
            _ => None,
        };
        match chosen {
            Some(membership) => self.authorise(&pending, &proven, (membership, Some(waiting))).await,
            None => consent::page(self, &proven, &consent::Question { id: waiting.id, memberships, choice_missing: true }).await,
        }
    }

    async fn deny(self, pending: Pending, waiting: &Interaction) -> Result<Response, Page> {
        let proven = self.prove(&pending, true).map_err(|page| *page)?;
        interaction::finish(&self.connect.console, self.browser, waiting.id).await?;
        let refusal = ClientRefusal::PersonRefused;
        let error = answer::Error { code: ErrorCode::AccessDenied, description: "the person said no", refusal };
        Ok(self.tell(&proven.client, &proven.reply, error, true))
    }

    /// Makes the grant and the code, and sends the code.
    async fn authorise(
        self,
        pending: &Pending,
        proven: &Proven,
        (membership, waiting): (MembershipId, Option<&Interaction>),
    ) -> Result<Response, Page> {
        let Some(signed_in) = &self.browser.signed_in else { return Err(failure::interaction_over(self.browser)) };
        let (session, request) = (&signed_in.session, &proven.request);
        let seed = |waiting: &Interaction| {
            let parts = [pending.seed.as_bytes(), self.browser.form_token().as_bytes(), waiting.id.as_bytes()].concat();
            ConsentForm { interaction: waiting.id, visit: self.browser.visit(), seed: Digest::of(&parts) }
        };
        let consented = Consented {
            person: signed_in.person.id,
            membership,
            key: proven.client.id,
            scopes: request.scope.names().into_iter().map(str::to_owned).collect(),
            authorization: Authorization {
                redirect_uri: request.sent_redirect_uri.clone(),
                scope: request.scope.text(),
                resources: request.resources.clone(),
                nonce: request.nonce.clone(),
                code_challenge: request.code_challenge.clone(),
                key_thumbprint: request.key_thumbprint,
                session: Some(session.id),
                auth_time: session.auth_time,
                acr: Some(session.method.acr().to_owned()),
                amr: session.method.amr().iter().map(|means| (*means).to_owned()).collect(),
            },
            pushed: pending.pushed,
            form: waiting.map(seed),
        };
        match self.connect.authority.authorise(&self.browser.context(), consented).await {
            Ok(Authorised::Code(code)) => Ok(answer::send(self, &proven.reply, &[("code", code.expose().clone())])),
            Ok(Authorised::Over) => Err(failure::interaction_over(self.browser)),
            Ok(Authorised::Gone) => {
                let error = answer::Error {
                    code: ErrorCode::AccessDenied,
                    description: "the person or the client does not work any more",
                    refusal: ClientRefusal::PersonGone,
                };
                Ok(self.tell(&proven.client, &proven.reply, error, true))
            }
            Err(error) => Err(failure::outage(self.browser, &error)),
        }
    }

    /// Tells a client that it gets no code. Nobody is sent by a client that registered itself before a person has answered anything.
    fn tell(self, client: &Client, reply: &Reply, error: answer::Error, waits: bool) -> Response {
        let fields = answer::error_fields(self, error);
        let told = self.told(error, Some(client));
        if client.definition.registration == Registration::Dynamic && !waits {
            return told.beside(answer::unvouched(self, client, reply, &fields));
        }
        told.beside(answer::send(self, reply, &fields))
    }

    /// A page of our own, where the client may not be told.
    fn mistake(self, error: answer::Error, client: Option<&Client>) -> Response {
        let page = failure::app_mistake(self.browser, &format!("{}: {}", error.code.name(), error.description));
        self.told(error, client).beside(page)
    }

    /// For the explanation: to whoever sits at the browser, and to the organisation of the client, which anybody can name.
    fn told(self, error: answer::Error, client: Option<&Client>) -> Told {
        Told {
            person: self.browser.signed_in.as_ref().map(|signed_in| signed_in.person.id),
            whose: client.map(Whose::named).unwrap_or_default(),
            answer: Some((error.code.name(), error.description.into())),
            ..Told::because(error.refusal)
        }
    }
}

/// What a code is made from, besides the browser's secret.
fn seed(connect: &Connect) -> Result<String, domain::entropy::EntropyUnavailable> {
    use base64::Engine as _;
    let mut bytes = [0; SEED_BYTES];
    connect.authority.entropy().fill(&mut bytes)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}
