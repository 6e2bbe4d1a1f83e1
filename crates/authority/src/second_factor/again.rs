//! Changes of second factors that were made after a backup, made again in what was restored from it, as far as they end something.

use domain::PersonId;
use domain::second_factor::FactorChange;
use store::{By, StoreError, Tx};

/// Makes a change again; says whether anything changed.
pub(crate) async fn apply(tx: &mut Tx<'_>, by: &By, person: PersonId, change: FactorChange) -> Result<bool, StoreError> {
    match change {
        FactorChange::TotpRemoved => tx.delete_totp(person).await,
        FactorChange::PasskeyRemoved(id) => tx.delete_passkey(id, person).await,
        FactorChange::PasskeySuspected(id) => tx.suspect_passkey(id, by.at).await,
        FactorChange::AllRemoved => tx.delete_second_factors(person).await,
        // Those of the backup were replaced by others, which are gone with what was made since: none counts.
        FactorChange::RecoveryCodesMade => tx.delete_recovery_codes(person).await,
        FactorChange::RecoveryCodeUsed(number) => tx.take_recovery_code(person, number, by.at).await,
        FactorChange::TotpAdded | FactorChange::PasskeyAdded(_) => Ok(false),
    }
}
