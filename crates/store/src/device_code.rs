//! Device codes: kept by their digest, answered by a person, redeemed once.

use domain::authorization::{Authorization, DeviceRequest};
use domain::credential::Digest;
use domain::id::{CredentialId, FamilyId, GrantId, PersonId};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::{Reader, Tx};
use crate::value::{Row, params};

macro_rules! columns {
    () => {
        "SELECT d.digest, d.organisation_key, d.asked, d.created_at, d.expires_at, d.interval_seconds, d.polled_at, d.decision,
            d.client_grant, d.family, d.request, g.person, g.ended_at, d.redeemed_at
        FROM device_code d LEFT JOIN client_grant g ON g.id = d.client_grant "
    };
}

statements! {
    INSERT_DEVICE_CODE = "INSERT INTO device_code (digest, user_code, organisation_key, asked, created_at, expires_at,
            interval_seconds, decision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT DO NOTHING";
    DEVICE_CODE = concat!(columns!(), "WHERE d.digest = $1");
    DEVICE_CODE_TYPED = concat!(columns!(), "WHERE d.user_code = $1 AND d.decision = 0 AND d.expires_at > $2");
    POLL_DEVICE_CODE = "UPDATE device_code SET polled_at = $2, interval_seconds = $3 WHERE digest = $1";
    ALLOW_DEVICE = "UPDATE device_code SET decision = 1, client_grant = $3, family = $4, request = $5
        WHERE digest = $1 AND decision = 0 AND expires_at > $2";
    REFUSE_DEVICE = "UPDATE device_code SET decision = 2 WHERE digest = $1 AND decision = 0 AND expires_at > $2";
    REDEEM_DEVICE_CODE = "UPDATE device_code SET redeemed_at = $2 WHERE digest = $1 AND decision = 1 AND redeemed_at IS NULL";
    DROP_OLD_DEVICE_CODES = "DELETE FROM device_code WHERE expires_at <= $1 AND (redeemed_at IS NULL OR expires_at <= $2)";
}

/// A device code that a client is about to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeviceCode {
    /// The digest of its text.
    pub digest: Digest,
    /// The digest of what the person types.
    pub user_code: Digest,
    /// The client's organisation key.
    pub key: CredentialId,
    /// What was asked.
    pub asked: DeviceRequest,
    /// When.
    pub created_at: Timestamp,
    /// From this moment on it is worth nothing.
    pub expires_at: Timestamp,
    /// How long the device waits between two questions, in seconds.
    pub interval_seconds: u32,
}

/// What a person has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceDecision {
    /// Nothing yet.
    Waiting,
    /// The device gets tokens.
    Allowed(Box<DeviceGrant>),
    /// It gets none.
    Refused,
}

/// What a person lets a device do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeviceGrant {
    /// The grant.
    pub grant: GrantId,
    /// The family of the refresh tokens that come of it.
    pub family: FamilyId,
    /// What was consented to, as JSON ([`Authorization`]).
    pub request: String,
}

/// What a person has let a device do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceGrant {
    /// The grant.
    pub grant: GrantId,
    /// The family of the refresh tokens that come of it.
    pub family: FamilyId,
    /// What was consented to.
    pub request: Authorization,
    /// Who.
    pub person: PersonId,
    /// Since when the grant is ended, if so.
    pub ended_at: Option<Timestamp>,
}

/// A device code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCode {
    /// The digest of its text.
    pub digest: Digest,
    /// The client's organisation key.
    pub key: CredentialId,
    /// What was asked.
    pub asked: DeviceRequest,
    /// When.
    pub created_at: Timestamp,
    /// From this moment on it is worth nothing.
    pub expires_at: Timestamp,
    /// How long the device waits between two questions, in seconds.
    pub interval_seconds: u32,
    /// When it last asked.
    pub polled_at: Option<Timestamp>,
    /// What the person has answered.
    pub decision: DeviceDecision,
    /// When it was redeemed, if so.
    pub redeemed_at: Option<Timestamp>,
}

impl Reader<'_> {
    /// The device code with this digest, whatever its state.
    pub async fn device_code(&mut self, digest: &Digest) -> Result<Option<DeviceCode>, StoreError> {
        self.executor.row(&DEVICE_CODE, &params![digest]).await?.map(device_code).transpose()
    }

    /// The device code that this user code belongs to, while it waits for a person.
    pub async fn device_code_typed(&mut self, user_code: &Digest, now: Timestamp) -> Result<Option<DeviceCode>, StoreError> {
        self.executor.row(&DEVICE_CODE_TYPED, &params![user_code, now]).await?.map(device_code).transpose()
    }
}

impl Tx<'_> {
    /// Remembers that the device has asked, and how long it is to wait from now on.
    pub async fn poll_device_code(&mut self, digest: &Digest, at: Timestamp, interval_seconds: u32) -> Result<(), StoreError> {
        self.executor.execute(&POLL_DEVICE_CODE, &params![digest, at, interval_seconds]).await.map(drop)
    }

    /// Lets a device that waits have tokens; says whether it waited. Conflict: `parent`.
    pub async fn allow_device(&mut self, digest: &Digest, at: Timestamp, allowed: &NewDeviceGrant) -> Result<bool, StoreError> {
        let params = params![digest, at, &allowed.grant, &allowed.family, &allowed.request];
        Ok(self.executor.execute(&ALLOW_DEVICE, &params).await? > 0)
    }

    /// Refuses a device that waits; says whether it waited.
    pub async fn refuse_device(&mut self, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REFUSE_DEVICE, &params![digest, at]).await? > 0)
    }

    /// Takes a code that was allowed; says whether it was not taken before.
    pub async fn redeem_device_code(&mut self, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.executor.execute(&REDEEM_DEVICE_CODE, &params![digest, at]).await? > 0)
    }
}

impl Store {
    /// Keeps a device code; says whether its user code is nobody else's. Not journalled.
    pub async fn insert_device_code(&self, new: NewDeviceCode) -> Result<bool, StoreError> {
        let asked = serde_json::to_string(&new.asked).map_err(|_| StoreError::defect("what a device asked cannot be written"))?;
        self.keep_giving(move |executor| {
            let (new, asked) = (new.clone(), asked.clone());
            Box::pin(async move {
                let NewDeviceCode { digest, user_code, key, created_at, expires_at, interval_seconds, .. } = &new;
                let params = params![digest, user_code, key, &asked, *created_at, *expires_at, *interval_seconds];
                Ok(executor.execute(&INSERT_DEVICE_CODE, &params).await? > 0)
            })
        })
        .await
    }

    /// Forgets device codes that were over at the first moment, and redeemed ones that were at the second. Not journalled.
    pub async fn drop_old_device_codes(&self, unused: Timestamp, redeemed: Timestamp) -> Result<(), StoreError> {
        self.keep(move |executor| {
            Box::pin(async move { executor.execute(&DROP_OLD_DEVICE_CODES, &params![unused, redeemed]).await.map(drop) })
        })
        .await
    }
}

fn device_code(mut row: Row) -> Result<DeviceCode, StoreError> {
    let (digest, key, asked, created_at) = (row.take()?, row.take()?, row.json()?, row.take()?);
    let (expires_at, interval_seconds, polled_at) = (row.take()?, row.take::<u64>()?, row.take()?);
    let decision: i64 = row.take()?;
    let (grant, family): (Option<GrantId>, Option<FamilyId>) = (row.take()?, row.take()?);
    let request: Option<Authorization> = row.parse_optional(|text| serde_json::from_str(text))?;
    let (person, ended_at): (Option<PersonId>, Option<Timestamp>) = (row.take()?, row.take()?);
    let decision = match (decision, grant, family, request, person) {
        (0, ..) => DeviceDecision::Waiting,
        (1, Some(grant), Some(family), Some(request), Some(person)) => {
            DeviceDecision::Allowed(Box::new(DeviceGrant { grant, family, request, person, ended_at }))
        }
        _ => DeviceDecision::Refused,
    };
    let interval_seconds = u32::try_from(interval_seconds).unwrap_or(u32::MAX);
    Ok(DeviceCode { digest, key, asked, created_at, expires_at, interval_seconds, polled_at, decision, redeemed_at: row.take()? })
}
