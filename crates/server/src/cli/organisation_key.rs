//! `poort organisation-key`: public id and private key with which an organisation connects its systems.

use clap::{Args, Subcommand, ValueEnum};
use domain::CredentialId;
use domain::client::GrantType;
use serde_json::{Value, json};

use super::api::read_json;
use super::client::Stretch;
use super::column::{Column, Shape, plain, scalar, shaped};
use super::context::Context;
use super::credential::{Expiry, One, RotateArgs, Sort, changes, given, long_duration, permissions};
use super::exit::Exit;
use super::failure::{Attempt, Failure};
use super::import::ImportArgs;
use super::secret::Destination;
use super::texts::Text;

/// What empties a list.
const NONE: &str = "none";

/// What to do with organisation keys.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// List keys with the uses of their private keys; never the private keys themselves
    List {
        /// Only of this organisation: an id or a name; without it all for an operator, the own ones for a person
        #[arg(long)]
        organisation: Option<String>,
        /// Only those that see this workspace alone: an id or a number
        #[arg(long)]
        workspace: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        stretch: Stretch,
    },
    /// Make a key; only PUBLIC-ID:PRIVATE-KEY goes to standard output, once
    #[command(
        mut_arg("expires_at", |at| at.help("When its private key ends by itself")),
        mut_arg("days", |days| days.help("After how many days its private key ends by itself"))
    )]
    Create(Box<CreateArgs>),
    /// Show a key; never its private keys
    Show(One),
    /// Change what a key may do, its OAuth side, workspace or contact
    Update(Box<UpdateArgs>),
    /// Give a key a new private key; public id and id stay
    #[command(
        mut_arg("overlap", |overlap| {
            overlap.value_parser(long_duration).help("Let the old one work this long beside the new one: 90s, 15m, 12h, 7d; at most 90d")
        }),
        mut_arg("expires_at", |at| at.help("When the new private key ends by itself")),
        mut_arg("days", |days| days.help("After how many days the new private key ends by itself"))
    )]
    Rotate {
        #[command(flatten)]
        #[allow(missing_docs)]
        rotation: RotateArgs,
        #[command(flatten)]
        #[allow(missing_docs)]
        expiry: Expiry,
    },
    /// End one of a key's private keys at once, and the access tokens that came with it
    EndPrivateKey {
        /// The key's id
        id: CredentialId,
        /// Which private key: its id, or what it begins with
        private_key: String,
    },
    /// Pause a key, and its access tokens
    Suspend(One),
    /// Make a paused key work again
    Resume(One),
    /// End a key, with its private keys and access tokens, and what people have let it do
    Revoke(One),
    /// End all access tokens that a key has got so far; the key works on
    EndTokens(One),
    /// Import public ids and digests of keys of another system; they work at once
    #[command(mut_arg("file", |file| file.help(super::import::KEY_LINES)))]
    Import(ImportArgs),
}

/// A new organisation key.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name for people
    pub name: String,
    /// Of which organisation: an id or a name; without it, the caller's own
    #[arg(long)]
    pub organisation: Option<String>,
    /// The one workspace that it is to see: an id or a number; without it, all of the organisation's
    #[arg(long)]
    pub workspace: Option<String>,
    /// Whom to write to about it: a mail address
    #[arg(long)]
    pub contact: Option<String>,
    /// When its private key ends.
    #[command(flatten)]
    pub expiry: Expiry,
    /// Its OAuth side.
    #[command(flatten)]
    pub client: ClientArgs,
    /// Where public id and private key go.
    #[command(flatten)]
    pub destination: Destination,
}

/// Changes of an organisation key.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Its id
    pub id: CredentialId,
    /// Its name for people
    #[arg(long)]
    pub name: Option<String>,
    /// The one workspace that it is to see: an id or a number
    #[arg(long, conflicts_with = "all_workspaces")]
    pub workspace: Option<String>,
    /// Let it see all workspaces of its organisation
    #[arg(long)]
    pub all_workspaces: bool,
    /// Whom to write to about it: a mail address
    #[arg(long, conflicts_with = "no_contact")]
    pub contact: Option<String>,
    /// Nobody is to be written to about it
    #[arg(long)]
    pub no_contact: bool,
    /// Let it do all that APIs let organisation keys do
    #[arg(long, conflicts_with = "permissions")]
    pub all_permissions: bool,
    /// Its OAuth side.
    #[command(flatten)]
    pub client: ClientArgs,
}

/// The OAuth side of a key. What is given more than once is a list, which replaces the one before.
#[derive(Debug, Args)]
pub struct ClientArgs {
    /// One thing that it may do, as api:thing:action, or the name of a scope for all of its; may be given more than once [default for a new one: all]
    #[arg(long = "permission", value_name = "PERMISSION")]
    pub permissions: Vec<String>,
    /// Where codes may be sent; may be given more than once; none for none
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out; may be given more than once; none for none
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// An origin whose pages may read answers, such as https://app.example; may be given more than once; none for none
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    pub cors_origins: Vec<String>,
    /// What it may ask tokens with: authorization_code, refresh_token, client_credentials, device_code or token_exchange; may be given more than once; none for none
    #[arg(long = "grant-type", value_name = "GRANT")]
    pub grant_types: Vec<String>,
    /// A scope that it gets where it asks for none; may be given more than once; none for none
    #[arg(long = "default-scope", value_name = "SCOPE")]
    pub default_scopes: Vec<String>,
    /// How it may authenticate: client_secret_basic, client_secret_post or private_key_jwt; may be given more than once; none: not at all, it cannot keep a secret
    #[arg(long, value_name = "METHOD")]
    pub authentication: Vec<String>,
    /// Where it runs
    #[arg(long)]
    pub application_type: Option<ApplicationType>,
    /// The rules that it is held to beyond the ordinary ones
    #[arg(long)]
    pub profile: Option<Profile>,
    /// Its public keys: a file with a JWK set; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    pub jwks: Option<String>,
    /// Where its public keys are
    #[arg(long, value_name = "URI")]
    pub jwks_uri: Option<String>,
    /// The algorithm of its ID tokens: ES256, RS256 or EdDSA
    #[arg(long, value_name = "ALGORITHM")]
    pub id_token_algorithm: Option<String>,
    /// Whether authorization requests must be pushed
    #[arg(long, value_name = "BOOLEAN")]
    pub requires_pushed_requests: Option<bool>,
    /// Whether its access tokens must be bound to a key
    #[arg(long, value_name = "BOOLEAN")]
    pub requires_dpop: Option<bool>,
    /// Whether its refresh tokens rotate
    #[arg(long, value_name = "BOOLEAN")]
    pub rotates_refresh_tokens: Option<bool>,
    /// Where it is told that a session has ended
    #[arg(long, value_name = "URI")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it must be told which session
    #[arg(long, value_name = "BOOLEAN")]
    pub backchannel_logout_session_required: Option<bool>,
    /// Its page for people
    #[arg(long, value_name = "URI")]
    pub client_uri: Option<String>,
}

/// Where a client runs.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ApplicationType {
    /// On a server, or in a browser.
    Web,
    /// On a person's own machine.
    Native,
}

/// The rules that a client is held to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Profile {
    /// OAuth 2.1 with RFC 9700.
    Default,
    /// FAPI 2.0 Security Profile.
    Fapi2,
    /// NL GOV Assurance profile for OAuth 2.0.
    Nlgov,
}

const COLUMNS: [Column; 6] = [
    plain("id", Text::ColumnId),
    plain("name", Text::ColumnName),
    plain("client_id", Text::ColumnClientId),
    shaped("", Text::ColumnState, Shape::State),
    plain("workspace", Text::ColumnWorkspace),
    shaped("private_keys", Text::ColumnPrivateKeys, Shape::PrivateKeys),
];

const DETAILS: [Column; 25] = [
    plain("id", Text::ColumnId),
    plain("name", Text::ColumnName),
    plain("client_id", Text::ColumnClientId),
    shaped("", Text::ColumnState, Shape::State),
    shaped("private_keys", Text::ColumnPrivateKeys, Shape::PrivateKeys),
    plain("organisation", Text::ColumnOrganisation),
    plain("workspace", Text::ColumnWorkspace),
    plain("contact", Text::ColumnContact),
    shaped("permissions", Text::ColumnPermissions, Shape::Names),
    shaped("redirect_uris", Text::ColumnRedirectUris, Shape::Names),
    shaped("post_logout_redirect_uris", Text::ColumnPostLogoutUris, Shape::Names),
    shaped("cors_origins", Text::ColumnOrigins, Shape::Names),
    shaped("grant_types", Text::ColumnGrantTypes, Shape::Names),
    shaped("default_scopes", Text::ColumnDefaultScopes, Shape::Names),
    shaped("authentication", Text::ColumnAuthentication, Shape::Names),
    plain("application_type", Text::ColumnApplicationType),
    plain("profile", Text::ColumnProfile),
    plain("registration", Text::ColumnRegistration),
    plain("jwks_uri", Text::ColumnJwksUri),
    plain("requires_pushed_requests", Text::ColumnPushed),
    plain("requires_dpop", Text::ColumnDpop),
    plain("backchannel_logout_uri", Text::ColumnLogoutUri),
    plain("client_uri", Text::ColumnPage),
    shaped("created_at", Text::ColumnCreated, Shape::Time),
    plain("revision", Text::ColumnRevision),
];

const PATH: &str = "organisation-keys";

const SORT: Sort = Sort {
    path: PATH,
    member: "name",
    details: &DETAILS,
    ask_revoke: Text::AskRevokeKey,
    ask_suspend: Text::AskSuspendKey,
    rotated: Text::RotatedKey,
};

/// Carries it out.
pub(super) fn run(verb: &Verb, context: &mut Context<'_>) -> Attempt<()> {
    match verb {
        Verb::List { organisation, workspace, stretch } => {
            let organisation = organisation.as_deref().map(|named| context.organisation(named)).transpose()?;
            let workspace = workspace.as_deref().map(|named| context.workspace(named)).transpose()?;
            context.list(&[PATH], &[("organisation", organisation), ("workspace", workspace)], stretch, &COLUMNS)
        }
        Verb::Create(arguments) => create(arguments, context),
        Verb::Show(one) => SORT.show(one, context),
        Verb::Update(arguments) => {
            let body = arguments.changes(context)?;
            SORT.update(arguments.id, body, context)
        }
        Verb::Rotate { rotation, expiry } => {
            let body = given([("private_key_ends_at", expiry.at(context).map(|at| json!(at)))]);
            SORT.rotate_with(rotation, body, context)
        }
        Verb::EndPrivateKey { id, private_key } => end_private_key(&id.to_string(), private_key, context),
        Verb::Suspend(one) => SORT.suspend(one, context),
        Verb::Resume(one) => SORT.resume(one, context),
        Verb::Revoke(one) => SORT.revoke(one, context),
        Verb::EndTokens(one) => {
            let id = one.id.to_string();
            context.confirm(Text::AskEndTokens, &[PATH, &id], "name")?;
            let answer = context.post(&[PATH, &id, "access-token-revocations"], json!({}))?;
            context.done(&answer, Text::TokensEnded)
        }
        Verb::Import(arguments) => super::import::run(arguments, &super::import::ORGANISATION_KEYS, context),
    }
}

fn create(arguments: &CreateArgs, context: &mut Context<'_>) -> Attempt<()> {
    let CreateArgs { name, organisation, workspace, contact, expiry, client, destination } = arguments;
    let organisation = context.organisation_or_own(organisation.as_deref())?;
    let workspace = workspace.as_deref().map(|named| context.workspace(named)).transpose()?;
    let own = [
        ("name", Some(json!(name))),
        ("workspace", workspace.map(Value::String)),
        ("contact", contact.as_ref().map(|to| json!(to))),
        ("private_key_ends_at", expiry.at(context).map(|at| json!(at))),
    ];
    let key = given(own.into_iter().chain(client.members(false, context)?));
    let place = destination.open()?;
    place.fill(context, Text::Created, |context| context.post(&["organisations", &organisation, PATH], key))
}

fn end_private_key(id: &str, named: &str, context: &mut Context<'_>) -> Attempt<()> {
    let private_key = match named.parse::<CredentialId>() {
        Ok(id) => id.to_string(),
        Err(_) => {
            let key = context.client.get(&[PATH, id])?.body;
            let all = key.get("private_keys").and_then(Value::as_array).cloned().unwrap_or_default();
            let begins = |kept: &&Value| kept.get("prefix").and_then(Value::as_str).is_some_and(|prefix| prefix == named);
            let found = all.iter().find(begins).and_then(|kept| kept.get("id")).map(scalar);
            found.ok_or_else(|| Failure::with(Exit::NotFound, Text::NoSuchPrivateKey, "prefix", named))?
        }
    };
    context.screen.confirm(Text::AskEndPrivateKey, &[("what", named.to_owned())])?;
    let answer = context.post(&[PATH, id, "private-key-revocations"], json!({ "private_key": private_key }))?;
    context.made(&answer, &DETAILS, Text::PrivateKeyEnded)
}

impl UpdateArgs {
    /// The changes as the API takes them.
    fn changes(&self, context: &mut Context<'_>) -> Attempt<Value> {
        let workspace = self.workspace.as_deref().map(|named| context.workspace(named)).transpose()?;
        let own = [
            ("name", self.name.as_ref().map(|name| json!(name))),
            ("workspace", if self.all_workspaces { Some(Value::Null) } else { workspace.map(Value::String) }),
            ("contact", if self.no_contact { Some(Value::Null) } else { self.contact.as_ref().map(|to| json!(to)) }),
        ];
        changes(own.into_iter().chain(self.client.members(self.all_permissions, context)?))
    }
}

impl ClientArgs {
    /// The members as the API takes them.
    fn members(&self, all_permissions: bool, context: &mut Context<'_>) -> Attempt<Vec<(&'static str, Option<Value>)>> {
        let text = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        let truth = |truth: Option<bool>| truth.map(Value::Bool);
        let application_type = self.application_type.and_then(|kind| kind.to_possible_value());
        let profile = self.profile.and_then(|profile| profile.to_possible_value());
        let jwks = self.jwks.as_deref().map(|file| read_json(file, &mut context.screen)).transpose()?;
        let grant_types: Vec<String> = self.grant_types.iter().map(|name| grant_type(name)).collect();
        Ok(vec![
            ("permissions", permissions(&self.permissions, all_permissions)),
            ("redirect_uris", list(&self.redirect_uris)),
            ("post_logout_redirect_uris", list(&self.post_logout_redirect_uris)),
            ("cors_origins", list(&self.cors_origins)),
            ("grant_types", list(&grant_types)),
            ("default_scopes", list(&self.default_scopes)),
            ("authentication", list(&self.authentication)),
            ("application_type", application_type.map(|value| json!(value.get_name()))),
            ("profile", profile.map(|value| json!(value.get_name()))),
            ("jwks", jwks),
            ("jwks_uri", text(&self.jwks_uri)),
            ("id_token_algorithm", text(&self.id_token_algorithm)),
            ("requires_pushed_requests", truth(self.requires_pushed_requests)),
            ("requires_dpop", truth(self.requires_dpop)),
            ("rotates_refresh_tokens", truth(self.rotates_refresh_tokens)),
            ("backchannel_logout_uri", text(&self.backchannel_logout_uri)),
            ("backchannel_logout_session_required", truth(self.backchannel_logout_session_required)),
            ("client_uri", text(&self.client_uri)),
        ])
    }
}

/// A list as the API takes it, if one was given.
fn list(named: &[String]) -> Option<Value> {
    match named {
        [] => None,
        [none] if none == NONE => Some(json!([])),
        named => Some(json!(named)),
    }
}

/// The name of a grant type on the wire; two are long there.
fn grant_type(name: &str) -> String {
    let long = [("device_code", GrantType::DeviceCode), ("token_exchange", GrantType::TokenExchange)];
    long.iter().find(|(short, _)| *short == name).map_or(name, |(_, grant)| grant.name()).to_owned()
}
