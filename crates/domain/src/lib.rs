//! The rules of Poort: ids, credentials, permissions, APIs, journal events and the pure decision.
//!
//! Nothing here does I/O, waits, reads a clock or draws randomness: all of that is handed in.
//!
//! # Glossary
//!
//! Code, SQL, URLs, documents and screens use these words, and no others, for these things.
//!
//! | word | meaning |
//! | --- | --- |
//! | organisation | a tenant: owns workspaces, members and tokens; suppliers are organisations too |
//! | workspace | a part of an organisation that access can be limited to; paths call it by its number |
//! | person | somebody a credential acts for; a member of organisations |
//! | membership | one person in one organisation, with roles; personal tokens hang from it |
//! | role | what a member is in an organisation: owner, key manager, project manager, member |
//! | API | a protected resource server: its permissions, its routes, the presentations it takes |
//! | permission | one thing that an API lets a caller do, `api:thing:action` |
//! | credential | what a caller presents: personal token, organisation token, organisation key, access token, API credential, operator token |
//! | personal token | the credential of a person's own software |
//! | organisation token | username and code of an organisation's own software |
//! | organisation key | public id and private key of an organisation's own software, or of one workspace's; an OAuth 2 client |
//! | client | the OAuth 2 side of an organisation key: redirect URIs, CORS origins, grant types, profile |
//! | scope | the name of a set of permissions on the OAuth wire |
//! | grant | what a person has authorised a client to do; codes, refresh families and access tokens hang from it |
//! | family | the refresh tokens that came from one code, one after the other |
//! | access token | what a client got at the token endpoint: sealed, no row |
//! | session | one signing-in of a person in a browser |
//! | second factor | what a person proves who they are with besides a password: TOTP or a passkey; recovery codes stand in for both |
//! | TOTP | codes of six digits that an app counts from the time (RFC 6238) |
//! | passkey | a key pair of a person's own device (WebAuthn) |
//! | delegation | workspace W of organisation A lets organisation B do P, from opening until closing |
//! | API credential | what an API shows to ask about others' credentials |
//! | operator token | the credential of whoever runs this installation |
//! | operator | a person who runs this installation, on the console's pages for that; never through a token of theirs |
//! | view | an operator's look at a part of what is an organisation's, with a reason that the organisation sees |
//! | presentation | how a credential is put on the wire: bare, `Bearer`, `Token`, `Basic`, `X-API-Key` |
//! | digest | SHA-256 of a credential's text: all that is stored of it |
//! | installation | the two to four letters with which this server's credentials begin |
//! | verdict | allow (who, for whom, what) or deny (why); "I cannot know now" is neither |
//! | refusal | the reason of a denial |
//! | flow | what a client asks of the OAuth endpoints: at the token endpoint the grant type, else the endpoint |
//! | journal | the ordered record of every change: audit trail, feed of the index, clock of coherence |
//! | sequence | the place of a change in the journal |
//! | tombstone | what an ended credential leaves in memory, to tell "revoked" from "unknown" |
//! | fence | after a restore: what was in the backup is refused until somebody confirms it |
//! | letter | what somebody is told by mail: facts, sealed until it is sent; the mailbox is where it goes in development |
//! | mail link | a link that somebody gets by mail: works once, for a day, and proves that they read the mail of its address |
//! | announcement | what the owner of an API tells those who use it, in words for people and in headers for programs |
//! | invitation | a mail link that makes whoever has the address a member; works for a week |
//! | interaction | what waits until a person has signed in or answered, bound to one browser |
//! | lease | the time until which a node may answer from its index |

pub mod access_token;
pub mod announcement;
pub mod api;
pub mod authorization;
pub mod chain;
pub mod client;
pub mod client_refusal;
pub mod credential;
pub mod day;
pub mod delegation;
pub mod entropy;
pub mod event;
pub mod fence;
pub mod grant;
pub mod histogram;
pub mod id;
pub mod json;
pub mod letter;
pub mod mail_link;
pub mod organisation;
pub mod organisation_key;
pub mod organisation_token;
pub mod path;
pub mod permission;
pub mod person;
pub mod personal_token;
pub mod presentation;
pub mod redirect_uri;
pub mod refusal;
pub mod refused_request;
pub mod rotation;
pub mod scope;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod text;
pub mod time;
pub mod verify;
pub mod view;
pub mod workspace;

pub use client_refusal::{Because, ClientRefusal};
pub use credential::{Digest, Kind};
pub use day::Day;
pub use event::{Event, Sequence};
pub use fence::Fence;
pub use histogram::Histogram;
pub use id::{
    AnnouncementId, CredentialId, DelegationId, FamilyId, GrantId, InteractionId, LetterId, MailLinkId, MembershipId, NodeId,
    OrganisationId, PasskeyId, PersonId, RequestId, SessionId, ViewId, WorkspaceId,
};
pub use refusal::Refusal;
pub use refused_request::{Cause, Flow};
pub use rotation::Rotation;
pub use secret::Secret;
pub use time::Timestamp;
