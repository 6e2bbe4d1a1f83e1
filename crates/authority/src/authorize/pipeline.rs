//! What is asked of an authorization request, in this order. Pure: what a check needs is given.

use std::sync::Arc;

use domain::ClientRefusal;
use domain::api::Api;
use domain::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use verifier::KnownClient;

use super::checks;
use super::parameters::Parameters;

/// A check: proves a part of the request and writes it down, or refuses.
pub type Check = fn(&Given<'_>, &mut AuthorizationRequest) -> Result<(), Refused>;

/// Every check with its name. Until `reply` has written down where the answer goes, a mistake is told on a page of our own and
/// sent nowhere (RFC 6749 section 4.1.2.1); after it, the client is told.
pub const CHECKS: &[(&str, Check)] = &[
    ("client", checks::client),
    ("redirect_uri", checks::redirect_uri),
    ("reply", checks::reply),
    ("each once", checks::each_once),
    ("request", checks::request_object),
    ("request_uri", checks::request_uri),
    ("registration", checks::registration),
    ("grant type", checks::grant_type),
    ("pushed", checks::pushed),
    ("response_type", checks::response_type),
    ("response_mode", checks::response_mode),
    ("state", checks::state),
    ("code_challenge", checks::code_challenge),
    ("dpop_jkt", checks::dpop_jkt),
    ("resource", checks::resource),
    ("scope", checks::scope),
    ("nonce", checks::nonce),
    ("prompt", checks::prompt),
    ("max_age", checks::max_age),
    ("acr_values", checks::acr_values),
    ("id_token_hint", checks::id_token_hint),
    ("login_hint", checks::login_hint),
];

/// Runs the table. What comes out is proven; of what does not, the first mistake is told.
pub fn run(given: &Given<'_>) -> Result<AuthorizationRequest, Failed> {
    let mut request = AuthorizationRequest::default();
    for (name, check) in CHECKS {
        if let Err(refused) = check(given, &mut request) {
            return Err(Failed { reply: request.reply, refused, refusal: refusal(name, refused.code, given.client) });
        }
    }
    Ok(request)
}

/// What the checks look at.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The parameters that count: those of the pushed request or of the request object, where there is one.
    pub parameters: &'a Parameters,
    /// The client that `client_id` names, if it is known.
    pub client: Option<&'a KnownClient>,
    /// Whether the client has pushed the request (RFC 9126), or does so now.
    pub is_pushed: bool,
    /// What the request object was, if there was one.
    pub object: ObjectState,
    /// The person that `id_token_hint` names, if it is an ID token of ours.
    pub hinted: Option<&'a str>,
    /// All APIs.
    pub apis: &'a [Arc<Api>],
}

/// What a request object was (RFC 9101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ObjectState {
    /// There was none.
    #[default]
    None,
    /// A good one: the parameters are its own.
    Good,
    /// The client has no keys to sign one with.
    NotSupported,
    /// It is not right.
    Wrong,
}

/// An authorization request as far as it is proven.
#[derive(Debug, Clone, Default)]
pub struct AuthorizationRequest {
    /// Where the answer goes; written down once client and redirect URI are proven.
    pub reply: Option<Reply>,
    /// The redirect URI of the answer: the one that was sent, or the only one that is registered.
    pub redirect_uri: String,
    /// The redirect URI as it was sent, if it was: it must then be sent to the token endpoint, too.
    pub sent_redirect_uri: Option<String>,
    /// The challenge (RFC 7636), always of the method `S256`.
    pub code_challenge: Option<String>,
    /// The thumbprint of the key that the tokens are bound to (RFC 9449 section 10).
    pub key_thumbprint: Option<[u8; 32]>,
    /// The resources that were named (RFC 8707).
    pub resources: Vec<String>,
    /// What is asked for.
    pub scope: ScopeSet,
    /// For the ID token.
    pub nonce: Option<String>,
    /// What the person is to be asked, or not.
    pub prompt: Prompt,
    /// How long ago the person may have proved who they are, in seconds.
    pub max_age: Option<u32>,
    /// The levels of proof that were asked for, the best first.
    pub acr_values: Vec<String>,
    /// The person that is meant, by an ID token.
    pub hinted: Option<String>,
    /// What is to stand in the field for the mail address.
    pub login_hint: Option<String>,
}

/// How the client is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where.
    pub redirect_uri: String,
    /// How.
    pub mode: ResponseMode,
    /// What the client sent to recognise its answer by.
    pub state: Option<String>,
}

/// How an answer travels (OAuth 2.0 Multiple Response Type Encoding Practices, OAuth 2.0 Form Post Response Mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// As a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    /// Each with its name.
    pub const ALL: [(Self, &str); 2] = [(Self::Query, "query"), (Self::FormPost, "form_post")];

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(mode, _)| *mode)
    }
}

/// The values of `prompt` (OpenID Connect Core section 3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Nothing may be asked.
    pub none: bool,
    /// The person must sign in anew.
    pub login: bool,
    /// The person must be asked for consent.
    pub consent: bool,
    /// The person must be able to be somebody else.
    pub select_account: bool,
}

impl Prompt {
    /// The values that there are.
    pub const ALL: [&str; 4] = ["none", "login", "consent", "select_account"];
}

/// A request that is refused, and where that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// To the client; nothing: on a page of our own.
    pub reply: Option<Reply>,
    /// Why.
    pub refused: Refused,
    /// The same, for the explanation.
    pub refusal: ClientRefusal,
}

/// What the explanation calls the mistake that this check has found.
fn refusal(check: &str, code: ErrorCode, client: Option<&KnownClient>) -> ClientRefusal {
    match (check, client.map(|known| known.works)) {
        ("client", Some(Err(refusal))) => ClientRefusal::of_client(refusal),
        ("redirect_uri", _) => ClientRefusal::RedirectUnknown,
        _ => code.refusal(),
    }
}

/// Why a request is refused. The words are for whoever made the client; nothing that was sent stands in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// The error.
    pub code: ErrorCode,
    /// In words.
    pub description: &'static str,
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// An error of the authorization endpoint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

error_codes! {
    /// A parameter is missing, doubled or wrong.
    InvalidRequest "invalid_request",
    /// The client is not known, or does not work now.
    InvalidClient "invalid_client",
    /// The client may not do this.
    UnauthorizedClient "unauthorized_client",
    /// Another response type than `code`.
    UnsupportedResponseType "unsupported_response_type",
    /// A scope that is unknown, or that the client cannot have.
    InvalidScope "invalid_scope",
    /// A resource that is unknown (RFC 8707).
    InvalidTarget "invalid_target",
    /// The person, or this server, said no.
    AccessDenied "access_denied",
    /// Nobody is signed in and nothing may be asked (OpenID Connect Core section 3.1.2.6), and so on.
    LoginRequired "login_required",
    /// The person must be asked.
    ConsentRequired "consent_required",
    /// The person must choose.
    AccountSelectionRequired "account_selection_required",
    /// The level of proof that was asked for is not reached.
    UnmetAuthenticationRequirements "unmet_authentication_requirements",
    /// A request object of a client that has no keys (RFC 9101).
    RequestNotSupported "request_not_supported",
    /// A request object that is not right.
    InvalidRequestObject "invalid_request_object",
    /// A `request_uri` that is unknown, used or over (RFC 9126).
    InvalidRequestUri "invalid_request_uri",
    /// A `request_uri` that would have to be fetched.
    RequestUriNotSupported "request_uri_not_supported",
    /// A self-issued registration.
    RegistrationNotSupported "registration_not_supported",
}

impl ErrorCode {
    /// What the explanation calls it, where the code says enough.
    pub const fn refusal(self) -> ClientRefusal {
        match self {
            Self::InvalidClient => ClientRefusal::ClientUnknown,
            Self::UnauthorizedClient => ClientRefusal::GrantTypeNotAllowed,
            Self::InvalidScope => ClientRefusal::ScopeWrong,
            Self::InvalidTarget => ClientRefusal::ResourceWrong,
            Self::AccessDenied => ClientRefusal::PersonRefused,
            Self::LoginRequired | Self::ConsentRequired | Self::AccountSelectionRequired => ClientRefusal::PersonNeeded,
            Self::UnmetAuthenticationRequirements => ClientRefusal::ProofLevel,
            Self::InvalidRequestUri => ClientRefusal::PushedUnknown,
            Self::InvalidRequest
            | Self::UnsupportedResponseType
            | Self::RequestNotSupported
            | Self::InvalidRequestObject
            | Self::RequestUriNotSupported
            | Self::RegistrationNotSupported => ClientRefusal::ParameterWrong,
        }
    }

    /// Refused with this code.
    pub const fn because(self, description: &'static str) -> Refused {
        Refused { code: self, description }
    }
}
