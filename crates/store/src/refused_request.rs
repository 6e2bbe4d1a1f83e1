//! Requests that were refused, for a while. Not journalled: who refuses changes nothing.

use std::sync::Arc;

use domain::credential::Kind;
use domain::id::{OrganisationId, RequestId};
use domain::refused_request::{Cause, Flow, RefusedRequest};
use domain::time::Timestamp;

use crate::Store;
use crate::error::StoreError;
use crate::statement::statements;
use crate::transaction::Reader;
use crate::value::params;

statements! {
    KEEP_REFUSED = "INSERT INTO refused_request (request, at, refusal, api, method, path, permission, workspace, credential, kind, person,
            organisation, address, flow, answer, about)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (request) DO NOTHING";
    REFUSED = "SELECT request, at, refusal, api, method, path, permission, workspace, credential, kind, person, organisation, address,
            flow, answer, about
        FROM refused_request WHERE request = $1";
    COUNT_REFUSED_OF = "SELECT count(*) FROM (SELECT at FROM refused_request WHERE organisation = $1 AND at >= $2 LIMIT $3) r";
    DROP_OLD_REFUSED = "DELETE FROM refused_request WHERE at < $1";
    DROP_MOST_REFUSED = "DELETE FROM refused_request WHERE at < (SELECT at FROM refused_request ORDER BY at DESC LIMIT 1 OFFSET $1)";
}

/// The most refused requests that are kept; beyond them the oldest are forgotten.
pub const REFUSED_KEPT: u32 = 200_000;
/// How many one transaction keeps, so that changes do not wait behind all of them.
const PART: usize = 100;

impl Store {
    /// Keeps refused requests. Of a request that was refused twice, the first is kept. Not journalled.
    pub async fn keep_refused_requests(&self, batch: Arc<[RefusedRequest]>) -> Result<(), StoreError> {
        for begin in (0..batch.len()).step_by(PART) {
            let batch = batch.clone();
            self.keep(move |executor| {
                let batch = batch.clone();
                Box::pin(async move {
                    for refused in batch.iter().skip(begin).take(PART) {
                        let (method, path) = refused.asked.as_ref().map(|(method, path)| (method, path)).unzip();
                        let address = refused.address.map(|address| address.to_string());
                        let params = params![
                            &refused.request,
                            refused.at,
                            refused.cause.code(),
                            refused.api.as_ref(),
                            method,
                            path,
                            refused.permission.as_ref(),
                            refused.workspace.as_ref(),
                            refused.credential.as_ref(),
                            refused.kind.map(Kind::name),
                            refused.person.as_ref(),
                            refused.organisation.as_ref(),
                            address.as_ref(),
                            refused.flow.map(Flow::name),
                            refused.answer.as_ref(),
                            refused.about.as_ref(),
                        ];
                        executor.execute(&KEEP_REFUSED, &params).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        }
        Ok(())
    }

    /// Forgets those from before a moment, and the oldest beyond `most`. Not journalled.
    pub async fn drop_old_refused_requests(&self, before: Timestamp, most: u32) -> Result<(), StoreError> {
        self.keep(move |executor| {
            Box::pin(async move {
                executor.execute(&DROP_OLD_REFUSED, &params![before]).await?;
                executor.execute(&DROP_MOST_REFUSED, &params![most.saturating_sub(1)]).await.map(drop)
            })
        })
        .await
    }
}

impl Reader<'_> {
    /// How many requests of an organisation's credentials were refused since a moment; more than `most` are not counted.
    pub async fn count_refused(&mut self, organisation: OrganisationId, since: Timestamp, most: u32) -> Result<u64, StoreError> {
        let row = self.executor.row(&COUNT_REFUSED_OF, &params![&organisation, since, most]).await?;
        row.map_or(Ok(0), |mut row| row.take())
    }

    /// A refused request, if it is kept.
    pub async fn refused_request(&mut self, request: RequestId) -> Result<Option<RefusedRequest>, StoreError> {
        let Some(mut row) = self.executor.row(&REFUSED, &params![&request]).await? else { return Ok(None) };
        let (request, at) = (row.take()?, row.take()?);
        let cause = row.parse(|text| Cause::from_code(text).ok_or(()))?;
        let api = row.take()?;
        let (method, path): (Option<String>, Option<String>) = (row.take()?, row.take()?);
        let (permission, workspace, credential) = (row.take()?, row.take()?, row.take()?);
        let kind = row.parse_optional(|text| Kind::from_name(text).ok_or(()))?;
        let (person, organisation) = (row.take()?, row.take()?);
        let address = row.parse_optional(str::parse)?;
        let flow = row.parse_optional(|text| Flow::named(text).ok_or(()))?;
        let (answer, about) = (row.take()?, row.take()?);
        Ok(Some(RefusedRequest {
            request,
            at,
            cause,
            flow,
            answer,
            about,
            api,
            asked: method.zip(path),
            permission,
            workspace,
            credential,
            kind,
            person,
            organisation,
            address,
        }))
    }
}
