//! Import of tokens from another system: their digests work at once, their texts are never seen.

use domain::event::{Class, Sequence};
use domain::permission::Permissions;
use domain::personal_token::PersonalToken;
use domain::text::{Description, Email};
use domain::{CredentialId, Digest, PersonId, Timestamp};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use store::{Abort, Outcome, Place, StoreError, Tx};

use crate::personal_token::{check_permissions, insert, valid_expiry};
use crate::wait::Reached;
use crate::{Authority, Context, Error, Receipt};

/// The most rows of one call.
const MAX_ROWS: usize = 1_000;
/// How many rows wait for one commit together.
const AT_ONCE: usize = 128;

/// One token to import.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Whose, by id.
    pub person: Option<PersonId>,
    /// Whose, by mail address.
    pub email: Option<Email>,
    /// What it is for.
    pub description: Description,
    /// SHA-256 of its text.
    pub digest: Digest,
    /// When it stops by itself, if ever.
    pub expires_at: Option<Timestamp>,
    /// What it may do at most.
    pub permissions: Permissions,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// How many tokens were imported.
    pub imported: u64,
    /// How many were there already, the same.
    pub unchanged: u64,
    /// The rows that were refused, each on its own.
    pub rejected: Vec<Rejected>,
    /// The last change of the import.
    pub sequence: Option<Sequence>,
}

/// A refused row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Its place in the call, from 0.
    pub index: usize,
    /// Why, as a stable name.
    pub code: String,
    /// Why, in words.
    pub detail: String,
}

impl Authority {
    /// Imports tokens. Each row is a change of its own; a refused one leaves the others alone; a repeated one changes nothing.
    pub async fn import_tokens(&self, context: &Context, rows: Vec<ImportRow>) -> Result<(ImportReport, Receipt), Error> {
        let row_context = Context { idempotency: None, ..context.clone() };
        let rows = rows.into_iter().map(|row| self.import_token(row_context.clone(), row).boxed()).collect();
        self.import_rows(context, rows, "unknown_person").await
    }

    /// Carries rows out, each of which gives the place of its change where it made one. `unknown` is the code of a row whose
    /// owner does not exist.
    pub(crate) async fn import_rows(
        &self,
        context: &Context,
        rows: Vec<BoxFuture<'_, Result<Option<Sequence>, Error>>>,
        unknown: &'static str,
    ) -> Result<(ImportReport, Receipt), Error> {
        let started = self.clock.boottime();
        context.caller.require_operator()?;
        if rows.len() > MAX_ROWS {
            return Err(Error::invalid("tokens", format!("must be {MAX_ROWS} at most in one call")));
        }
        let mut done = stream::iter(rows).buffered(AT_ONCE).enumerate();
        let mut report = ImportReport::default();
        while let Some((index, result)) = done.next().await {
            let (code, detail) = match result {
                Ok(None) => {
                    report.unchanged += 1;
                    continue;
                }
                Ok(Some(sequence)) => {
                    report.imported += 1;
                    report.sequence = report.sequence.max(Some(sequence));
                    continue;
                }
                // An outage ends the import: what came so far is there, and a repeated call goes on.
                Err(outage @ (Error::Unavailable(_) | Error::OutcomeUnknown(_))) => return Err(outage),
                Err(Error::Conflict { code, detail }) => (code, detail.to_owned()),
                Err(Error::Invalid(problems)) => {
                    let told: Vec<String> = problems.into_iter().map(|(field, problem)| format!("{field}: {problem}")).collect();
                    ("invalid", told.join("; "))
                }
                Err(other) => (unknown, other.to_string()),
            };
            report.rejected.push(Rejected { index, code: code.to_owned(), detail });
        }
        let reached = match report.sequence {
            Some(sequence) => {
                let waiting = self.wait(Place { sequence, request: Some(context.request) }, Class::Creation);
                self.meters.waited(Class::Creation, &*self.clock, waiting).await?
            }
            None => Reached::HERE,
        };
        let receipt = self.receipt(report.sequence, reached, started);
        Ok((report, receipt))
    }

    async fn import_token(&self, context: Context, row: ImportRow) -> Result<Option<Sequence>, Error> {
        let expires_at = row.expires_at.map(|wished| valid_expiry(wished, context.now)).transpose()?;
        let id = CredentialId::generate(context.now, &*self.entropy)?;
        let by = context.by();
        let verifier = self.verifier.clone();
        let committed = self
            .store
            .write(move |tx| {
                let (row, by, verifier) = (row.clone(), by.clone(), verifier.clone());
                Box::pin(async move {
                    let person = match (row.person, &row.email) {
                        (Some(id), None) => tx.person(id).await?,
                        (None, Some(email)) => tx.person_by_email(email).await?,
                        _ => return Err(Abort::Refused(Error::invalid("person", "name the person by id or by mail address, not by both"))),
                    };
                    let person = person.ok_or(Abort::Refused(Error::NotFound))?;
                    if tx.digest_known(&row.digest).await? {
                        return if is_there(tx, person.id, &row).await? {
                            Ok(Outcome::Unchanged(()))
                        } else {
                            Err(Abort::Refused(Error::Conflict { code: "digest_known", detail: "this digest is known already" }))
                        };
                    }
                    let Some(membership) = tx.memberships_of(person.id).await?.into_iter().next() else {
                        return Err(Abort::Refused(Error::invalid("person", "is not a member of any organisation")));
                    };
                    check_permissions(&verifier, &row.permissions, membership.roles).map_err(Abort::Refused)?;
                    let made = PersonalToken::made(id, &membership, row.description, None, by.at);
                    let token = PersonalToken { expires_at, permissions: row.permissions, ..made };
                    let recorded = insert(tx, &by, &token, row.digest, true).await?;
                    Ok(Outcome::Changed((), recorded))
                })
            })
            .await?;
        Ok(committed.sequence)
    }
}

/// Whether the very token was imported before.
async fn is_there(tx: &mut Tx<'_>, person: PersonId, row: &ImportRow) -> Result<bool, StoreError> {
    let Some(token) = tx.token_described(person, &row.description).await? else { return Ok(false) };
    Ok(tx.token_secrets(token).await?.iter().any(|secret| secret.digest == row.digest))
}
