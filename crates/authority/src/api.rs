//! APIs: defined, redefined, removed.

use domain::Event;
use domain::api::{Api, ApiDefinition};
use domain::text::Name;
use store::{Abort, Outcome};

use crate::access::{OWN_API, RIGHTS, Right};
use crate::{Authority, Changed, Context, Error, id_token};

impl Authority {
    /// Makes an API known. Its name must be free.
    pub async fn create_api(&self, context: &Context, definition: ApiDefinition) -> Result<Changed<ApiDefinition>, Error> {
        self.define(context, definition, |there| match there {
            None => Ok(()),
            Some(_) => Err(Error::Conflict { code: "name_taken", detail: "an API with this name exists" }),
        })
        .await
    }

    /// Gives an API another definition, or makes it known. `expected_revision` refuses the change where a later one is there.
    pub async fn put_api(
        &self,
        context: &Context,
        definition: ApiDefinition,
        expected_revision: Option<i64>,
    ) -> Result<Changed<ApiDefinition>, Error> {
        self.define(
            context,
            definition,
            move |there| if expected_revision.is_some() && expected_revision != there { Err(Error::Stale) } else { Ok(()) },
        )
        .await
    }

    /// Gives Poort's own API the permissions that this version knows, where an earlier one made it. Nothing where it is so.
    pub async fn refresh_own_api(&self, context: &Context) -> Result<(), Error> {
        let own = own_definition()?;
        let there = self.store.read(|reader| Box::pin(async move { reader.api(OWN_API).await })).await?;
        if there.is_none_or(|(there, _)| there == own) {
            return Ok(());
        }
        self.change(context, move |tx, by| {
            let own = own.clone();
            Box::pin(async move {
                tx.put_api(&own).await?;
                let recorded = tx.record(by, Event::ApiDefined { definition: own }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await?;
        Ok(())
    }

    /// Removes an API, ends its credentials and withdraws its announcements. One with live organisation tokens or delegations stays.
    pub async fn remove_api(&self, context: &Context, name: String) -> Result<Changed<()>, Error> {
        context.caller.require_operator()?;
        refuse_own(&name)?;
        self.change(context, move |tx, by| {
            let name = name.clone();
            Box::pin(async move {
                if tx.api_has_organisation_tokens(&name).await? {
                    let detail = "organisation tokens of this API are live: end them first";
                    return Err(Abort::Refused(Error::Conflict { code: "api_in_use", detail }));
                }
                if tx.api_has_delegations(&name).await? {
                    let detail = "delegations of this API are live: close them first";
                    return Err(Abort::Refused(Error::Conflict { code: "api_in_use", detail }));
                }
                for credential in tx.api_credentials(&name).await? {
                    if let Some(digest) = tx.revoke_api_credential(credential.id, by.at).await? {
                        tx.record(by, Event::ApiCredentialRevoked { credential: credential.id, digest }).await?;
                    }
                }
                tx.withdraw_announcements_of(&name, by.at).await?;
                if !tx.remove_api(&name).await? {
                    return Err(Abort::Refused(Error::NotFound));
                }
                let recorded = tx.record(by, Event::ApiRemoved { api: name }).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await
    }

    async fn define<F>(&self, context: &Context, definition: ApiDefinition, allow: F) -> Result<Changed<ApiDefinition>, Error>
    where
        F: Fn(Option<i64>) -> Result<(), Error> + Clone + Send + Sync + 'static,
    {
        context.caller.require_operator()?;
        refuse_own(&definition.name)?;
        valid(&definition)?;
        if let Some(algorithm) = definition.access_token_algorithm {
            self.ensure_signing_key(context, id_token::signing_algorithm(Some(algorithm))).await?;
        }
        self.change(context, move |tx, by| {
            let (definition, allow) = (definition.clone(), allow.clone());
            Box::pin(async move {
                let (same, others): (Vec<_>, Vec<_>) = tx.apis().await?.into_iter().partition(|(known, _)| known.name == definition.name);
                allow(same.first().map(|(_, revision)| *revision)).map_err(Abort::Refused)?;
                distinct(&definition, &others).map_err(Abort::Refused)?;
                tx.put_api(&definition).await?;
                let recorded = tx.record(by, Event::ApiDefined { definition: definition.clone() }).await?;
                Ok(Outcome::Changed(definition, recorded))
            })
        })
        .await
    }
}

/// The definition of Poort's own management as an API, for people's own tokens.
pub(crate) fn own_definition() -> Result<ApiDefinition, Error> {
    let permission = |(right, name): &(Right, &str)| serde_json::json!({"name": name, "title": right.title(), "roles": right.roles()});
    let permissions = RIGHTS.iter().map(permission);
    let title = Name::new("Poort").map_err(|problem| Error::invalid("title", problem))?;
    let definition = serde_json::json!({
        "name": OWN_API, "title": title.as_str(), "presentations": ["bearer"], "permissions": permissions.collect::<Vec<_>>(),
    });
    serde_json::from_value(definition).map_err(|problem| Error::invalid("definition", problem))
}

fn refuse_own(name: &str) -> Result<(), Error> {
    if name == OWN_API {
        return Err(Error::Conflict { code: "built_in", detail: "the API \"poort\" is built in" });
    }
    Ok(())
}

fn valid(definition: &ApiDefinition) -> Result<(), Error> {
    match Api::new(definition.clone()) {
        Ok(_) => Ok(()),
        Err(problems) => Err(Error::Invalid(problems.into_iter().map(|problem| (problem.field, problem.problem)).collect())),
    }
}

/// Of which API a scope is must be plain from its name: a token may be for several (RFC 9068 section 3).
fn distinct(definition: &ApiDefinition, others: &[(ApiDefinition, i64)]) -> Result<(), Error> {
    let of_another = |name: &str| {
        others.iter().any(|(other, _)| {
            other.scopes.iter().any(|scope| scope.name.as_str() == name)
                || other.permissions.iter().any(|known| known.name.as_str() == name)
        })
    };
    let taken = definition.scopes.iter().enumerate().filter(|(_, scope)| of_another(scope.name.as_str()));
    let problems: Vec<(String, String)> =
        taken.map(|(place, _)| (format!("scopes[{place}].name"), "is a name of another API".to_owned())).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}
