//! Lets the reference APIs reach people's tokens through the authority (their own routes for tokens need it).

use std::sync::Arc;

use authority::{Authority, Caller, Context, Error, NewToken, Page, PersonCaller, Right, With};
use domain::person::Roles;
use domain::personal_token::MAX_TOKENS_OF_PERSON;
use domain::text::Description;
use domain::{CredentialId, OrganisationId, PersonId};
use portals::tokens::{self, Answer, CreatedToken, ListedToken, PersonTokens, TokenError};

/// The tokens of people, as a reference API reaches them.
pub(crate) struct AuthorityTokens {
    authority: Authority,
}

impl AuthorityTokens {
    /// Through this authority.
    pub(crate) fn new(authority: Authority) -> Arc<Self> {
        Arc::new(Self { authority })
    }

    /// The API has checked that the person may manage tokens there; how far a token reaches is checked here.
    fn context(&self, by: &tokens::Caller, organisation: OrganisationId) -> Context {
        let rights = vec![Right::TokensRead, Right::TokensWrite];
        let caller = PersonCaller { id: by.person, with: With::Token(by.credential), organisation, roles: Roles::NONE, rights };
        Context {
            caller: Caller::Person(caller),
            request: by.request_id,
            now: self.authority.clock().now(),
            address: by.address.map(|address| address.to_string()),
            idempotency: None,
            reason: None,
        }
    }

    async fn all_of(&self, person: PersonId) -> Result<Vec<domain::personal_token::PersonalToken>, TokenError> {
        let page = Page { after: None, limit: u32::try_from(MAX_TOKENS_OF_PERSON).unwrap_or(u32::MAX) };
        self.authority.tokens_of(&Caller::System, person, page).await.map_err(told)
    }

    async fn one(&self, token: CredentialId) -> Result<Option<domain::personal_token::PersonalToken>, TokenError> {
        match self.authority.token(&Caller::System, token).await {
            Ok(token) => Ok(Some(token)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }
}

impl PersonTokens for AuthorityTokens {
    fn create<'a>(&'a self, person: PersonId, description: &'a str, by: tokens::Caller) -> Answer<'a, CreatedToken> {
        Box::pin(async move {
            let description = Description::new(description).map_err(|problem| TokenError::InvalidDescription(problem.to_string()))?;
            // The new token reaches as far as the one with which it is made.
            let with = self.one(by.credential).await?.ok_or(TokenError::NotAllowed)?;
            let organisation = if person == by.person { Some(with.organisation) } else { None };
            let new = NewToken { description, expires_at: with.expires_at, permissions: with.permissions, organisation };
            let context = self.context(&by, with.organisation);
            let issued = self.authority.create_token(&context, person, new).await.map_err(told)?.value;
            Ok(CreatedToken { id: issued.token.id, secret: issued.secret })
        })
    }

    fn list<'a>(&'a self, person: PersonId) -> Answer<'a, Vec<ListedToken>> {
        Box::pin(async move {
            let all = self.all_of(person).await?;
            Ok(all
                .into_iter()
                .map(|token| ListedToken { id: token.id, description: token.description.into(), created_at: token.created_at })
                .collect())
        })
    }

    fn owner<'a>(&'a self, token: CredentialId) -> Answer<'a, Option<PersonId>> {
        Box::pin(async move { Ok(self.one(token).await?.map(|token| token.person)) })
    }

    fn delete<'a>(&'a self, person: PersonId, token: CredentialId, by: tokens::Caller) -> Answer<'a, bool> {
        Box::pin(async move {
            let Some(there) = self.one(token).await?.filter(|there| there.person == person) else { return Ok(false) };
            let mut context = self.context(&by, there.organisation);
            if person != by.person {
                // The learning platform's own administrator may end anybody's token; the journal names the request.
                context.caller = Caller::System;
            }
            match self.authority.revoke_token(&context, token).await {
                Ok(_) => Ok(true),
                Err(Error::NotFound) => Ok(false),
                Err(error) => Err(told(error)),
            }
        })
    }
}

fn told(error: Error) -> TokenError {
    match error {
        Error::Conflict { code: "description_taken", .. } => TokenError::DescriptionTaken,
        Error::Conflict { code: "too_many_tokens", .. } => TokenError::TooMany,
        Error::Conflict { code: "second_factor_required", .. } => TokenError::NotAllowed,
        Error::Invalid(problems) => {
            TokenError::InvalidDescription(problems.into_iter().map(|(_, problem)| problem).collect::<Vec<_>>().join("; "))
        }
        Error::Forbidden | Error::NotFound => TokenError::NotAllowed,
        _ => TokenError::Unavailable,
    }
}
