//! Flows: what a client asks of the OAuth endpoints, and which steps are taken then, in which order.

use super::{Cause, Step};
use crate::client::GrantType;

macro_rules! flows {
    ($($(#[$doc:meta])* $name:ident $wire:literal [$($step:ident)*];)*) => {
        /// What was asked of the endpoints for clients.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Flow {
            $($(#[$doc])* $name,)*
        }

        impl Flow {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the wire: the grant type, or the endpoint.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The steps, in the order in which they are taken.
            const fn of_client(self) -> &'static [Step] {
                match self { $(Self::$name => &[$(Step::$step,)*],)* }
            }
        }
    };
}

flows! {
    /// Tokens, by a grant type that is not known.
    Token "token"
        [Transport Request Tries Client ClientWorks ClientProof GrantType];
    /// Tokens for a code.
    AuthorizationCode "authorization_code"
        [Transport Request Tries Client ClientWorks ClientProof GrantType Proof Parameters
         Issued Unused NotExpired Consent Verifier Redirect Key Session Owner Resource Scope];
    /// Further access tokens.
    RefreshToken "refresh_token"
        [Transport Request Tries Client ClientWorks ClientProof GrantType Proof Parameters
         Issued Key Consent NotExpired Unused NotRevoked NotIdle Session Owner Resource Scope];
    /// Tokens for the client itself.
    ClientCredentials "client_credentials"
        [Transport Request Tries Client ClientWorks ClientProof GrantType Proof Resource Scope];
    /// Tokens for a device.
    DeviceCode "device_code"
        [Transport Request Tries Client ClientWorks ClientProof GrantType Proof Parameters
         Issued Key Unused NotExpired Agreed Consent Session Owner Resource Scope];
    /// A token for another one.
    TokenExchange "token_exchange"
        [Transport Request Tries Client ClientWorks ClientProof GrantType Proof Parameters Exchanged Resource Scope];
    /// A code, from the person.
    Authorize "authorize"
        [Transport Request Pushed Client ClientWorks Redirect GrantType Parameters Resource Scope SignedIn Owner Agreed];
    /// A request that is pushed.
    Par "par"
        [Transport Request Tries Client ClientWorks ClientProof Proof Redirect GrantType Parameters Resource Scope];
    /// A pair of codes for a device.
    DeviceAuthorization "device_authorization"
        [Transport Request Tries Client ClientWorks ClientProof GrantType Proof Resource Scope];
    /// What a token is worth.
    Introspection "introspection"
        [Transport Request Tries Client ClientWorks ClientProof Parameters];
    /// The end of a token.
    Revocation "revocation"
        [Transport Request Tries Client ClientWorks ClientProof Parameters];
    /// A person signs out, by a program.
    EndSession "end_session"
        [Transport Request];
    /// Who has signed in.
    Userinfo "userinfo"
        [Transport Request Presented];
    /// A client registers itself.
    Registration "registration"
        [Transport Presented Known Request Parameters Tries];
}

/// What is looked at where an API's or an access token is presented to an endpoint for clients.
const CREDENTIAL: &[Step] = &[
    Step::Transport,
    Step::Request,
    Step::Presented,
    Step::Readable,
    Step::Known,
    Step::NotRevoked,
    Step::NotExpired,
    Step::NotSuspended,
    Step::Owner,
    Step::Organisation,
    Step::Proof,
    Step::Permission,
];

/// What a check looks at, for an API.
const CHECK: &[Step] = &[
    Step::Transport,
    Step::Api,
    Step::Presented,
    Step::Readable,
    Step::Known,
    Step::Code,
    Step::NotRevoked,
    Step::NotExpired,
    Step::NotSuspended,
    Step::Owner,
    Step::Organisation,
    Step::Workspace,
    Step::Delegation,
    Step::Permission,
    Step::Proof,
];

/// The steps that are taken for such a request, in their order.
pub(super) const fn steps(flow: Option<Flow>, cause: Cause) -> &'static [Step] {
    match (flow, cause) {
        (None, _) => CHECK,
        (Some(Flow::Userinfo | Flow::Introspection), Cause::Check(_)) => CREDENTIAL,
        (Some(flow), _) => flow.of_client(),
    }
}

impl Flow {
    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

impl From<GrantType> for Flow {
    fn from(grant_type: GrantType) -> Self {
        match grant_type {
            GrantType::AuthorizationCode => Self::AuthorizationCode,
            GrantType::RefreshToken => Self::RefreshToken,
            GrantType::ClientCredentials => Self::ClientCredentials,
            GrantType::DeviceCode => Self::DeviceCode,
            GrantType::TokenExchange => Self::TokenExchange,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client_refusal::ClientRefusal;

    #[test]
    fn no_step_is_taken_twice_and_each_refusal_ends_some_flow() {
        for flow in Flow::ALL {
            assert_eq!(Flow::named(flow.name()), Some(*flow));
            let steps = flow.of_client();
            for (place, step) in steps.iter().enumerate() {
                assert!(!steps[..place].contains(step), "{flow:?} {step:?}");
            }
        }
        for refusal in ClientRefusal::ALL {
            assert!(Flow::ALL.iter().any(|flow| flow.of_client().contains(&refusal.step())), "{refusal:?}");
        }
    }
}
