//! The page on which a person gives a program access, or does not.

use askama::Template;
use axum::response::Response;
use domain::Timestamp;
use http::StatusCode;

use super::browser::Browser;
use super::moment;
use super::page::{self, Frame};
use super::texts::Text;

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
    /// What it asks for.
    pub scopes: Vec<AskedScope>,
    /// The workspaces to choose one of: value and name. Empty where there is nothing to choose; none is chosen before.
    pub workspaces: Vec<(String, String)>,
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
    /// The code of the device that gets access, in the device flow (RFC 8628 section 5.4).
    pub device_code: Option<String>,
    /// Whether the form came back without a workspace.
    pub workspace_missing: bool,
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
    device_warning: Option<String>,
    problem: Option<&'static str>,
    csrf: String,
    view: &'v ConsentView,
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
        (None, Some(organisation)) if view.workspaces.is_empty() => Some(fill(Text::WholeOrganisation, "organisation", organisation)),
        _ => None,
    };
    let (optional, required) = view.scopes.iter().partition(|asked| asked.optional);
    let status = if view.workspace_missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
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
        device_warning: view.device_code.as_deref().map(|code| fill(Text::DeviceWarning, "code", code)),
        problem: view.workspace_missing.then(|| Text::ConsentMissing.of(language)),
        csrf: browser.form_token(),
        frame,
        view,
    };
    page::answer(browser, status, &shown, view.leads_to.as_deref())
}
