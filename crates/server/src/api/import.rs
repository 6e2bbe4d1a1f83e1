//! Import of tokens from another system: digests only, their texts are never seen.

use authority::{ImportReport, ImportRow, Receipt, Rejected};
use domain::permission::Permissions;
use domain::text::{Description, Email};
use domain::{Digest, PersonId, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

use super::answer::Done;
use super::call::Call;
use super::json::{self, Body};
use super::permission::PermissionSet;
use crate::edge::Problem;

/// The most rows of one call.
const MAX_ROWS: usize = 1_000;

/// Tokens to import.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Import {
    /// At most 1,000 rows. Each is a change of its own: a refused one leaves the others alone, a repeated one changes nothing.
    #[schema(value_type = Vec<ImportedToken>, max_items = 1000)]
    tokens: Vec<Value>,
}

/// One token to import: of the person with this id or with this mail address, not both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportedToken {
    /// Whose, by id.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Uuid)]
    person: Option<PersonId>,
    /// Whose, by mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Option<Email>,
    /// What it is for: 3 to 255 characters, unique among the person's live tokens without regard to case.
    #[schema(value_type = String, min_length = 3, max_length = 255)]
    description: Description,
    /// SHA-256 of its text: 64 hexadecimal digits or 44 characters of padded Base64.
    #[schema(value_type = String, min_length = 44, max_length = 64)]
    digest: Digest,
    /// When it is to stop by itself: in the future, within 20 years. Left out: never.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What it may do at most; left out: all that its owner may do, now and later.
    #[serde(default)]
    permissions: Option<PermissionSet>,
}

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Imported {
    /// How many were imported.
    imported: u64,
    /// How many were there already, the same.
    unchanged: u64,
    /// The rows that were refused, by their place.
    rejected: Vec<RejectedRow>,
}

/// A refused row.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RejectedRow {
    /// Its place in the call, from 0.
    index: usize,
    /// Why, as a stable name: `invalid`, `unknown_person`, `unknown_organisation`, `digest_known`, `description_taken`,
    /// `username_taken`, `public_id_taken`, `too_many_tokens`, `too_many_keys`.
    code: String,
    /// Why, in words.
    detail: String,
}

impl Body for Import {}

impl From<Rejected> for RejectedRow {
    fn from(rejected: Rejected) -> Self {
        let Rejected { index, code, detail } = rejected;
        Self { index, code, detail }
    }
}

impl From<ImportedToken> for ImportRow {
    fn from(row: ImportedToken) -> Self {
        let ImportedToken { person, email, description, digest, expires_at, permissions } = row;
        let permissions = permissions.map_or(Permissions::All, |set| set.0);
        Self { person, email, description, digest, expires_at, permissions }
    }
}

pub(super) async fn create(call: Call, body: Import) -> Result<Done<Imported>, Problem> {
    let (rows, readable) = Readable::split::<ImportedToken, _>("tokens", body.tokens)?;
    Ok(readable.report(call.authority().import_tokens(&call.context, rows).await?))
}

/// Of the rows of a call, where those that can be read stood, and what is wrong with the others.
pub(super) struct Readable {
    places: Vec<usize>,
    rejected: Vec<RejectedRow>,
}

impl Readable {
    /// Reads each row of the body's member by itself, as `T`.
    pub(super) fn split<T, R>(member: &str, given: Vec<Value>) -> Result<(Vec<R>, Self), Problem>
    where
        T: DeserializeOwned + PartialSchema + Into<R>,
    {
        if given.len() > MAX_ROWS {
            return Err(json::tell(&[(member.to_owned(), format!("must be {MAX_ROWS} at most in one call"))]));
        }
        let (mut rows, mut readable) = (Vec::new(), Self { places: Vec::new(), rejected: Vec::new() });
        for (index, row) in given.into_iter().enumerate() {
            match read::<T>(row) {
                Ok(row) => {
                    rows.push(row.into());
                    readable.places.push(index);
                }
                Err(detail) => readable.rejected.push(RejectedRow { index, code: "invalid".to_owned(), detail }),
            }
        }
        Ok((rows, readable))
    }

    /// What became of all rows, by their places in the call.
    pub(super) fn report(self, (report, receipt): (ImportReport, Receipt)) -> Done<Imported> {
        let ImportReport { imported, unchanged, rejected: refused, .. } = report;
        let Self { places, mut rejected } = self;
        // The report counts the rows that could be read.
        let place = |row: &Rejected| places.get(row.index).copied().unwrap_or(row.index);
        rejected.extend(refused.into_iter().map(|row| RejectedRow { index: place(&row), ..row.into() }));
        rejected.sort_by_key(|row| row.index);
        Done { value: Imported { imported, unchanged, rejected }, receipt, replayed: false, revision: None }
    }
}

fn read<T: DeserializeOwned + PartialSchema>(row: Value) -> Result<T, String> {
    let Value::Object(members) = row else { return Err("must be an object".to_owned()) };
    serde_json::from_value(Value::Object(members.clone())).map_err(|error| {
        let problems = json::problems::<T>(members, &error);
        let told: Vec<String> = problems.into_iter().map(|(field, problem)| format!("{field}: {problem}")).collect();
        told.join("; ")
    })
}
