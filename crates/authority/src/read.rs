//! What may be looked at, and by whom.

use crate::{Authority, Caller, Error, Right, ServiceCredential};
use domain::api::ApiDefinition;
use domain::event::{Entry, Sequence};
use domain::organisation::Organisation;
use domain::person::{Membership, Person};
use domain::personal_token::PersonalToken;
use domain::text::Email;
use domain::{CredentialId, OrganisationId, PersonId};

pub use store::Page;

/// A node, and how far its index is behind.
#[derive(Debug, Clone)]
pub struct NodeState {
    /// The node.
    pub node: store::Node,
    /// How many changes of the journal its index is not known to hold.
    pub lag: u64,
    /// Whether it is the one that answers.
    pub answering: bool,
}

impl Authority {
    /// The nodes that share the database, for operators.
    pub async fn nodes(&self, caller: &Caller, page: Page) -> Result<Vec<NodeState>, Error> {
        caller.require_operator()?;
        let (nodes, head) =
            self.store.read(move |reader| Box::pin(async move { Ok((reader.nodes(page).await?, reader.head().await?)) })).await?;
        let (own, applied) = (self.store.own_node(), self.verifier.applied());
        let state = |node: store::Node| {
            let answering = Some(node.id) == own;
            let holds = if answering { node.acknowledged.max(applied) } else { node.acknowledged };
            NodeState { lag: head.0.saturating_sub(holds.0).max(0).unsigned_abs(), answering, node }
        };
        Ok(nodes.into_iter().map(state).collect())
    }

    /// One organisation.
    pub async fn organisation(&self, caller: &Caller, id: OrganisationId) -> Result<Organisation, Error> {
        caller.require_management(id, Right::PeopleRead)?;
        self.store.read(move |reader| Box::pin(async move { reader.organisation(id).await })).await?.ok_or(Error::NotFound)
    }

    /// All organisations, for operators; an owner sees the own one.
    pub async fn organisations(&self, caller: &Caller, page: Page) -> Result<Vec<Organisation>, Error> {
        if let Caller::Person(person) = caller {
            caller.require(Right::PeopleRead)?;
            let first_page = page.after.is_none();
            return if first_page { Ok(vec![self.organisation(caller, person.organisation).await?]) } else { Ok(Vec::new()) };
        }
        Ok(self.store.read(move |reader| Box::pin(async move { reader.organisations(page).await })).await?)
    }

    /// Organisations with this in their name, for operators; by their names, so many at most.
    pub async fn find_organisations(&self, caller: &Caller, part: String, suspended: bool, limit: u32) -> Result<Vec<Organisation>, Error> {
        caller.require_operator()?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.find_organisations(&part, suspended, limit).await })).await?)
    }

    /// The members of an organisation.
    pub async fn members(&self, caller: &Caller, organisation: OrganisationId, page: Page) -> Result<Vec<Membership>, Error> {
        self.organisation(caller, organisation).await?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.members(organisation, page).await })).await?)
    }

    /// One person: oneself, a member of the own organisation, or anybody for an operator.
    pub async fn person(&self, caller: &Caller, id: PersonId) -> Result<Person, Error> {
        self.require_visible(caller, id, Right::PeopleRead).await?;
        let person = self.store.read(move |reader| Box::pin(async move { reader.person(id).await })).await?;
        person.ok_or(Error::NotFound)
    }

    /// The person with this mail address, for operators.
    pub async fn person_by_email(&self, caller: &Caller, email: Email) -> Result<Option<Person>, Error> {
        caller.require_operator()?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.person_by_email(&email).await })).await?)
    }

    /// People: all for an operator, those of the own organisation for its owner.
    pub async fn people(&self, caller: &Caller, organisation: Option<OrganisationId>, page: Page) -> Result<Vec<Person>, Error> {
        let organisation = match (caller, organisation) {
            (Caller::Person(person), None) => {
                caller.require(Right::PeopleRead)?;
                Some(person.organisation)
            }
            (_, organisation) => organisation,
        };
        if let Some(organisation) = organisation {
            self.organisation(caller, organisation).await?;
        }
        Ok(self.store.read(move |reader| Box::pin(async move { reader.people(page, organisation).await })).await?)
    }

    /// The memberships of a person.
    pub async fn memberships(&self, caller: &Caller, person: PersonId) -> Result<Vec<Membership>, Error> {
        self.require_visible(caller, person, Right::PeopleRead).await?;
        let all = self.store.read(move |reader| Box::pin(async move { reader.memberships_of(person).await })).await?;
        let itself = matches!(caller, Caller::Person(caller) if caller.id == person);
        Ok(all.into_iter().filter(|membership| itself || caller.manages(membership.organisation, Right::PeopleRead)).collect())
    }

    /// The live tokens of a person.
    pub async fn tokens_of(&self, caller: &Caller, person: PersonId, page: Page) -> Result<Vec<PersonalToken>, Error> {
        let itself = matches!(caller, Caller::Person(caller) if caller.id == person);
        if itself {
            caller.require(Right::TokensRead)?;
        }
        self.require_visible(caller, person, Right::PeopleRead).await?;
        let all = self.store.read(move |reader| Box::pin(async move { reader.tokens_of_person(person, page).await })).await?;
        Ok(all.into_iter().filter(|token| itself || caller.manages(token.organisation, Right::PeopleRead)).collect())
    }

    /// The live tokens of an organisation, or of all of them for an operator.
    pub async fn tokens(&self, caller: &Caller, organisation: Option<OrganisationId>, page: Page) -> Result<Vec<PersonalToken>, Error> {
        match organisation {
            Some(organisation) => caller.require_management(organisation, Right::PeopleRead)?,
            None => caller.require_operator()?,
        }
        Ok(self.store.read(move |reader| Box::pin(async move { reader.tokens(page, organisation).await })).await?)
    }

    /// One live token.
    pub async fn token(&self, caller: &Caller, id: CredentialId) -> Result<PersonalToken, Error> {
        let token = self.store.read(move |reader| Box::pin(async move { reader.token(id).await })).await?;
        let token = token.filter(|token| token.revoked_at.is_none()).ok_or(Error::NotFound)?;
        caller.require_token(&token, false)?;
        Ok(token)
    }

    /// All APIs with their revisions, for operators.
    pub async fn apis(&self, caller: &Caller) -> Result<Vec<(ApiDefinition, i64)>, Error> {
        caller.require_operator()?;
        Ok(self.store.read(move |reader| Box::pin(async move { reader.apis().await })).await?)
    }

    /// One API with its revision, for operators.
    pub async fn api(&self, caller: &Caller, name: String) -> Result<(ApiDefinition, i64), Error> {
        caller.require_operator()?;
        self.store.read(move |reader| Box::pin(async move { reader.api(&name).await })).await?.ok_or(Error::NotFound)
    }

    /// The live credentials of an API, for operators.
    pub async fn api_credentials(&self, caller: &Caller, api: String, page: Page) -> Result<Vec<ServiceCredential>, Error> {
        self.api(caller, api.clone()).await?;
        let rows = self.store.read(move |reader| Box::pin(async move { reader.api_credentials(&api).await })).await?;
        Ok(part(rows.into_iter().map(ServiceCredential::from), page))
    }

    /// The live operator tokens, for operators.
    pub async fn operator_tokens(&self, caller: &Caller, page: Page) -> Result<Vec<ServiceCredential>, Error> {
        caller.require_operator()?;
        let rows = self.store.read(move |reader| Box::pin(async move { reader.operator_tokens().await })).await?;
        Ok(part(rows.into_iter().map(ServiceCredential::from), page))
    }

    /// The journal after a place, oldest first: all for an operator, about the own person otherwise.
    pub async fn audit(&self, caller: &Caller, about: Option<[u8; 16]>, after: Sequence, limit: u32) -> Result<Vec<Entry>, Error> {
        let about = match caller {
            Caller::Person(person) => {
                let own = *person.id.as_bytes();
                if about.is_some_and(|about| about != own) {
                    return Err(Error::NotFound);
                }
                Some(own)
            }
            _ => about,
        };
        Ok(self.store.read(move |reader| Box::pin(async move { reader.entries(after, about, limit).await })).await?)
    }

    async fn require_visible(&self, caller: &Caller, person: PersonId, right: Right) -> Result<(), Error> {
        let memberships = self.store.read(move |reader| Box::pin(async move { reader.memberships_of(person).await })).await?;
        let member_of: Vec<OrganisationId> = memberships.iter().map(|membership| membership.organisation).collect();
        caller.require_person(person, &member_of, right)
    }
}

/// There are few of these: the store gives them all, in the order of their ids.
fn part(all: impl Iterator<Item = ServiceCredential>, page: Page) -> Vec<ServiceCredential> {
    let beyond = all.filter(|credential| page.after.is_none_or(|after| *credential.id.as_bytes() > after));
    beyond.take(page.limit as usize).collect()
}
