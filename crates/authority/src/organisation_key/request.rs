//! What is asked of a key's OAuth side, and what a new one is where nothing is said.

use std::collections::BTreeSet;

use domain::api::ApiDefinition;
use domain::client::{
    ApplicationType, ClientAuthentication, ClientDefinition, GrantType, MAX_URIS, Profile, Registration, SigningAlgorithm,
};
use domain::permission::Permissions;
use domain::scope::Identity;
use domain::text::Name;
use domain::{Kind, scope};
use serde_json::Value;
use store::{Abort, Tx};

use crate::Error;

/// The most permissions and scopes in one request.
const MAX_REQUESTED: usize = 512;

/// The OAuth side of an organisation key as it is asked for. What is absent stays as it is; of a new key it is as is usual for
/// its profile and application type.
#[derive(Debug, Clone, Default)]
pub struct ClientRequest {
    /// Its name for people.
    pub name: Option<Name>,
    /// Where it runs.
    pub application_type: Option<ApplicationType>,
    /// Where codes may be sent.
    pub redirect_uris: Option<Vec<String>>,
    /// Where a browser may be sent after signing out.
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// The origins whose pages may read answers.
    pub cors_origins: Option<Vec<String>>,
    /// What it may ask tokens with.
    pub grant_types: Option<Vec<GrantType>>,
    /// What it may do at most.
    pub permissions: Option<RequestedPermissions>,
    /// The scopes that it gets where it asks for none.
    pub default_scopes: Option<Vec<String>>,
    /// How it may authenticate.
    pub authentication: Option<Vec<ClientAuthentication>>,
    /// The rules that it is held to.
    pub profile: Option<Profile>,
    /// Its public keys, or none.
    pub jwks: Option<Option<Value>>,
    /// Where its public keys are, or nowhere.
    pub jwks_uri: Option<Option<String>>,
    /// The algorithm of its ID tokens, or the usual one.
    pub id_token_algorithm: Option<Option<SigningAlgorithm>>,
    /// Whether authorization requests must be pushed.
    pub requires_pushed_requests: Option<bool>,
    /// Whether its access tokens must be bound to a key.
    pub requires_dpop: Option<bool>,
    /// Whether its refresh tokens rotate, or as is usual.
    pub rotates_refresh_tokens: Option<Option<bool>>,
    /// Where it is told that a session has ended, or nowhere.
    pub backchannel_logout_uri: Option<Option<String>>,
    /// [`ClientDefinition::backchannel_logout_session_required`].
    pub backchannel_logout_session_required: Option<bool>,
    /// Its page for people, or none.
    pub client_uri: Option<Option<String>>,
}

/// What a key is to be allowed at most, by names.
#[derive(Debug, Clone)]
pub enum RequestedPermissions {
    /// All that APIs let organisation keys do, now and later.
    All,
    /// Names of permissions, and of scopes: a scope stands for the permissions that it has now.
    Named(Vec<String>),
}

impl ClientRequest {
    /// The definition of a new key, without its public id; its permissions are read in the transaction.
    pub(super) fn definition(self) -> Result<ClientDefinition, Error> {
        let name = self.name.clone().ok_or_else(|| Error::invalid("name", "is missing"))?;
        let mut definition = usual(name, self.profile.unwrap_or_default(), self.application_type.unwrap_or_default());
        if self.jwks.as_ref().is_some_and(Option::is_some) || self.jwks_uri.as_ref().is_some_and(Option::is_some) {
            definition.authentication = vec![ClientAuthentication::PrivateKeyJwt];
        }
        let named = self.grant_types.is_some();
        self.apply(&mut definition);
        if !named {
            definition.grant_types = usual_grants(&definition);
        }
        Ok(definition)
    }

    /// Changes a definition, but for its permissions.
    pub(super) fn apply(self, definition: &mut ClientDefinition) {
        fn set<T>(place: &mut T, asked: Option<T>) {
            if let Some(asked) = asked {
                *place = asked;
            }
        }
        set(&mut definition.name, self.name);
        set(&mut definition.application_type, self.application_type);
        set(&mut definition.redirect_uris, self.redirect_uris.map(once_each));
        set(&mut definition.post_logout_redirect_uris, self.post_logout_redirect_uris.map(once_each));
        set(&mut definition.cors_origins, self.cors_origins.map(once_each));
        set(&mut definition.grant_types, self.grant_types.map(once_each));
        set(&mut definition.default_scopes, self.default_scopes.map(once_each));
        set(&mut definition.authentication, self.authentication.map(once_each));
        set(&mut definition.profile, self.profile);
        set(&mut definition.jwks, self.jwks);
        set(&mut definition.jwks_uri, self.jwks_uri);
        set(&mut definition.id_token_algorithm, self.id_token_algorithm);
        set(&mut definition.requires_pushed_requests, self.requires_pushed_requests);
        set(&mut definition.requires_dpop, self.requires_dpop);
        set(&mut definition.rotates_refresh_tokens, self.rotates_refresh_tokens);
        set(&mut definition.backchannel_logout_uri, self.backchannel_logout_uri);
        set(&mut definition.backchannel_logout_session_required, self.backchannel_logout_session_required);
        set(&mut definition.client_uri, self.client_uri);
    }
}

/// A client without grants and with all permissions, that authenticates with its private key.
pub fn plain_client(name: Name) -> ClientDefinition {
    usual(name, Profile::Default, ApplicationType::Web)
}

/// A client without grants and with all permissions, as is usual for its profile and application type.
fn usual(name: Name, profile: Profile, application_type: ApplicationType) -> ClientDefinition {
    // A native program cannot keep a secret (RFC 8252 section 8.5); the profiles want keys of the client's own.
    let authentication = match (profile, application_type) {
        (Profile::Fapi2, _) | (Profile::Nlgov, ApplicationType::Web) => vec![ClientAuthentication::PrivateKeyJwt],
        (_, ApplicationType::Native) => Vec::new(),
        (Profile::Default, ApplicationType::Web) => vec![ClientAuthentication::ClientSecretBasic, ClientAuthentication::ClientSecretPost],
    };
    ClientDefinition {
        client_id: String::new(),
        name,
        registration: Registration::Organisation,
        application_type,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        cors_origins: Vec::new(),
        grant_types: Vec::new(),
        permissions: Permissions::All,
        default_scopes: Vec::new(),
        authentication,
        profile,
        jwks: None,
        jwks_uri: None,
        id_token_algorithm: None,
        requires_pushed_requests: profile == Profile::Fapi2,
        requires_dpop: profile == Profile::Fapi2,
        rotates_refresh_tokens: None,
        backchannel_logout_uri: None,
        backchannel_logout_session_required: false,
        client_uri: None,
    }
}

/// The code flow for whom codes can be sent to, client credentials for who can authenticate; NL GOV lets a client do one of them only.
fn usual_grants(definition: &ClientDefinition) -> Vec<GrantType> {
    let (code, confidential) = (!definition.redirect_uris.is_empty(), definition.is_confidential());
    let itself = confidential && !(code && definition.profile == Profile::Nlgov);
    let of_code = [GrantType::AuthorizationCode, GrantType::RefreshToken].into_iter().filter(|_| code);
    of_code.chain(itself.then_some(GrantType::ClientCredentials)).collect()
}

/// Each item once, in their order; a list that is too long stays as it is, and is refused.
fn once_each<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    if items.len() > MAX_URIS {
        return items;
    }
    items.into_iter().fold(Vec::new(), |mut kept, item| {
        if !kept.contains(&item) {
            kept.push(item);
        }
        kept
    })
}

/// The permissions that were asked for by names; each must be of an API that takes organisation keys.
pub(super) async fn permissions(tx: &mut Tx<'_>, requested: &RequestedPermissions) -> Result<Permissions, Abort<Error>> {
    let RequestedPermissions::Named(names) = requested else { return Ok(Permissions::All) };
    if names.len() > MAX_REQUESTED {
        return Err(Abort::Refused(Error::invalid("permissions", format!("must be {MAX_REQUESTED} at most"))));
    }
    let apis = tx.apis().await?;
    let (mut held, mut problems) = (BTreeSet::new(), Vec::new());
    for (place, name) in names.iter().enumerate() {
        match apis.iter().find(|(api, _)| knows(api, name)) {
            Some((api, _)) if takes_keys(api) => {
                let of_scope = api.scopes.iter().find(|scope| scope.name.as_str() == name);
                let all_of_scope = of_scope.is_some_and(|scope| scope.permissions.is_empty());
                let listed = of_scope.map(|scope| scope.permissions.as_slice()).unwrap_or_default();
                let known = api.permissions.iter().map(|permission| &permission.name);
                held.extend(known.filter(|known| known.as_str() == name || all_of_scope || listed.contains(known)).cloned());
            }
            Some(_) => problems.push((format!("permissions[{place}]"), "is of an API that takes no organisation keys".to_owned())),
            None => problems.push((format!("permissions[{place}]"), "no API has a permission or a scope of this name".to_owned())),
        }
    }
    if problems.is_empty() { Ok(Permissions::Only(held)) } else { Err(Abort::Refused(Error::Invalid(problems))) }
}

/// Each default scope is one of OpenID Connect, or a scope or a permission of an API.
pub(super) async fn check_default_scopes(tx: &mut Tx<'_>, definition: &ClientDefinition) -> Result<(), Abort<Error>> {
    if definition.default_scopes.is_empty() {
        return Ok(());
    }
    if definition.default_scopes.iter().map(|name| name.len() + 1).sum::<usize>() > scope::MAX_REQUESTED_BYTES {
        return Err(Abort::Refused(Error::invalid("default_scopes", "must be 2000 characters at most in all")));
    }
    let apis = tx.apis().await?;
    let known = |name: &str| Identity::named(name).is_some() || apis.iter().any(|(api, _)| knows(api, name));
    let unknown = definition.default_scopes.iter().enumerate().filter(|(_, name)| !known(name));
    let problems: Vec<(String, String)> =
        unknown.map(|(place, _)| (format!("default_scopes[{place}]"), "no API has a scope of this name".to_owned())).collect();
    if problems.is_empty() { Ok(()) } else { Err(Abort::Refused(Error::Invalid(problems))) }
}

fn knows(api: &ApiDefinition, name: &str) -> bool {
    api.permissions.iter().any(|permission| permission.name.as_str() == name) || api.scopes.iter().any(|scope| scope.name.as_str() == name)
}

fn takes_keys(api: &ApiDefinition) -> bool {
    api.credentials.iter().any(|kind| matches!(kind, Kind::OrganisationKey | Kind::AccessToken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(profile: Profile, application_type: ApplicationType, redirect_uri: Option<&str>) -> ClientRequest {
        ClientRequest {
            name: Some(Name::new("Koppeling").expect("a name")),
            profile: Some(profile),
            application_type: Some(application_type),
            redirect_uris: redirect_uri.map(|uri| vec![uri.to_owned()]),
            ..ClientRequest::default()
        }
    }

    #[test]
    fn a_new_key_can_do_what_is_usual() {
        use ApplicationType::{Native, Web};
        use ClientAuthentication::{ClientSecretBasic, ClientSecretPost, PrivateKeyJwt};
        use GrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
        let secret = vec![ClientSecretBasic, ClientSecretPost];
        let (code, loopback) = (Some("https://app.example/cb"), Some("http://127.0.0.1/cb"));
        let cases = [
            (Profile::Default, Web, None, vec![ClientCredentials], secret.clone()),
            (Profile::Default, Web, code, vec![AuthorizationCode, RefreshToken, ClientCredentials], secret),
            (Profile::Default, Native, loopback, vec![AuthorizationCode, RefreshToken], vec![]),
            (Profile::Nlgov, Web, code, vec![AuthorizationCode, RefreshToken], vec![PrivateKeyJwt]),
            (Profile::Nlgov, Web, None, vec![ClientCredentials], vec![PrivateKeyJwt]),
            (Profile::Nlgov, Native, loopback, vec![AuthorizationCode, RefreshToken], vec![]),
            (Profile::Fapi2, Web, code, vec![AuthorizationCode, RefreshToken, ClientCredentials], vec![PrivateKeyJwt]),
        ];
        for (profile, application, redirect_uri, grants, authentication) in cases {
            let jwks = serde_json::json!({"keys": [{"kty": "OKP"}]});
            let asked = request(profile, application, redirect_uri);
            let asked = if authentication == [PrivateKeyJwt] { ClientRequest { jwks: Some(Some(jwks)), ..asked } } else { asked };
            let made = asked.definition().expect("named");
            assert_eq!((&made.grant_types, &made.authentication), (&grants, &authentication), "{profile:?} {application:?}");
            assert_eq!(made.problems(), [], "{profile:?} {application:?}");
        }
    }
}
