//! The page on which a person gives a program access, or does not.

use askama::Template;
use axum::response::Response;
use domain::Timestamp;
use http::StatusCode;

use super::browser::Browser;
use super::page::{self, Frame};
use super::texts::Text;
use super::{moment, user_agent};
use crate::language::Language;

/// How many characters are shown of what a device calls itself.
const MAX_NAME: usize = 60;

/// How a program became known (NL GOV Assurance profile for OAuth 2.0, "Client Approval": the page must say it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// By the organisation of the person who is asked.
    ByOwnOrganisation(String),
    /// By another organisation.
    ByOtherOrganisation(String),
    /// By whoever runs this server.
    ByOperator,
    /// By itself.
    ByItself,
}

/// One thing that a program asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedScope {
    /// The scope, which the form sends back as `scope` where it is optional and ticked.
    pub scope: String,
    /// What it lets the program do, in plain words in the page's language, after "The app may then …".
    pub title: String,
    /// Whether the person may leave it out. Nothing is ticked before.
    pub optional: bool,
    /// Whether this person has not allowed it to this program before, and has allowed others.
    pub is_new: bool,
}

/// A device elsewhere that gets access, as far as it is known: so that whoever was talked into typing its code sees that it is
/// not theirs (RFC 8628 section 5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskingDevice {
    /// The code that it shows.
    pub code: String,
    /// When it asked.
    pub asked_at: Timestamp,
    /// From which address.
    pub address: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// Whether the person is in another network. That both are in one says nothing: what stands before this server may hide it.
    pub is_elsewhere: bool,
}

/// What the person is asked. All texts are shown as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentView {
    /// The path that the form is posted to, with `csrf` ([`Browser::refuse_form`]), `decision` (`allow` or `deny`), `scope` for each
    /// ticked optional one, `workspace` where there is a choice, and the hidden fields.
    pub action: String,
    /// Fields to send back.
    pub hidden: Vec<(String, String)>,
    /// The program's name.
    pub client: String,
    /// The organisation that made it, where that is not the one that registered it.
    pub made_by: Option<String>,
    /// How it became known.
    pub registered: Registered,
    /// Whether it cannot keep a secret, so that another program could pretend to be it.
    pub is_public: bool,
    /// What it asks for.
    pub scopes: Vec<AskedScope>,
    /// The workspaces to choose one of: value and name. Empty where there is nothing to choose; none is chosen before.
    pub workspaces: Vec<(String, String)>,
    /// The organisations to choose one of, where the person is a member of several: value and name. The form sends `membership`.
    pub organisations: Vec<(String, String)>,
    /// The one workspace that it is for, where that is known.
    pub workspace: Option<String>,
    /// The organisation that all of it is for, where it is.
    pub organisation: Option<String>,
    /// Until when it lasts; until the person ends it, otherwise.
    pub until: Option<Timestamp>,
    /// The host, or the scheme, that the browser goes to next.
    pub redirect_host: Option<String>,
    /// The redirect URI's origin, or its scheme and `:` (CSP `form-action`): without it the browser refuses to go there.
    pub leads_to: Option<String>,
    /// Where whoever wants to be somebody else goes ([`super::interaction::other_account`]).
    pub other_account: Option<String>,
    /// The device that gets access, in the device flow.
    pub device: Option<AskingDevice>,
    /// Whether the form came back without a workspace or organisation.
    pub choice_missing: bool,
    /// Names and values for whoever wants to know exactly.
    pub technical: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "console/consent.html")]
struct View<'v> {
    frame: Frame,
    heading: String,
    account: String,
    registered: String,
    unknown_maker: bool,
    made_by: Option<String>,
    required: Vec<&'v AskedScope>,
    optional: Vec<&'v AskedScope>,
    place: Option<String>,
    until: String,
    device: Option<DeviceLines>,
    problem: Option<&'static str>,
    csrf: String,
    view: &'v ConsentView,
}

/// What is told of a device.
struct DeviceLines {
    warning: String,
    facts: Vec<String>,
}

impl DeviceLines {
    fn of(device: &AskingDevice, language: Language) -> Self {
        let (_, moment) = moment::shown(device.asked_at, language);
        let asked = Text::DeviceAsked.filled(language, &[("moment", moment), ("address", device.address.clone())]);
        let elsewhere = device.is_elsewhere.then(|| Text::DeviceElsewhere.of(language).to_owned());
        let name = device.name.as_deref().and_then(user_agent::named).map(|name| name.chars().take(MAX_NAME).collect());
        let named = name.map(|name| Text::DeviceCallsItself.filled(language, &[("name", name)]));
        let facts = [Some(asked), elsewhere, named].into_iter().flatten().collect();
        Self { warning: Text::DeviceWarning.filled(language, &[("code", device.code.clone())]), facts }
    }
}

/// The page. Refusing comes first: it is what Enter in a field does.
pub fn page(browser: &Browser, view: &ConsentView) -> Response {
    let language = browser.language;
    let fill = |text: Text, name: &'static str, value: &str| text.filled(language, &[(name, value.to_owned())]);
    let mut frame = Frame::new(browser, Text::ConsentPage.of(language));
    // The page is the answer to whatever led to it: its address may not show it again.
    frame.other = None;
    let registered = match &view.registered {
        Registered::ByOwnOrganisation(organisation) => fill(Text::RegisteredByOwn, "organisation", organisation),
        Registered::ByOtherOrganisation(organisation) => fill(Text::RegisteredByOther, "organisation", organisation),
        Registered::ByOperator => Text::RegisteredByOperator.of(language).to_owned(),
        Registered::ByItself => Text::RegisteredByItself.of(language).to_owned(),
    };
    let place = match (&view.workspace, &view.organisation) {
        (Some(workspace), _) => Some(fill(Text::InWorkspace, "workspace", workspace)),
        (None, Some(organisation)) if view.workspaces.is_empty() && view.organisations.is_empty() => {
            Some(fill(Text::WholeOrganisation, "organisation", organisation))
        }
        _ => None,
    };
    let missing = if view.organisations.is_empty() { Text::ConsentMissing } else { Text::OrganisationMissing };
    let (optional, required) = view.scopes.iter().partition(|asked| asked.optional);
    let status = if view.choice_missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let shown = View {
        heading: fill(Text::ConsentTitle, "client", &view.client),
        account: frame.account.clone().unwrap_or_default(),
        registered,
        unknown_maker: matches!(view.registered, Registered::ByItself),
        made_by: view.made_by.as_deref().map(|organisation| fill(Text::MadeBy, "organisation", organisation)),
        required,
        optional,
        place,
        until: view
            .until
            .map_or_else(|| Text::UntilEnded.of(language).to_owned(), |until| fill(Text::UntilDay, "day", &moment::day(until, language))),
        device: view.device.as_ref().map(|device| DeviceLines::of(device, language)),
        problem: view.choice_missing.then(|| missing.of(language)),
        csrf: browser.form_token(),
        frame,
        view,
    };
    page::answer(browser, status, &shown, view.leads_to.as_deref())
}

#[cfg(test)]
mod tests {
    use authority::SignedInPerson;
    use domain::person::Person;
    use domain::session::{Method, Session};
    use domain::text::Email;
    use domain::{PersonId, SessionId};
    use http_body_util::BodyExt as _;

    use super::*;

    const MARKUP: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>{{7*7}}";

    fn browser(language: Language) -> Browser {
        let (id, at) = (PersonId::from_bytes([2; 16]), Timestamp::from_unix_seconds(1_800_000_000));
        let email = Email::new("sanne@example.org").ok();
        let person = Person { id, name: None, email, email_verified: false, created_at: at, suspended_at: None, erased_at: None };
        let session = Session {
            id: SessionId::from_bytes([3; 16]),
            person: id,
            created_at: at,
            auth_time: at,
            method: Method::Password,
            last_seen_at: at,
            expires_at: at,
            address: None,
            user_agent: None,
        };
        Browser::with(
            SignedInPerson {
                session,
                person,
                memberships: Vec::new(),
                withheld: Vec::new(),
                settings: Default::default(),
                is_operator: false,
            },
            language,
        )
    }

    fn asked(title: &str, optional: bool) -> AskedScope {
        AskedScope { scope: title.to_owned(), title: title.to_owned(), optional, is_new: false }
    }

    fn view(text: &str) -> ConsentView {
        ConsentView {
            action: "/connect/consent/1".to_owned(),
            hidden: vec![("id".to_owned(), text.to_owned())],
            client: text.to_owned(),
            made_by: Some(text.to_owned()),
            registered: Registered::ByOtherOrganisation(text.to_owned()),
            is_public: false,
            scopes: vec![asked(text, false), asked(text, true)],
            workspaces: vec![(text.to_owned(), text.to_owned()), ("2".to_owned(), "Zuid".to_owned())],
            workspace: None,
            organisation: None,
            until: Some(Timestamp::from_unix_seconds(1_800_000_000)),
            redirect_host: Some(text.to_owned()),
            leads_to: Some("https://app.example".to_owned()),
            other_account: Some("/sign-in?interaction=1&switch=1".to_owned()),
            device: Some(AskingDevice {
                code: text.to_owned(),
                asked_at: Timestamp::from_unix_seconds(1_800_000_000),
                address: text.to_owned(),
                name: Some(text.to_owned()),
                is_elsewhere: true,
            }),
            organisations: Vec::new(),
            choice_missing: false,
            technical: vec![("scope".to_owned(), text.to_owned())],
        }
    }

    async fn html(view: &ConsentView, language: Language) -> (http::HeaderMap, String) {
        let answer = page(&browser(language), view);
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        (parts.headers, String::from_utf8(bytes.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn what_programs_call_themselves_is_text() {
        for language in [Language::En, Language::Nl] {
            let (headers, html) = html(&view(MARKUP), language).await;
            assert!(!html.contains("<script>") && !html.contains("<img") && html.contains("7*7"), "{html}");
            let policy = headers["content-security-policy"].to_str().expect("text");
            assert!(policy.ends_with("form-action 'self' https://app.example") && policy.contains("frame-ancestors 'none'"), "{policy}");
        }
        let hostile = ConsentView { leads_to: Some("https://a; script-src *".to_owned()), ..view("Veldboek") };
        let (headers, _) = html(&hostile, Language::En).await;
        assert!(headers["content-security-policy"].to_str().expect("text").ends_with("form-action 'self'"));
    }

    #[tokio::test]
    async fn it_says_who_asks_for_what_and_until_when() {
        let (_, html) = html(&view("Veldboek"), Language::Nl).await;
        for part in [
            "Veldboek wil toegang tot jouw gegevens",
            "sanne@example.org",
            "Aangemeld door een andere organisatie: Veldboek",
            "15 jan 2027",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        let (deny, allow) = (html.find("value=\"deny\"").expect("refuse"), html.find("value=\"allow\"").expect("allow"));
        assert!(deny < allow && html.matches("name=\"decision\"").count() == 2, "refusing comes first");
        assert!(!html.contains("checked") && html.contains("type=\"checkbox\"") && html.contains("type=\"radio\""));
    }

    #[tokio::test]
    async fn who_registered_itself_is_told_as_a_warning() {
        let view = ConsentView { registered: Registered::ByItself, made_by: None, ..view("Veldboek") };
        let (_, html) = html(&view, Language::En).await;
        assert!(html.contains("We do not know its maker") && html.contains("class=\"warn\""));
    }
}
