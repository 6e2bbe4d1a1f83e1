//! What is asked of organisation keys: new ones, changed ones, and those of another system.

use authority::{ClientRequest, OrganisationKeyRow};
use domain::client::{ApplicationType, ClientAuthentication, GrantType, Profile, SigningAlgorithm};
use domain::organisation_token::Username;
use domain::text::{Email, Name};
use domain::{Digest, OrganisationId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::answer::Done;
use super::call::Call;
use super::import::{Imported, Readable};
use super::json::{Body, given};
use super::permission::PermissionWish;
use crate::edge::Problem;

/// The three bodies have the OAuth side in common, each member of which may be left out.
macro_rules! bodies {
    ($($(#[$meta:meta])* $member:ident: $type:ty,)*) => {
        /// A new organisation key.
        #[derive(Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct NewOrganisationKey {
            /// Its name for people: 1 to 100 characters.
            #[schema(value_type = String, min_length = 1, max_length = 100)]
            name: Name,
            /// The one workspace that it is to see; left out: all of the organisation's, also those to come.
            #[serde(default)]
            #[schema(value_type = Option<String>, format = Uuid)]
            workspace: Option<WorkspaceId>,
            /// Whom to write to about it.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 254)]
            contact: Option<Email>,
            /// When its private key ends by itself, within 20 years; left out: never.
            #[serde(default)]
            #[schema(value_type = Option<String>, format = DateTime)]
            private_key_ends_at: Option<Timestamp>,
            /// What it may do at most. Of a new one, if left out: all that APIs let organisation keys do, now and later.
            #[serde(default)]
            permissions: Option<PermissionWish>,
            $($(#[$meta])* $member: $type,)*
        }

        /// Changes of an organisation key; what is left out stays as it is.
        #[derive(Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct OrganisationKeyUpdate {
            /// Another name: 1 to 100 characters.
            #[serde(default)]
            #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
            name: Option<Name>,
            /// Another workspace; null: all of the organisation's.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<String>, format = Uuid)]
            workspace: Option<Option<WorkspaceId>>,
            /// Another contact; null: nobody.
            #[serde(default, deserialize_with = "given")]
            #[schema(value_type = Option<String>, max_length = 254)]
            contact: Option<Option<Email>>,
            /// What it may do at most. Of a new one, if left out: all that APIs let organisation keys do, now and later.
            #[serde(default)]
            permissions: Option<PermissionWish>,
            $($(#[$meta])* $member: $type,)*
        }

        /// One organisation key to import.
        #[derive(Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct ImportedOrganisationKey {
            /// Whose.
            #[schema(value_type = String, format = Uuid)]
            organisation: OrganisationId,
            /// The one workspace that it is to see; left out: all of the organisation's, also those to come.
            #[serde(default)]
            #[schema(value_type = Option<String>, format = Uuid)]
            workspace: Option<WorkspaceId>,
            /// Its public id: 1 to 100 visible ASCII characters without a colon.
            #[schema(value_type = String, min_length = 1, max_length = 100)]
            client_id: Username,
            /// SHA-256 of its private key: 64 hexadecimal digits or 44 characters of padded Base64.
            #[schema(value_type = String, min_length = 44, max_length = 64)]
            digest: Digest,
            /// Its name for people: 1 to 100 characters.
            #[schema(value_type = String, min_length = 1, max_length = 100)]
            name: Name,
            /// Whom to write to about it.
            #[serde(default)]
            #[schema(value_type = Option<String>, max_length = 254)]
            contact: Option<Email>,
            /// What it may do at most. Of a new one, if left out: all that APIs let organisation keys do, now and later.
            #[serde(default)]
            permissions: Option<PermissionWish>,
            $($(#[$meta])* $member: $type,)*
        }

        impl From<NewOrganisationKey> for authority::NewOrganisationKey {
            fn from(new: NewOrganisationKey) -> Self {
                let NewOrganisationKey { name, workspace, contact, private_key_ends_at, permissions, $($member,)* } = new;
                Self { workspace, contact, private_key_ends_at, client: ClientRequest { name: Some(name), permissions: permissions.map(|wish| wish.0), $($member,)* } }
            }
        }

        impl OrganisationKeyUpdate {
            /// As the use case takes it.
            pub(super) fn read(self, expected_revision: Option<i64>) -> authority::OrganisationKeyUpdate {
                let Self { name, workspace, contact, permissions, $($member,)* } = self;
                authority::OrganisationKeyUpdate { expected_revision, workspace, contact, client: ClientRequest { name, permissions: permissions.map(|wish| wish.0), $($member,)* } }
            }
        }

        impl From<ImportedOrganisationKey> for OrganisationKeyRow {
            fn from(row: ImportedOrganisationKey) -> Self {
                let ImportedOrganisationKey { organisation, workspace, client_id, digest, name, contact, permissions, $($member,)* } = row;
                Self { organisation, workspace, client_id, digest, contact, client: ClientRequest { name: Some(name), permissions: permissions.map(|wish| wish.0), $($member,)* } }
            }
        }
    };
}

bodies! {
    /// Where it runs; `native` programs cannot keep a secret.
    #[serde(default)]
    #[schema(value_type = Option<ApplicationTypeName>)]
    application_type: Option<ApplicationType>,
    /// Where codes may be sent, 50 at most: `https`, `http` on the loopback address, or the private scheme of a native program.
    #[serde(default)]
    #[schema(max_items = 50)]
    redirect_uris: Option<Vec<String>>,
    /// Where a browser may be sent after signing out, 50 at most.
    #[serde(default)]
    #[schema(max_items = 50)]
    post_logout_redirect_uris: Option<Vec<String>>,
    /// The origins whose pages may read answers, 50 at most: `https://app.example`.
    #[serde(default)]
    #[schema(max_items = 50)]
    cors_origins: Option<Vec<String>>,
    /// What it may ask tokens with. Of a new one, if left out: the code flow with refresh tokens where there are redirect URIs,
    /// `client_credentials` where it can authenticate.
    #[serde(default)]
    #[schema(value_type = Option<Vec<GrantTypeName>>)]
    grant_types: Option<Vec<GrantType>>,
    /// The scopes that it gets where it asks for none in the code flow; empty: all of its scopes.
    #[serde(default)]
    default_scopes: Option<Vec<String>>,
    /// How it may authenticate, pinned; empty: it cannot keep a secret. Of a new one, if left out: with its private key, in the header or
    /// in the body; with a key of its own where it has one or its profile asks for it; not at all if it is native. Without a
    /// secret, its private keys end.
    #[serde(default)]
    #[schema(value_type = Option<Vec<AuthenticationName>>)]
    authentication: Option<Vec<ClientAuthentication>>,
    /// The rules that it is held to beyond the ordinary ones; `default` of a new one, if left out.
    #[serde(default)]
    #[schema(value_type = Option<ProfileName>)]
    profile: Option<Profile>,
    /// Its public keys as a JWK set; null takes them away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    jwks: Option<Option<Value>>,
    /// Where its public keys are; null: nowhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    jwks_uri: Option<Option<String>>,
    /// The algorithm of its ID tokens; null: `ES256`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<SigningAlgorithmName>)]
    id_token_algorithm: Option<Option<SigningAlgorithm>>,
    /// Whether authorization requests must be pushed (RFC 9126).
    #[serde(default)]
    requires_pushed_requests: Option<bool>,
    /// Whether its access tokens must be bound to a key (RFC 9449).
    #[serde(default)]
    requires_dpop: Option<bool>,
    /// Whether its refresh tokens rotate; null: those of public clients do.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    rotates_refresh_tokens: Option<Option<bool>>,
    /// Where it is told that a session has ended; null: nowhere.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    backchannel_logout_uri: Option<Option<String>>,
    /// Whether it must be told which session; it is told in any case.
    #[serde(default)]
    backchannel_logout_session_required: Option<bool>,
    /// Its page for people; null: none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 2000)]
    client_uri: Option<Option<String>>,
}

/// Organisation keys to import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganisationKeyImport {
    /// At most 1,000 rows. Each is a change of its own: a refused one leaves the others alone, a repeated one changes nothing.
    #[schema(value_type = Vec<ImportedOrganisationKey>, max_items = 1000)]
    keys: Vec<Value>,
}

impl Body for NewOrganisationKey {}
impl Body for OrganisationKeyUpdate {}
impl Body for OrganisationKeyImport {}

pub(super) async fn import(call: Call, body: OrganisationKeyImport) -> Result<Done<Imported>, Problem> {
    let (rows, readable) = Readable::split::<ImportedOrganisationKey, _>("keys", body.keys)?;
    Ok(readable.report(call.authority().import_organisation_keys(&call.context, rows).await?))
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident as $schema:ident { $($(#[$variant_doc:meta])* $variant:ident $wire:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        #[schema(as = $schema)]
        #[expect(dead_code, reason = "only its schema is used")]
        pub(super) enum $name {
            $($(#[$variant_doc])* #[serde(rename = $wire)] $variant,)*
        }
    )*};
}

names! {
    /// Where a client runs.
    ApplicationTypeName as ApplicationType {
        /// On a server, or in a browser.
        Web "web",
        /// On a person's own machine (RFC 8252).
        Native "native",
    }
    /// What tokens are asked with.
    GrantTypeName as GrantType {
        /// RFC 6749 section 4.1.
        AuthorizationCode "authorization_code",
        /// RFC 6749 section 6.
        RefreshToken "refresh_token",
        /// RFC 6749 section 4.4.
        ClientCredentials "client_credentials",
        /// RFC 8628.
        DeviceCode "urn:ietf:params:oauth:grant-type:device_code",
        /// RFC 8693.
        TokenExchange "urn:ietf:params:oauth:grant-type:token-exchange",
    }
    /// How a client authenticates.
    AuthenticationName as ClientAuthentication {
        /// With its private key, in the header.
        ClientSecretBasic "client_secret_basic",
        /// With its private key, in the body.
        ClientSecretPost "client_secret_post",
        /// With a key of its own (RFC 7523).
        PrivateKeyJwt "private_key_jwt",
    }
    /// The rules that a client is held to beyond the ordinary ones.
    ProfileName as Profile {
        /// None: OAuth 2.1 with RFC 9700.
        Default "default",
        /// FAPI 2.0 Security Profile.
        Fapi2 "fapi2",
        /// NL GOV Assurance profile for OAuth 2.0.
        Nlgov "nlgov",
    }
    /// The algorithm of a signature.
    SigningAlgorithmName as SigningAlgorithm {
        /// ECDSA on P-256 with SHA-256.
        Es256 "ES256",
        /// RSA with SHA-256.
        Rs256 "RS256",
        /// Ed25519.
        EdDsa "EdDSA",
    }
}
