//! What a client says about itself when it registers (RFC 7591 section 2): read, made a client of, and told back.

use authority::plain_client;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::{ApplicationType, ClientAuthentication, ClientDefinition, GrantType, SigningAlgorithm};
use domain::organisation_key::OrganisationKey;
use domain::permission::Permissions;
use domain::text::{Email, Name};
use jose::JwkSet;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::connect::{Code, ConnectError};

/// What is read of a registration; whatever else a client says is passed over (section 2), so that nobody gives themselves rights.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    pub(super) client_id: Option<String>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    client_name: Option<String>,
    client_uri: Option<String>,
    contacts: Option<Vec<String>>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    software_statement: Option<String>,
    application_type: Option<String>,
    post_logout_redirect_uris: Option<Vec<String>>,
    id_token_signed_response_alg: Option<String>,
    require_pushed_authorization_requests: Option<bool>,
    dpop_bound_access_tokens: Option<bool>,
    backchannel_logout_uri: Option<String>,
    backchannel_logout_session_required: Option<bool>,
}

/// Scopes of OpenID Connect that every client may ask a person for.
const IDENTITY: &str = "openid profile email offline_access";
/// The name of a client that gives none and has no redirect URI.
const NAMELESS: &str = "app without a name";

impl Metadata {
    /// The client that it is about. `permissions` are those of every client that registers itself.
    pub(super) fn client(self, permissions: Permissions) -> Result<(ClientDefinition, Option<Email>), ConnectError> {
        refuse_statement(self.software_statement.as_deref())?;
        let grant_types = self.grant_types()?;
        let application_type = match self.application_type.as_deref() {
            None | Some("web") => ApplicationType::Web,
            Some("native") => ApplicationType::Native,
            Some(_) => return Err(wrong("application_type must be web or native")),
        };
        let authentication = self.authentication(application_type)?;
        let jwks = self.keys()?;
        let redirect_uris = self.redirect_uris.unwrap_or_default();
        let name = self.client_name.or_else(|| redirect_uris.first().and_then(|uri| host(uri))).unwrap_or_else(|| NAMELESS.to_owned());
        let name = Name::new(&name).map_err(|_| wrong("client_name must be one line of 1 to 200 characters"))?;
        let algorithm = |name: String| SigningAlgorithm::named(&name).ok_or_else(|| wrong("id_token_signed_response_alg is not supported"));
        let id_token_algorithm = self.id_token_signed_response_alg.map(algorithm).transpose()?;
        let contact = match self.contacts.unwrap_or_default().as_slice() {
            [] => None,
            [one] => Some(Email::new(one).map_err(|_| wrong("contacts must be one mail address"))?),
            _ => return Err(wrong("contacts must be one mail address")),
        };
        // A self-made client could make this server call on others otherwise.
        if self.backchannel_logout_uri.as_deref().is_some_and(|uri| !redirect_uris.iter().any(|known| host(known) == host(uri))) {
            return Err(wrong("backchannel_logout_uri must be at the host of a redirect URI"));
        }
        let definition = ClientDefinition {
            application_type,
            redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris.unwrap_or_default(),
            grant_types,
            permissions,
            authentication,
            jwks,
            id_token_algorithm,
            requires_pushed_requests: self.require_pushed_authorization_requests.unwrap_or_default(),
            requires_dpop: self.dpop_bound_access_tokens.unwrap_or_default(),
            backchannel_logout_uri: self.backchannel_logout_uri,
            backchannel_logout_session_required: self.backchannel_logout_session_required.unwrap_or_default(),
            client_uri: self.client_uri,
            ..plain_client(name)
        };
        Ok((definition, contact))
    }

    /// Grant types and response types say the same (section 2.1).
    fn grant_types(&self) -> Result<Vec<GrantType>, ConnectError> {
        let mut grant_types = Vec::new();
        let asked = self.grant_types.clone().unwrap_or_else(|| vec![GrantType::AuthorizationCode.name().to_owned()]);
        for name in &asked {
            let grant = GrantType::named(name).ok_or_else(|| wrong("grant_types holds one that is not supported"))?;
            if grant_types.contains(&grant) {
                return Err(wrong("grant_types holds one twice"));
            }
            grant_types.push(grant);
        }
        let code: &[&str] = if grant_types.contains(&GrantType::AuthorizationCode) { &["code"] } else { &[] };
        if self.response_types.as_ref().is_some_and(|types| types != code) {
            return Err(wrong("response_types must be code with authorization_code, and empty without it"));
        }
        Ok(grant_types)
    }

    /// A native program gets no secret, whatever it asks for: it could not keep it (RFC 8252 section 8.5). It is told so by what is
    /// registered (section 3.2.1).
    fn authentication(&self, application_type: ApplicationType) -> Result<Vec<ClientAuthentication>, ConnectError> {
        let method = match self.token_endpoint_auth_method.as_deref() {
            None => ClientAuthentication::ClientSecretBasic,
            Some("none") => return Ok(Vec::new()),
            Some(name) => ClientAuthentication::named(name).ok_or_else(|| wrong("token_endpoint_auth_method is not supported"))?,
        };
        let keeps = application_type == ApplicationType::Web || method == ClientAuthentication::PrivateKeyJwt;
        Ok(if keeps { vec![method] } else { Vec::new() })
    }

    /// Keys are sent along: none are ever fetched for a client that nobody vouches for.
    fn keys(&self) -> Result<Option<Value>, ConnectError> {
        if self.jwks_uri.is_some() {
            return Err(wrong("jwks_uri is not taken: send the keys themselves in jwks, not both"));
        }
        if let Some(jwks) = &self.jwks {
            JwkSet::parse(jwks.to_string().as_bytes()).map_err(|_| wrong("jwks must be a set of public keys for signatures"))?;
        }
        Ok(self.jwks.clone())
    }
}

/// The metadata of a client as they are registered (section 3.2.1).
pub(super) fn registered(key: &OrganisationKey) -> Value {
    let client = &key.definition;
    let response_types: &[&str] = if client.may(GrantType::AuthorizationCode) { &["code"] } else { &[] };
    let permissions = match &client.permissions {
        Permissions::Only(names) => names.iter().map(|name| format!(" {name}")).collect::<String>(),
        Permissions::All => String::new(),
    };
    let method = client.authentication.first().map_or("none", |method| method.name());
    let mut metadata = json!({
        "client_id": client.client_id,
        "client_id_issued_at": key.created_at.unix_seconds(),
        "client_name": client.name.as_str(),
        "redirect_uris": client.redirect_uris,
        "grant_types": client.grant_types,
        "response_types": response_types,
        "token_endpoint_auth_method": method,
        "scope": format!("{IDENTITY}{permissions}"),
        "application_type": client.application_type,
        "id_token_signed_response_alg": client.id_token_algorithm.unwrap_or(SigningAlgorithm::Es256).name(),
        "require_pushed_authorization_requests": client.requires_pushed_requests,
        "dpop_bound_access_tokens": client.requires_dpop,
        "backchannel_logout_session_required": client.backchannel_logout_session_required,
    });
    let some = [
        ("client_uri", client.client_uri.as_ref().map(|uri| json!(uri))),
        ("jwks", client.jwks.clone()),
        ("backchannel_logout_uri", client.backchannel_logout_uri.as_ref().map(|uri| json!(uri))),
        ("contacts", key.contact.as_ref().map(|contact| json!([contact]))),
        ("post_logout_redirect_uris", (!client.post_logout_redirect_uris.is_empty()).then(|| json!(client.post_logout_redirect_uris))),
    ];
    for (name, value) in some {
        if let (Some(value), Some(members)) = (value, metadata.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
    }
    metadata
}

/// Nobody's word about a client is taken here; one that is no signed JWT is not even somebody's word (section 2.3).
fn refuse_statement(statement: Option<&str>) -> Result<(), ConnectError> {
    let Some(statement) = statement else { return Ok(()) };
    let parts: Vec<&str> = statement.split('.').collect();
    let header = parts.first().and_then(|header| URL_SAFE_NO_PAD.decode(header).ok());
    let header: Option<Value> = header.and_then(|header| serde_json::from_slice(&header).ok());
    let algorithm = header.as_ref().and_then(|header| header.get("alg")).and_then(Value::as_str);
    let is_signed = parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) && algorithm.is_some_and(|name| name != "none");
    Err(if is_signed { Code::UnapprovedSoftwareStatement.into() } else { Code::InvalidSoftwareStatement.into() })
}

fn host(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    rest.split(['/', '?', ':']).next().filter(|host| !host.is_empty()).map(str::to_owned)
}

fn wrong(words: &'static str) -> ConnectError {
    ConnectError::new(Code::InvalidClientMetadata).describe(words)
}
