//! The table of all routes: what there is, who may use it, what it takes, what it gives.

use std::pin::Pin;
use std::sync::Arc;

use authority::Right;
use axum::extract::Request;
use axum::response::Response;
use http::Method;

use super::announcement::{AnnouncementBody, AnnouncementView};
use super::answer::{Created, Done, Listed, Nothing, Shown};
use super::api::{Api, ApiBody};
use super::audit::{AuditEntry, AuditRecord};
use super::caller::Who;
use super::credential::{ApiCredential, IssuedApiCredential, IssuedOperatorToken, NewCredential, OperatorToken};
use super::delegation::{Closed, Closing, Delegation, DelegationConfirmation, DelegationUpdate, Explained, NewDelegation};
use super::fence::{Confirmation, FenceState};
use super::impact::Impact;
use super::import::{Import, Imported};
use super::invitation::{Invitation, NewInvitation};
use super::json::NoBody;
use super::membership::{Membership, MembershipUpdate, Move, NewMembership};
use super::node::Node;
use super::openapi::{Described, Document, Schemas};
use super::operator::Operator;
use super::organisation::{NewOrganisation, Organisation, OrganisationUpdate};
use super::organisation_key::{IssuedOrganisationKey, OrganisationKey, PrivateKeyRevocation, PrivateKeyRotation};
use super::organisation_key_request::{NewOrganisationKey, OrganisationKeyImport, OrganisationKeyUpdate};
use super::organisation_token::{IssuedOrganisationToken, NewOrganisationToken, OrganisationToken};
use super::organisation_token_import::OrganisationTokenImport;
use super::person::{NewPerson, Person, PersonUpdate};
use super::personal_token::{IssuedToken, NewToken, Revoked, Rotation, Token, TokenUpdate};
use super::query::{
    ANNOUNCEMENTS, AUDIT, AUDIT_LOG, DELEGATIONS, NONE, ORGANISATION_KEYS, ORGANISATION_TOKENS, PAGE, PEOPLE, Parameter, TOKENS, USAGE,
    WORKSPACES,
};
use super::refusal::RefusedRequest;
use super::server_key::{KeyRotation, ServerKey};
use super::usage::Usage;
use super::verify::VerifyRequest;
use super::verify_answer::Verdict;
use super::whoami::Identity;
use super::workspace::{NewWorkspace, Workspace, WorkspaceUpdate};
use super::{
    ApiState, announcement, api, audit, call, credential, delegation, fence, import, invitation, membership, node, openapi, operator,
    organisation, organisation_key, organisation_key_request, organisation_token, organisation_token_import, person, personal_token,
    refusal, server_key, usage, verify, whoami, workspace,
};
use crate::edge::Problem;

/// A row of the table.
pub struct Route {
    /// The method; `HEAD` follows `GET`.
    pub method: Method,
    /// The path, with at most one parameter.
    pub path: &'static str,
    /// Who may use it. What they may see or change by it is the use case's to say.
    pub who: Who,
    /// The query parameters that it knows.
    pub query: &'static [Parameter],
    /// What it does, in one line.
    pub summary: &'static str,
    /// Its function, as `module::function`.
    pub(super) name: &'static str,
    /// Its schemas.
    pub(super) describe: fn(&mut Schemas) -> Described,
    /// Answers a request.
    pub(super) handler: fn(Arc<ApiState>, &'static Route, Request) -> Handling,
}

/// An answer on its way.
pub(super) type Handling = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;

impl Route {
    /// Whether `If-Match` guards it: the things that have a revision.
    pub(super) fn takes_if_match(&self) -> bool {
        let patched = [
            "/api/v1/tokens/{id}",
            "/api/v1/delegations/{id}",
            "/api/v1/organisation-tokens/{id}",
            "/api/v1/organisation-keys/{id}",
            "/api/v1/workspaces/{id}",
        ];
        match self.method.as_str() {
            "PATCH" => patched.contains(&self.path),
            "PUT" => self.path == "/api/v1/apis/{name}",
            _ => false,
        }
    }
}

const ANYONE: Who = Who::Anyone;
const API: Who = Who::Api;
const KNOWN: Who = Who::Known;
const OPERATOR: Who = Who::Operator;
const PEOPLE_READ: Who = Who::Holder(&[Right::PeopleRead]);
const PEOPLE_WRITE: Who = Who::Holder(&[Right::PeopleWrite]);
const TOKENS_READ: Who = Who::Holder(&[Right::TokensRead, Right::PeopleRead]);
const USAGE_READ: Who = Who::Holder(&[Right::PeopleRead, Right::OrganisationTokensRead, Right::OrganisationKeysRead]);
const TOKENS_WRITE: Who = Who::Holder(&[Right::TokensWrite, Right::PeopleWrite]);
/// Of whatever they may read, people are told why it was refused.
const EXPLAINED: Who =
    Who::Holder(&[Right::TokensRead, Right::PeopleRead, Right::OrganisationTokensRead, Right::OrganisationKeysRead, Right::WorkspacesRead]);
const ORG_TOKENS_READ: Who = Who::Holder(&[Right::OrganisationTokensRead]);
const ORG_TOKENS_WRITE: Who = Who::Holder(&[Right::OrganisationTokensWrite]);
const KEYS_READ: Who = Who::Holder(&[Right::OrganisationKeysRead]);
const KEYS_WRITE: Who = Who::Holder(&[Right::OrganisationKeysWrite]);
const DELEGATIONS_READ: Who = Who::Holder(&[Right::DelegationsRead]);
const DELEGATIONS_WRITE: Who = Who::Holder(&[Right::DelegationsWrite]);
const AUDIT_READ: Who = Who::Holder(&[Right::AuditRead]);
const WORKSPACES_READ: Who = Who::Holder(&[Right::WorkspacesRead]);
const WORKSPACES_WRITE: Who = Who::Holder(&[Right::WorkspacesWrite]);

macro_rules! routes {
    (
        $($method:ident $path:literal $who:ident $query:ident, $function:path, $body:ty => $answer:ty, $summary:literal;)*
        => direct $($d_method:ident $d_path:literal $d_who:ident $d_query:ident, $d_function:path, $d_body:ty => $d_answer:ty, $d_summary:literal;)*
    ) => {
        /// Every route.
        pub static ROUTES: &[Route] = &[
            $(Route {
                method: Method::$method,
                path: $path,
                who: $who,
                query: $query,
                summary: $summary,
                name: stringify!($function),
                describe: Schemas::describe::<$body, $answer>,
                handler: |state, route, request| Box::pin(call::run::<$body, $answer, _, _>(state, route, request, $function)),
            },)*
            $(Route {
                method: Method::$d_method,
                path: $d_path,
                who: $d_who,
                query: $d_query,
                summary: $d_summary,
                name: stringify!($d_function),
                describe: Schemas::describe::<$d_body, $d_answer>,
                handler: |state, _, request| Box::pin($d_function(state, request)),
            },)*
        ];
    };
}

#[rustfmt::skip]
routes! {
    GET    "/api/v1/organisations"                   PEOPLE_READ  PAGE,   organisation::list,       NoBody => Listed<Organisation>,           "List organisations: all for operators, the own one for its owner";
    POST   "/api/v1/organisations"                   OPERATOR     NONE,   organisation::create,     NewOrganisation => Created<Organisation>, "Make an organisation";
    GET    "/api/v1/organisations/{id}"              PEOPLE_READ  NONE,   organisation::show,       NoBody => Shown<Organisation>,            "Show an organisation";
    PATCH  "/api/v1/organisations/{id}"              OPERATOR     NONE,   organisation::update,     OrganisationUpdate => Done<Organisation>, "Rename an organisation";
    PUT    "/api/v1/organisations/{id}/suspension"   OPERATOR     NONE,   organisation::suspend,    NoBody => Done<Organisation>,             "Suspend an organisation: nothing of it works from the answer on";
    DELETE "/api/v1/organisations/{id}/suspension"   OPERATOR     NONE,   organisation::resume,     NoBody => Done<Organisation>,             "Let a suspended organisation work again";
    GET    "/api/v1/organisations/{id}/usage"        USAGE_READ   USAGE,  usage::of_organisation,   NoBody => Shown<Usage>,                   "Show what an organisation's credentials did by day, and which permissions they used; as far as the caller may see their lists";
    GET    "/api/v1/organisations/{id}/members"      PEOPLE_READ  PAGE,   organisation::members,    NoBody => Listed<Membership>,             "List the members of an organisation";
    GET    "/api/v1/organisations/{id}/audit"        AUDIT_READ   AUDIT_LOG, audit::of_organisation, NoBody => Listed<AuditRecord>,         "List what was done in an organisation, newest first, for its administrators and the readers of its log";
    GET    "/api/v1/organisations/{id}/invitations"  PEOPLE_READ  PAGE,   invitation::list,         NoBody => Listed<Invitation>,             "List the invitations to an organisation that nobody has accepted";
    POST   "/api/v1/organisations/{id}/invitations"  PEOPLE_WRITE NONE,   invitation::create,       NewInvitation => Created<Invitation>,     "Invite somebody to an organisation by mail, or once more";
    DELETE "/api/v1/invitations/{id}"                PEOPLE_WRITE NONE,   invitation::withdraw,     NoBody => Done<Nothing>,                  "Withdraw an invitation: its link does not work from the answer on";
    GET    "/api/v1/people"                          PEOPLE_READ  PEOPLE, person::list,             NoBody => Listed<Person>,                 "List people: all for operators, those of the own organisation for its owner";
    POST   "/api/v1/people"                          PEOPLE_WRITE NONE,   person::create,           NewPerson => Created<Person>,             "Make a person known";
    GET    "/api/v1/people/{id}"                     TOKENS_READ  NONE,   person::show,             NoBody => Shown<Person>,                  "Show a person";
    PATCH  "/api/v1/people/{id}"                     PEOPLE_WRITE NONE,   person::update,           PersonUpdate => Done<Person>,             "Change a person's name or mail address";
    DELETE "/api/v1/people/{id}"                     OPERATOR     NONE,   person::erase,            NoBody => Done<Nothing>,                  "Erase a person: end every token and membership, forget name and mail address";
    PUT    "/api/v1/people/{id}/suspension"          OPERATOR     NONE,   person::suspend,          NoBody => Done<Person>,                   "Suspend a person: none of the person's credentials work from the answer on";
    DELETE "/api/v1/people/{id}/suspension"          OPERATOR     NONE,   person::resume,           NoBody => Done<Person>,                   "Let a suspended person's credentials work again";
    DELETE "/api/v1/people/{id}/second-factors"      OPERATOR     NONE,   person::remove_second_factors, NoBody => Done<Nothing>,             "Take all second factors of a person away who lost them, and end their sessions";
    GET    "/api/v1/people/{id}/memberships"         TOKENS_READ  PAGE,   membership::list,         NoBody => Listed<Membership>,             "List the memberships of a person";
    POST   "/api/v1/people/{id}/memberships"         OPERATOR     NONE,   membership::create,       NewMembership => Created<Membership>,     "Make a person a member of an organisation";
    PATCH  "/api/v1/memberships/{id}"                PEOPLE_WRITE NONE,   membership::update,       MembershipUpdate => Done<Membership>,     "Give a member other roles";
    DELETE "/api/v1/memberships/{id}"                PEOPLE_WRITE NONE,   membership::end,          NoBody => Done<Nothing>,                  "End a membership and every token that hangs from it";
    POST   "/api/v1/memberships/{id}/moves"          OPERATOR     NONE,   membership::move_to,      Move => Done<Membership>,                 "Move a member to another organisation, tokens and all";
    GET    "/api/v1/people/{id}/usage"               TOKENS_READ  USAGE,  usage::of_person,         NoBody => Shown<Usage>,                   "Show what a person's tokens did by day, and which permissions they used: to that person and operators";
    GET    "/api/v1/people/{id}/tokens"              TOKENS_READ  PAGE,   personal_token::list_of,  NoBody => Listed<Token>,                  "List a person's live tokens";
    GET    "/api/v1/people/{id}/audit"               TOKENS_READ  AUDIT_LOG, audit::of_person,    NoBody => Listed<AuditRecord>,            "List what a person did and what was done to what is theirs, newest first: for themselves, and for operators";
    POST   "/api/v1/people/{id}/tokens"              TOKENS_WRITE NONE,   personal_token::create,   NewToken => Created<IssuedToken>,         "Make a token; its secret is in this answer and never again";
    POST   "/api/v1/people/{id}/token-revocations"   TOKENS_WRITE NONE,   personal_token::revoke_all, NoBody => Done<Revoked>,                "End all tokens of a person";
    GET    "/api/v1/tokens"                          TOKENS_READ  TOKENS, personal_token::list,     NoBody => Listed<Token>,                  "List live tokens: of all for operators, of an organisation for its owner, of oneself";
    GET    "/api/v1/tokens/{id}"                     TOKENS_READ  NONE,   personal_token::show,     NoBody => Shown<Token>,                   "Show a live token";
    PATCH  "/api/v1/tokens/{id}"                     TOKENS_WRITE NONE,   personal_token::update,   TokenUpdate => Done<Token>,               "Change a token's description, expiry or permissions";
    DELETE "/api/v1/tokens/{id}"                     TOKENS_WRITE NONE,   personal_token::revoke,   NoBody => Done<Nothing>,                  "End a token: it is refused from the answer on";
    POST   "/api/v1/tokens/{id}/rotations"           TOKENS_WRITE NONE,   personal_token::rotate,   Rotation => Done<IssuedToken>,            "Give a token a new secret, shown once; the old one works until the overlap ends";
    PUT    "/api/v1/tokens/{id}/suspension"          TOKENS_WRITE NONE,   personal_token::suspend,  NoBody => Done<Token>,                    "Pause a token";
    DELETE "/api/v1/tokens/{id}/suspension"          TOKENS_WRITE NONE,   personal_token::resume,   NoBody => Done<Token>,                    "Let a paused token work again";
    POST   "/api/v1/token-imports"                   OPERATOR     NONE,   import::create,           Import => Done<Imported>,                 "Import digests of tokens of another system; each row is a change of its own";
    GET    "/api/v1/organisations/{id}/workspaces"   WORKSPACES_READ  PAGE, workspace::list_of,     NoBody => Listed<Workspace>,              "List the workspaces of an organisation, closed ones among them";
    POST   "/api/v1/organisations/{id}/workspaces"   WORKSPACES_WRITE NONE, workspace::create,      NewWorkspace => Created<Workspace>,       "Make a workspace";
    GET    "/api/v1/workspaces"                      WORKSPACES_READ  WORKSPACES, workspace::list,  NoBody => Listed<Workspace>,              "List workspaces, closed ones among them: all for operators, those of the own organisation for people";
    GET    "/api/v1/workspaces/{id}"                 WORKSPACES_READ  NONE, workspace::show,        NoBody => Shown<Workspace>,               "Show a workspace";
    PATCH  "/api/v1/workspaces/{id}"                 WORKSPACES_WRITE NONE, workspace::update,      WorkspaceUpdate => Done<Workspace>,       "Rename a workspace";
    POST   "/api/v1/workspaces/{id}/closures"        WORKSPACES_WRITE NONE, workspace::close,       NoBody => Done<Workspace>,                "Close a workspace for good: nothing works in it from the answer on";
    GET    "/api/v1/organisations/{id}/organisation-tokens" ORG_TOKENS_READ  PAGE, organisation_token::list_of, NoBody => Listed<OrganisationToken>, "List an organisation's own live tokens";
    POST   "/api/v1/organisations/{id}/organisation-tokens" ORG_TOKENS_WRITE NONE, organisation_token::create, NewOrganisationToken => Created<IssuedOrganisationToken>, "Make a token of an organisation; its code is in this answer and never again";
    GET    "/api/v1/delegations"                     DELEGATIONS_READ  DELEGATIONS, delegation::list, NoBody => Listed<Delegation>,           "List delegations: all for operators, those that the own organisation gives, gets or stands above for people";
    POST   "/api/v1/delegations"                     DELEGATIONS_WRITE NONE, delegation::open,       NewDelegation => Created<Delegation>,     "Open a delegation, offer one, or pass on one that was given";
    GET    "/api/v1/delegations/{id}"                DELEGATIONS_READ  NONE, delegation::show,       NoBody => Shown<Delegation>,              "Show a delegation, as the caller's side sees it";
    PATCH  "/api/v1/delegations/{id}"                DELEGATIONS_WRITE NONE, delegation::update,     DelegationUpdate => Done<Delegation>,     "Change what a delegation allows, for how long, or what is said about it; what passes it on is narrowed with it";
    GET    "/api/v1/delegations/{id}/impact"         DELEGATIONS_READ  NONE, delegation::impact,     NoBody => Shown<Impact>,                  "Show what closing a delegation would end now";
    POST   "/api/v1/delegations/{id}/closures"       DELEGATIONS_WRITE NONE, delegation::close,      Closing => Done<Closed>,                  "Close a delegation and all that passes it on: refused from the answer on; or announce its closing";
    POST   "/api/v1/delegations/{id}/acceptances"    DELEGATIONS_WRITE NONE, delegation::accept,     NoBody => Done<Delegation>,               "Accept an offered delegation";
    POST   "/api/v1/delegations/{id}/declines"       DELEGATIONS_WRITE NONE, delegation::decline,    Explained => Done<Delegation>,            "Decline an offered delegation";
    PUT    "/api/v1/delegations/{id}/suspension"     DELEGATIONS_WRITE NONE, delegation::pause,      Explained => Done<Delegation>,            "Pause a delegation and all that passes it on";
    DELETE "/api/v1/delegations/{id}/suspension"     DELEGATIONS_WRITE NONE, delegation::resume,     NoBody => Done<Delegation>,               "Let a paused delegation count again";
    POST   "/api/v1/delegations/{id}/confirmations"  DELEGATIONS_WRITE NONE, delegation::confirm,    DelegationConfirmation => Done<Delegation>,         "Confirm at its review that a delegation is still wanted";
    GET    "/api/v1/organisation-tokens"             ORG_TOKENS_READ  ORGANISATION_TOKENS, organisation_token::list, NoBody => Listed<OrganisationToken>, "List live organisation tokens: all for operators, those of the own organisation for people";
    GET    "/api/v1/organisation-tokens/{id}"        ORG_TOKENS_READ  NONE, organisation_token::show, NoBody => Shown<OrganisationToken>,      "Show a live organisation token";
    PATCH  "/api/v1/organisation-tokens/{id}"        ORG_TOKENS_WRITE NONE, organisation_token::update, TokenUpdate => Done<OrganisationToken>, "Change an organisation token's description, expiry or permissions";
    DELETE "/api/v1/organisation-tokens/{id}"        ORG_TOKENS_WRITE NONE, organisation_token::revoke, NoBody => Done<Nothing>,               "End an organisation token: it is refused from the answer on";
    POST   "/api/v1/organisation-tokens/{id}/rotations" ORG_TOKENS_WRITE NONE, organisation_token::rotate, Rotation => Done<IssuedOrganisationToken>, "Give an organisation token a new code, shown once; the old one works until the overlap ends";
    PUT    "/api/v1/organisation-tokens/{id}/suspension" ORG_TOKENS_WRITE NONE, organisation_token::suspend, NoBody => Done<OrganisationToken>, "Pause an organisation token";
    DELETE "/api/v1/organisation-tokens/{id}/suspension" ORG_TOKENS_WRITE NONE, organisation_token::resume, NoBody => Done<OrganisationToken>, "Let a paused organisation token work again";
    POST   "/api/v1/organisation-token-imports"      OPERATOR     NONE,   organisation_token_import::create, OrganisationTokenImport => Done<Imported>, "Import usernames and digests of tokens of another system; each row is a change of its own";
    GET    "/api/v1/organisations/{id}/organisation-keys" KEYS_READ  PAGE, organisation_key::list_of, NoBody => Listed<OrganisationKey>,      "List an organisation's live keys, with their private keys' uses; never those themselves";
    POST   "/api/v1/organisations/{id}/organisation-keys" KEYS_WRITE NONE, organisation_key::create, NewOrganisationKey => Created<IssuedOrganisationKey>, "Make a key of an organisation or of one workspace; its private key is in this answer and never again";
    GET    "/api/v1/organisation-keys"               KEYS_READ    ORGANISATION_KEYS, organisation_key::list, NoBody => Listed<OrganisationKey>, "List live organisation keys: all for operators, those of the own organisation for who manages them";
    GET    "/api/v1/organisation-keys/{id}"          KEYS_READ    NONE,   organisation_key::show,   NoBody => Shown<OrganisationKey>,         "Show a live organisation key; never its private keys";
    PATCH  "/api/v1/organisation-keys/{id}"          KEYS_WRITE   NONE,   organisation_key::update, OrganisationKeyUpdate => Done<OrganisationKey>, "Change an organisation key: what it may do, its OAuth side, workspace or contact";
    DELETE "/api/v1/organisation-keys/{id}"          KEYS_WRITE   NONE,   organisation_key::revoke, NoBody => Done<Nothing>,                  "End an organisation key, with its private keys, grants and access tokens";
    POST   "/api/v1/organisation-keys/{id}/rotations" KEYS_WRITE  NONE,   organisation_key::rotate, PrivateKeyRotation => Done<IssuedOrganisationKey>, "Give a key a new private key, shown once; the old one works until the overlap ends";
    POST   "/api/v1/organisation-keys/{id}/private-key-revocations" KEYS_WRITE NONE, organisation_key::revoke_private_key, PrivateKeyRevocation => Done<OrganisationKey>, "End one of a key's private keys at once, and the access tokens that came with it";
    POST   "/api/v1/organisation-keys/{id}/access-token-revocations" KEYS_WRITE NONE, organisation_key::end_access_tokens, NoBody => Done<Nothing>, "End all access tokens that a key has got so far; the key works on";
    PUT    "/api/v1/organisation-keys/{id}/suspension" KEYS_WRITE NONE,   organisation_key::suspend, NoBody => Done<OrganisationKey>,         "Pause an organisation key: neither it nor its access tokens work from the answer on";
    DELETE "/api/v1/organisation-keys/{id}/suspension" KEYS_WRITE NONE,   organisation_key::resume, NoBody => Done<OrganisationKey>,          "Let a paused organisation key work again";
    POST   "/api/v1/organisation-key-imports"        OPERATOR     NONE,   organisation_key_request::import, OrganisationKeyImport => Done<Imported>, "Import public ids and digests of keys of another system; each row is a change of its own";
    GET    "/api/v1/apis"                            OPERATOR     PAGE,   api::list,                NoBody => Listed<Api>,                    "List APIs";
    POST   "/api/v1/apis"                            OPERATOR     NONE,   api::create,              ApiBody => Created<Api>,                  "Make an API known";
    GET    "/api/v1/apis/{name}"                     OPERATOR     NONE,   api::show,                NoBody => Shown<Api>,                     "Show an API";
    PUT    "/api/v1/apis/{name}"                     OPERATOR     NONE,   api::put,                 ApiBody => Done<Api>,                     "Give an API another definition, or make it known";
    DELETE "/api/v1/apis/{name}"                     OPERATOR     NONE,   api::remove,              NoBody => Done<Nothing>,                  "Remove an API and end its credentials";
    GET    "/api/v1/apis/{name}/credentials"         OPERATOR     PAGE,   credential::list_of_api,  NoBody => Listed<ApiCredential>,          "List the live credentials of an API";
    POST   "/api/v1/apis/{name}/credentials"         OPERATOR     NONE,   credential::create_of_api, NewCredential => Created<IssuedApiCredential>, "Give an API a credential; its secret is in this answer and never again";
    GET    "/api/v1/announcements"                   OPERATOR     ANNOUNCEMENTS, announcement::list, NoBody => Listed<AnnouncementView>,      "List what was announced of APIs, withdrawn announcements among it";
    POST   "/api/v1/announcements"                   OPERATOR     NONE,   announcement::create,     AnnouncementBody => Created<AnnouncementView>, "Announce a change of an API: its answers say so, and everybody whose credentials use it is told";
    GET    "/api/v1/announcements/{id}"              OPERATOR     NONE,   announcement::show,       NoBody => Shown<AnnouncementView>,        "Show an announcement";
    DELETE "/api/v1/announcements/{id}"              OPERATOR     NONE,   announcement::withdraw,   NoBody => Done<Nothing>,                  "Withdraw an announcement: answers and pages say nothing of it any more";
    DELETE "/api/v1/api-credentials/{id}"            OPERATOR     NONE,   credential::revoke_of_api, NoBody => Done<Nothing>,                 "End an API credential";
    GET    "/api/v1/operator-tokens"                 OPERATOR     PAGE,   credential::list,         NoBody => Listed<OperatorToken>,          "List the live operator tokens";
    POST   "/api/v1/operator-tokens"                 OPERATOR     NONE,   credential::create,       NewCredential => Created<IssuedOperatorToken>, "Make an operator token; its secret is in this answer and never again";
    DELETE "/api/v1/operator-tokens/{id}"            OPERATOR     NONE,   credential::revoke,       NoBody => Done<Nothing>,                  "End an operator token; the last one stays";
    GET    "/api/v1/operators"                       OPERATOR     PAGE,   operator::list,           NoBody => Listed<Operator>,               "List the people who run the installation, on the console's pages for that";
    PUT    "/api/v1/operators/{id}"                  OPERATOR     NONE,   operator::appoint,        NoBody => Done<Nothing>,                  "Make a person one of those who run the installation";
    DELETE "/api/v1/operators/{id}"                  OPERATOR     NONE,   operator::dismiss,        NoBody => Done<Nothing>,                  "Make a person none of those who run the installation; the last one, too";
    GET    "/api/v1/audit"                           TOKENS_READ  AUDIT,  audit::list,              NoBody => Listed<AuditEntry>,             "List the journal, oldest first: all for operators, about oneself for people";
    GET    "/api/v1/refusals/{id}"                   EXPLAINED    NONE,   refusal::show,            NoBody => Shown<RefusedRequest>,          "Say why a request was refused, step by step, to whoever may know; kept for 30 days";
    GET    "/api/v1/nodes"                           OPERATOR     PAGE,   node::list,               NoBody => Listed<Node>,                   "List the nodes that share the database: whether changes wait for them, and how far behind they are";
    GET    "/api/v1/fence"                           OPERATOR     NONE,   fence::show,              NoBody => Shown<FenceState>,              "Show whether what was restored from a backup is refused until it is confirmed";
    POST   "/api/v1/fence/confirmations"             OPERATOR     NONE,   fence::confirm,           Confirmation => Done<Nothing>,            "Let what was restored work again: of an organisation, of an API, or all of it";
    GET    "/api/v1/server-keys"                     OPERATOR     NONE,   server_key::list,         NoBody => Listed<ServerKey>,              "List the keys with which the server seals and signs; never the keys themselves";
    DELETE "/api/v1/server-keys/{id}"                OPERATOR     NONE,   server_key::end,          NoBody => Done<ServerKey>,                "End a signing key: what it has signed is refused from the answer on, and it is destroyed";
    POST   "/api/v1/server-keys/rotations"           OPERATOR     NONE,   server_key::rotate,       KeyRotation => Done<ServerKey>,           "Replace a server key: the new one is used when every node can read with it";
    GET    "/api/v1/whoami"                          KNOWN        NONE,   whoami::show,             NoBody => Shown<Identity>,                "Show whose credential this is and what it may do here";
    => direct
    POST   "/api/v1/verify"                          API          NONE,   verify::answer,           VerifyRequest<'static> => Shown<Verdict>,          "Ask whether a credential may do something with this API";
    GET    "/api/v1/openapi.json"                    ANYONE       NONE,   openapi::answer,          NoBody => Shown<Document>,                "This document";
}
