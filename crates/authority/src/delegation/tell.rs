//! Telling both organisations what became of a delegation.

use domain::Timestamp;
use domain::delegation::Delegation;
use domain::letter::{Letter, Turn};
use store::{Abort, Tx};

use crate::letter::{Letters, members_with};
use crate::{Error, Right};

/// Writes to those who manage the delegations of the organisation that gives it, and of the one that gets it. The workspace's name is
/// for the one that it belongs to; the others know its number.
pub(crate) async fn tell(
    tx: &mut Tx<'_>,
    at: Timestamp,
    letters: &Letters,
    (delegation, turn): (&Delegation, Turn),
) -> Result<(), Abort<Error>> {
    if !letters.are_sent() {
        return Ok(());
    }
    let Delegation { id, from, to, owner, workspace, reason, .. } = delegation.clone();
    let (Some(giver), Some(receiver)) = (tx.organisation(from).await?, tx.organisation(to).await?) else { return Ok(()) };
    let Some(place) = tx.workspace(workspace).await? else { return Ok(()) };
    for own in [from, to] {
        let known = if own == owner { format!("{} ({})", place.name, place.number.as_str()) } else { place.number.as_str().to_owned() };
        let letter = Letter::Delegation {
            turn,
            id,
            own,
            from: giver.name.to_string(),
            to: receiver.name.to_string(),
            workspace: Some(known),
            // An announced closing, a pause: the reason of what was before is no reason of this.
            reason: reason.clone().map(String::from).filter(|_| matches!(turn, Turn::WillClose { .. } | Turn::Closed)),
        };
        let managers = members_with(tx, own, Right::DelegationsWrite).await?;
        letters.write_all(tx, at, managers, &letter).await?;
    }
    Ok(())
}
