//! Permissions as a column: the same set is always the same text.

use std::borrow::Cow;

use domain::permission::Permissions;

use crate::error::StoreError;

/// The text of a set.
pub(crate) fn text(permissions: &Permissions) -> Result<Cow<'static, str>, StoreError> {
    match permissions {
        Permissions::All => Ok("\"all\"".into()),
        only => serde_json::to_string(only).map(Into::into).map_err(|error| StoreError::defect(error.to_string())),
    }
}
