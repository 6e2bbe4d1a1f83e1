//! Refusals of the endpoints for clients (`/connect/*`): one table from each to the error that the client is told and the step of
//! [`crate::refused_request`] at which it ends. The words for people are in the server's `why/client.rs`, under the same names.

use crate::id::PersonId;
use crate::refusal::Refusal;
use crate::refused_request::Step;

macro_rules! client_refusals {
    ($($(#[$doc:meta])* $name:ident $code:literal $error:literal $step:ident;)*) => {
        /// Why an endpoint for clients refuses. For the explanation: a client is told the error only, which is the same for many.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ClientRefusal {
            $($(#[$doc])* $name,)*
        }

        impl ClientRefusal {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its code; none of them is the code of a [`crate::Refusal`].
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The error that the client is told (RFC 6749 sections 4.1.2.1 and 5.2, and their extensions).
            pub const fn error(self) -> &'static str {
                match self { $(Self::$name => $error,)* }
            }

            /// The step at which it ends a request.
            pub const fn step(self) -> Step {
                match self { $(Self::$name => Step::$step,)* }
            }
        }
    };
}

client_refusals! {
    /// The request cannot be read, or is not in the form that it must have.
    RequestWrong          "request_wrong"             "invalid_request"    Request;
    /// A parameter is missing, or is not right.
    ParameterWrong        "parameter_wrong"           "invalid_request"    Parameters;
    /// It was asked or tried too often.
    TooMany               "too_many"                  "temporarily_unavailable" Tries;
    /// A private key came from a page in a browser.
    PrivateKeyInBrowser   "private_key_in_browser"    "invalid_request"    Request;

    /// The client's authentication cannot be read.
    ClientUnreadable      "client_unreadable"         "invalid_client"     Client;
    /// There is no such client.
    ClientUnknown         "client_unknown"            "invalid_client"     Client;
    /// The client's organisation key was ended.
    ClientRevoked         "client_revoked"            "invalid_client"     ClientWorks;
    /// It is paused.
    ClientSuspended       "client_suspended"          "invalid_client"     ClientWorks;
    /// The client's organisation is suspended.
    ClientOrganisation    "client_organisation_suspended" "invalid_client" ClientWorks;
    /// A client that has a private key showed none.
    ClientUnproven        "client_unproven"           "invalid_client"     ClientProof;
    /// The client does not authenticate like this.
    ClientMethod          "client_method_wrong"       "invalid_client"     ClientProof;
    /// The secret is none of the client's private keys.
    PrivateKeyWrong       "private_key_wrong"         "invalid_client"     ClientProof;
    /// The private key was ended.
    PrivateKeyEnded       "private_key_ended"         "invalid_client"     ClientProof;
    /// The private key's time is over: another one took its place.
    PrivateKeyExpired     "private_key_expired"       "invalid_client"     ClientProof;
    /// The signed assertion is not right.
    AssertionWrong        "client_assertion_wrong"    "invalid_client"     ClientProof;
    /// The assertion was used before.
    AssertionUsed         "client_assertion_used"     "invalid_client"     ClientProof;

    /// There is no such grant type.
    GrantTypeUnknown      "grant_type_unknown"        "unsupported_grant_type" GrantType;
    /// The client may not use this grant type.
    GrantTypeNotAllowed   "grant_type_not_allowed"    "unauthorized_client" GrantType;
    /// The DPoP proof is not right.
    ProofWrong            "dpop_wrong"                "invalid_dpop_proof" Proof;
    /// The client must prove a key, and did not.
    ProofNeeded           "dpop_needed"               "invalid_dpop_proof" Proof;

    /// No such code or refresh token was given to this client.
    NotIssued             "grant_unknown"             "invalid_grant"      Issued;
    /// It is bound to another key than the one that was proven.
    KeyOther              "grant_key_other"           "invalid_grant"      Key;
    /// The code was used before: whatever came of it is ended.
    CodeUsed              "code_used"                 "invalid_grant"      Unused;
    /// The code's time is over.
    CodeExpired           "code_expired"              "invalid_grant"      NotExpired;
    /// The device code's time is over.
    DeviceExpired         "device_code_expired"       "expired_token"      NotExpired;
    /// What the person had allowed was ended.
    GrantEnded            "grant_ended"               "invalid_grant"      Consent;
    /// The code verifier does not go with the challenge.
    VerifierWrong         "code_verifier_wrong"       "invalid_grant"      Verifier;
    /// It is not the redirect URI that the code was asked with.
    RedirectOther         "redirect_uri_other"        "invalid_grant"      Redirect;
    /// The refresh token was used after another took its place: all of its family is ended.
    RefreshReplayed       "refresh_token_replayed"    "invalid_grant"      Unused;
    /// The refresh token's family was ended.
    RefreshEnded          "refresh_token_ended"       "invalid_grant"      NotRevoked;
    /// The time of all refresh tokens of one consent is over.
    RefreshExpired        "refresh_token_expired"     "invalid_grant"      NotExpired;
    /// It was not used for too long.
    RefreshIdle           "refresh_token_idle"        "invalid_grant"      NotIdle;
    /// The person has signed out of the session that they consented in.
    SessionEnded          "session_ended"             "invalid_grant"      Session;
    /// The person does not work any more, or is no member.
    PersonInactive        "person_inactive"           "invalid_grant"      Owner;
    /// The token that was to be exchanged does not count for this.
    NotExchangeable       "token_not_exchangeable"    "invalid_request"    Exchanged;
    /// The resource is unknown, or was not granted.
    ResourceWrong         "resource_wrong"            "invalid_target"     Resource;
    /// The scope is unknown, or more than was granted.
    ScopeWrong            "scope_wrong"               "invalid_scope"      Scope;

    /// The `request_uri` is unknown, was used, or is over.
    PushedUnknown         "request_uri_unknown"       "invalid_request_uri" Pushed;
    /// The redirect URI is not registered for the client.
    RedirectUnknown       "redirect_uri_unknown"      "invalid_request"    Redirect;
    /// The person would have to be asked, and the request forbids it.
    PersonNeeded          "person_needed"             "login_required"     SignedIn;
    /// The level of proof that was asked for is not reached.
    ProofLevel            "proof_level_too_low"       "unmet_authentication_requirements" SignedIn;
    /// The person is a member of no organisation.
    NoMembership          "no_membership"             "access_denied"      Owner;
    /// The person said no.
    PersonRefused         "person_refused"            "access_denied"      Agreed;
    /// What waited for the person is over, or was answered before.
    PageOver              "page_over"                 "access_denied"      Agreed;
    /// Person, membership or client did not work any more when the person agreed.
    PersonGone            "person_gone"               "access_denied"      Owner;
}

impl ClientRefusal {
    /// The one with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.code() == code)
    }

    /// The HTTP status that goes with it, where it is not sent back by a redirect.
    pub fn status(self) -> u16 {
        match self.error() {
            "invalid_client" => 401,
            "temporarily_unavailable" => 429,
            _ => 400,
        }
    }

    /// Of a client that does not work, as the index says.
    pub const fn of_client(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Revoked => Self::ClientRevoked,
            Refusal::Suspended => Self::ClientSuspended,
            Refusal::OrganisationSuspended => Self::ClientOrganisation,
            _ => Self::ClientUnknown,
        }
    }

    /// Of a private key that does not count, as the index says.
    pub const fn of_private_key(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Revoked => Self::PrivateKeyEnded,
            Refusal::Expired => Self::PrivateKeyExpired,
            Refusal::Suspended => Self::ClientSuspended,
            Refusal::OrganisationSuspended => Self::ClientOrganisation,
            _ => Self::PrivateKeyWrong,
        }
    }

    /// As a reason, with nothing more to tell.
    pub const fn because(self) -> Because {
        Because { refusal: self, person: None, about: None }
    }
}

/// Why an endpoint for clients refuses, with what is known about it by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Because {
    /// Why.
    pub refusal: ClientRefusal,
    /// The person who had consented.
    pub person: Option<PersonId>,
    /// The id under which the journal has what ended: a grant, a family or a session.
    pub about: Option<[u8; 16]>,
}

impl Because {
    /// With the person who had consented.
    #[must_use]
    pub const fn of(self, person: PersonId) -> Self {
        Self { person: Some(person), ..self }
    }

    /// With what the journal tells about.
    #[must_use]
    pub const fn about(self, id: &[u8; 16]) -> Self {
        Self { about: Some(*id), ..self }
    }
}

impl From<ClientRefusal> for Because {
    fn from(refusal: ClientRefusal) -> Self {
        refusal.because()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_code_stands_for_two_refusals() {
        let own = ClientRefusal::ALL.iter().map(|refusal| refusal.code());
        let all: Vec<&str> = own.chain(Refusal::ALL.iter().map(|refusal| refusal.code())).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for refusal in ClientRefusal::ALL {
            assert_eq!(ClientRefusal::from_code(refusal.code()), Some(*refusal));
        }
    }
}
