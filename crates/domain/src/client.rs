//! Clients: the OAuth 2 side of an organisation key (RFC 6749 section 2, RFC 7591 section 2).

use serde::{Deserialize, Serialize};

use crate::permission::Permissions;
use crate::redirect_uri;
use crate::text::Name;

/// The most redirect URIs, and the most CORS origins, of one client.
pub const MAX_URIS: usize = 50;
/// The longest redirect URI, in bytes.
pub const MAX_URI_BYTES: usize = 2_000;

/// What is known of a client. No secret, no personal data: it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientDefinition {
    /// Its public id: `client_id`, and the username with `Basic`. Never changed.
    pub client_id: String,
    /// Its name for people.
    pub name: Name,
    /// How it came to be known.
    pub registration: Registration,
    /// Where it runs.
    pub application_type: ApplicationType,
    /// Where codes may be sent: compared exactly, but for the port of a native client's loopback address (RFC 8252 section 7.3).
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// The origins whose pages may read answers: `https://app.example`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cors_origins: Vec<String>,
    /// What it may ask tokens with.
    pub grant_types: Vec<GrantType>,
    /// What it may do at most, for itself or for a person.
    pub permissions: Permissions,
    /// The scopes that it gets where it asks for none in the code flow; empty: all of its scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_scopes: Vec<String>,
    /// How it may authenticate; pinned. Empty: it cannot keep a secret (a public client).
    pub authentication: Vec<ClientAuthentication>,
    /// The rules that it is held to beyond the ordinary ones.
    #[serde(default)]
    pub profile: Profile,
    /// Its public keys as a JWK set, for assertions and request objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The algorithm of its ID tokens; `ES256` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_algorithm: Option<SigningAlgorithm>,
    /// Whether authorization requests must be pushed (RFC 9126 section 6).
    #[serde(default)]
    pub requires_pushed_requests: bool,
    /// Whether its access tokens must be bound to a key (RFC 9449 section 5.2).
    #[serde(default)]
    pub requires_dpop: bool,
    /// Whether its refresh tokens rotate; unless said, those of public clients do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotates_refresh_tokens: Option<bool>,
    /// Where it is told that a session has ended (OpenID Connect Back-Channel Logout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it must be told which session; it is told in any case.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// Its page for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
}

impl ClientDefinition {
    /// Whether it can keep a secret (RFC 6749 section 2.1).
    pub fn is_confidential(&self) -> bool {
        !self.authentication.is_empty()
    }

    /// Whether it may ask tokens in this way.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Whether it may authenticate in this way.
    pub fn authenticates_by(&self, method: ClientAuthentication) -> bool {
        self.authentication.contains(&method)
    }

    /// Whether its codes must be bound to a challenge (RFC 9700 section 2.1.1): who cannot keep a secret, and every profile.
    pub fn requires_code_challenge(&self) -> bool {
        !self.is_confidential() || self.profile != Profile::Default
    }

    /// Whether its refresh tokens are exchanged for new ones at each use.
    pub fn rotates(&self) -> bool {
        self.profile != Profile::Fapi2 && self.rotates_refresh_tokens.unwrap_or(!self.is_confidential())
    }
}

/// A rule of a client: the field that breaks it, what must be, and whether a definition keeps it.
type Rule = (&'static str, &'static str, fn(&ClientDefinition) -> bool);

/// Says what is wrong with a URI.
type CheckUri<'c> = &'c dyn Fn(&str) -> Result<(), &'static str>;

/// What every client must keep.
const RULES: &[Rule] = &[
    ("redirect_uris", "must be 50 at most", |client| client.redirect_uris.len() <= MAX_URIS),
    ("post_logout_redirect_uris", "must be 50 at most", |client| client.post_logout_redirect_uris.len() <= MAX_URIS),
    ("cors_origins", "must be 50 at most", |client| client.cors_origins.len() <= MAX_URIS),
    ("grant_types", "must be 5 at most", |client| client.grant_types.len() <= GrantType::ALL.len()),
    ("authentication", "must be 3 at most", |client| client.authentication.len() <= ClientAuthentication::ALL.len()),
    ("grant_types", "must name at least one where the client cannot authenticate: it could do nothing", |client| {
        !client.grant_types.is_empty() || client.is_confidential()
    }),
    ("redirect_uris", "must name at least one for the authorization code flow", |client| {
        !client.may(GrantType::AuthorizationCode) || !client.redirect_uris.is_empty()
    }),
    ("grant_types", "client_credentials needs a client that can authenticate (RFC 6749 section 4.4)", |client| {
        !client.may(GrantType::ClientCredentials) || client.is_confidential()
    }),
    ("grant_types", "token exchange needs a client that can authenticate", |client| {
        !client.may(GrantType::TokenExchange) || client.is_confidential()
    }),
    ("grant_types", "refresh_token needs authorization_code or the device flow beside it", |client| {
        !client.may(GrantType::RefreshToken) || client.may(GrantType::AuthorizationCode) || client.may(GrantType::DeviceCode)
    }),
    ("backchannel_logout_session_required", "needs backchannel_logout_uri", |client| {
        !client.backchannel_logout_session_required || client.backchannel_logout_uri.is_some()
    }),
    ("jwks", "either jwks or jwks_uri, not both", |client| client.jwks.is_none() || client.jwks_uri.is_none()),
    ("jwks", "private_key_jwt needs jwks or jwks_uri", |client| {
        !client.authenticates_by(ClientAuthentication::PrivateKeyJwt) || client.jwks.is_some() || client.jwks_uri.is_some()
    }),
    ("jwks", "must be a JWK set of 1 to 20 public keys, 16,000 characters at most (RFC 7517 section 5)", |client| {
        client.jwks.as_ref().is_none_or(is_public_jwks)
    }),
    ("authentication", "a native program cannot keep a secret (RFC 8252 section 8.5): none, or private_key_jwt", |client| {
        let keeps = |method: &ClientAuthentication| *method == ClientAuthentication::PrivateKeyJwt;
        client.application_type != ApplicationType::Native || client.authentication.iter().all(keeps)
    }),
    ("authentication", "private_key_jwt cannot stand beside a secret", |client| {
        !client.authenticates_by(ClientAuthentication::PrivateKeyJwt) || client.authentication.len() == 1
    }),
];

/// Whether it is a JWK set with nothing secret in it (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
fn is_public_jwks(jwks: &serde_json::Value) -> bool {
    const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let keys = jwks.get("keys").and_then(serde_json::Value::as_array).filter(|keys| (1..=20).contains(&keys.len()));
    let public = |key: &serde_json::Value| key.as_object().is_some_and(|members| !SECRET.iter().any(|name| members.contains_key(*name)));
    keys.is_some_and(|keys| keys.iter().all(public)) && jwks.to_string().len() <= 16_000
}

impl Profile {
    /// What the clients of a profile must keep beside [`RULES`].
    const fn rules(self) -> &'static [Rule] {
        match self {
            Self::Default => &[],
            Self::Fapi2 => &[
                ("authentication", "fapi2 takes private_key_jwt only (FAPI 2.0 section 5.3.2.1)", |client| {
                    client.authentication == [ClientAuthentication::PrivateKeyJwt]
                }),
                ("requires_dpop", "fapi2 takes sender-constrained access tokens only (FAPI 2.0 section 5.3.2.1)", |client| {
                    client.requires_dpop
                }),
                ("requires_pushed_requests", "fapi2 takes pushed requests only (FAPI 2.0 section 5.3.2.2)", |client| {
                    client.requires_pushed_requests || !client.may(GrantType::AuthorizationCode)
                }),
                (
                    "redirect_uris",
                    "fapi2 takes plain http for a native client on its own machine only (FAPI 2.0 section 5.3.2.2)",
                    |client| {
                        client.application_type == ApplicationType::Native
                            || !client.redirect_uris.iter().any(|uri| uri.starts_with("http:"))
                    },
                ),
                ("id_token_algorithm", "fapi2 has no RS256 (FAPI 2.0 section 5.4.1)", |client| {
                    client.id_token_algorithm != Some(SigningAlgorithm::Rs256)
                }),
            ],
            Self::Nlgov => &[
                ("grant_types", "nlgov has exactly one grant type for a client, and refresh_token with authorization_code", |client| {
                    client.grant_types.iter().filter(|grant| **grant != GrantType::RefreshToken).count() == 1
                }),
                ("authentication", "nlgov takes private_key_jwt, or a public native client", |client| {
                    client.authentication == [ClientAuthentication::PrivateKeyJwt]
                        || client.authentication.is_empty() && client.application_type == ApplicationType::Native
                }),
                ("redirect_uris", "nlgov takes http only for native clients, on a loopback address that is not localhost", |client| {
                    let native = client.application_type == ApplicationType::Native;
                    let fits = |uri: &String| !uri.starts_with("http:") || native && !uri.starts_with("http://localhost");
                    client.redirect_uris.iter().all(fits)
                }),
            ],
        }
    }
}

impl ClientDefinition {
    /// What is wrong with it: each field with its problem, all at once.
    pub fn problems(&self) -> Vec<(String, String)> {
        let rules = RULES.iter().chain(self.profile.rules()).filter(|(.., keeps)| !keeps(self));
        let mut problems: Vec<(String, String)> = rules.map(|(field, problem, _)| ((*field).to_owned(), (*problem).to_owned())).collect();
        let redirect = |uri: &str| redirect_uri::check(uri, self.application_type);
        let page =
            |uri: &str| if uri.starts_with("https://") { redirect_uri::check(uri, ApplicationType::Web) } else { Err("must be https") };
        let lists: [(&str, &[String], CheckUri<'_>); 3] = [
            ("redirect_uris", &self.redirect_uris, &redirect),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris, &redirect),
            ("cors_origins", &self.cors_origins, &redirect_uri::check_origin),
        ];
        for (field, uris, check) in lists {
            let wrong = uris.iter().enumerate().filter_map(|(place, uri)| Some((place, check(uri).err()?)));
            problems.extend(wrong.map(|(place, problem)| (format!("{field}[{place}]"), problem.to_owned())));
        }
        let problem = self.backchannel_logout_uri.as_deref().and_then(|uri| self.check_logout_uri(uri).err());
        problems.extend(problem.map(|problem| ("backchannel_logout_uri".to_owned(), problem.to_owned())));
        for (field, uri) in [("jwks_uri", &self.jwks_uri), ("client_uri", &self.client_uri)] {
            let problem = uri.as_deref().and_then(|uri| page(uri).err());
            problems.extend(problem.map(|problem| (field.to_owned(), problem.to_owned())));
        }
        problems
    }

    /// OpenID Connect Back-Channel Logout section 2.2 lets clients that can keep a secret have http; here only on this machine, and
    /// never those that nobody vouches for.
    fn check_logout_uri(&self, uri: &str) -> Result<(), &'static str> {
        let here = uri.starts_with("http://127.0.0.1") || uri.starts_with("http://[::1]");
        let in_clear = here && self.is_confidential() && self.registration != Registration::Dynamic;
        if !uri.starts_with("https://") && !in_clear {
            return Err("must be https; of a client that can keep a secret also http on 127.0.0.1 or [::1]");
        }
        redirect_uri::check(uri, ApplicationType::Web)
    }

    /// The registered redirect URI that this one is, if one.
    pub fn redirect_uri(&self, requested: &str) -> Option<&str> {
        self.redirect_uris.iter().map(String::as_str).find(|registered| redirect_uri::matches(registered, requested, self.application_type))
    }
}

/// How a client came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Made by its organisation.
    Organisation,
    /// Made by whoever runs the installation.
    Operator,
    /// It registered itself (RFC 7591): nobody vouches for it.
    Dynamic,
}

/// Where a client runs (OpenID Connect Registration section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server, or in a browser.
    #[default]
    Web,
    /// On a person's own machine (RFC 8252).
    Native,
}

macro_rules! wire_names {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $wire:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $wire)] $variant,)*
        }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }

            /// The one with this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == name)
            }
        }
    )*};
}

wire_names! {
    /// What tokens are asked with: `grant_type`.
    GrantType {
        /// RFC 6749 section 4.1.3.
        AuthorizationCode "authorization_code",
        /// RFC 6749 section 6.
        RefreshToken "refresh_token",
        /// RFC 6749 section 4.4.2.
        ClientCredentials "client_credentials",
        /// RFC 8628 section 3.4.
        DeviceCode "urn:ietf:params:oauth:grant-type:device_code",
        /// RFC 8693 section 2.1.
        TokenExchange "urn:ietf:params:oauth:grant-type:token-exchange",
    }
    /// How a client authenticates: `token_endpoint_auth_method`.
    ClientAuthentication {
        /// RFC 6749 section 2.3.1, in the header.
        ClientSecretBasic "client_secret_basic",
        /// RFC 6749 section 2.3.1, in the body.
        ClientSecretPost "client_secret_post",
        /// RFC 7523 section 2.2, with a key of its own.
        PrivateKeyJwt "private_key_jwt",
    }
    /// The algorithm of a signature (RFC 7518 section 3.1, RFC 8037 section 3.1).
    SigningAlgorithm {
        /// ECDSA on P-256 with SHA-256.
        Es256 "ES256",
        /// RSA with SHA-256.
        Rs256 "RS256",
        /// Ed25519.
        EdDsa "EdDSA",
    }
}

/// The rules that a client is held to beyond the ordinary ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// None: OAuth 2.1 with RFC 9700.
    #[default]
    Default,
    /// FAPI 2.0 Security Profile.
    Fapi2,
    /// NL GOV Assurance profile for OAuth 2.0.
    Nlgov,
}
