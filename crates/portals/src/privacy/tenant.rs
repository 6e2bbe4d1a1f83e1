//! The numbers by which this API knows organisations, as its clients expect of a tenant.

use std::collections::{BTreeSet, HashMap};

use domain::OrganisationId;
use rusqlite::{OptionalExtension as _, Transaction};

use super::Privacy;
use super::answer::Failure;

/// The numbers of these organisations. One that was never seen before gets the next.
pub(super) async fn numbers(
    portal: &Privacy,
    organisations: impl IntoIterator<Item = OrganisationId>,
) -> Result<HashMap<OrganisationId, i64>, Failure> {
    let wanted: BTreeSet<OrganisationId> = organisations.into_iter().collect();
    let asked = wanted.clone();
    let mut numbers = portal.database().read(move |tx| known(tx, &asked)).await?;
    let new: BTreeSet<OrganisationId> = wanted.into_iter().filter(|organisation| !numbers.contains_key(organisation)).collect();
    if !new.is_empty() {
        let given = portal.database().write(move |tx| {
            for organisation in &new {
                tx.execute("INSERT INTO tenants (organisation) VALUES (?1) ON CONFLICT DO NOTHING", [organisation.to_string()])?;
            }
            known(tx, &new)
        });
        numbers.extend(given.await?);
    }
    Ok(numbers)
}

/// The number of one organisation.
pub(super) async fn number(portal: &Privacy, organisation: OrganisationId) -> Result<i64, Failure> {
    numbers(portal, [organisation]).await?.remove(&organisation).ok_or(Failure::Unavailable)
}

fn known(tx: &Transaction<'_>, organisations: &BTreeSet<OrganisationId>) -> Result<HashMap<OrganisationId, i64>, Failure> {
    let mut statement = tx.prepare_cached("SELECT id FROM tenants WHERE organisation = ?1")?;
    let mut numbers = HashMap::new();
    for organisation in organisations {
        if let Some(id) = statement.query_row([organisation.to_string()], |row| row.get(0)).optional()? {
            numbers.insert(*organisation, id);
        }
    }
    Ok(numbers)
}
