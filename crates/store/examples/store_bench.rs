//! Prints durable token creations per second with 1 and 64 waiting callers, and how long a snapshot takes.
//!
//! `cargo run --release -p poort-store --example store_bench -- DATABASE [TOKENS_OF_SNAPSHOT]`
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use domain::Timestamp;
use domain::api::ApiDefinition;
use domain::credential::Digest;
use domain::id::{CredentialId, OrganisationId, PersonId};
use domain::person::Membership;
use poort_store::{MembershipRecord, NewToken, Outcome, SnapshotSink, Store, TokenRecord};
use support::{by, created, member, now, open, token};

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("the database");
    let tokens: u32 = arguments.next().map_or(0, |text| text.parse().expect("a number"));
    let store = open(&url).await;
    let mut members = Vec::new();
    for part in 0..30 {
        let names: Vec<String> = (0..100).map(|number| format!("m{part}-{number}-{}", now().unix_microseconds())).collect();
        members.extend(futures_util::future::join_all(names.iter().map(|name| member(&store, name))).await);
    }
    for callers in [1, 64, 64] {
        let rate = creations(&store, &members, callers, Duration::from_secs(3)).await;
        println!("{callers:>3} waiting callers: {rate:>8.0} creations a second");
    }
    if tokens > 0 {
        fill(&store, &members, tokens).await;
        for _ in 0..3 {
            let started = Instant::now();
            let count = store.snapshot(Timestamp::from_unix_seconds(0), |snapshot| {
                let mut sink = Count(0);
                snapshot.pour(&mut sink).map(|_| sink.0)
            });
            let count = count.await.expect("loaded");
            println!("snapshot of {count} tokens: {:.3} s", started.elapsed().as_secs_f64());
        }
    }
}

async fn creations(store: &Store, members: &[Membership], callers: usize, time: Duration) -> f64 {
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (store, member) = (store.clone(), members.to_vec());
            tokio::spawn(async move {
                let mut count = 0_u32;
                while started.elapsed() < time {
                    let member = &member[(caller + 64 * count as usize) % member.len()];
                    create(&store, member, caller, count).await;
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut all = 0;
    for task in tasks {
        all += task.await.expect("no panic");
    }
    f64::from(all) / started.elapsed().as_secs_f64()
}

async fn create(store: &Store, member: &Membership, caller: usize, count: u32) {
    let token = token(member, &format!("{caller} {count} {}", now().unix_microseconds()));
    let digest = Digest::of(token.id.as_bytes());
    let (key, sealed) = (Digest::of(digest.as_bytes()), [7; 400]);
    let by = by();
    let done: support::Written<()> = store
        .write(move |tx| {
            let (token, by) = (token.clone(), by.clone());
            Box::pin(async move {
                if tx.idempotent_answer(&key, by.at).await?.is_some() {
                    return Ok(Outcome::Unchanged(()));
                }
                let _ = tx.membership(token.membership).await?;
                let _ = tx.count_live_tokens(token.person).await?;
                tx.insert_token(&NewToken { token: &token, digest, imported: false }).await?;
                tx.keep_answer(&key, &digest, &sealed, by.at).await?;
                let recorded = tx.record(&by, created(&token, digest)).await?;
                Ok(Outcome::Changed((), recorded))
            })
        })
        .await;
    done.expect("created");
}

/// Many tokens in one change.
async fn fill(store: &Store, members: &[Membership], tokens: u32) {
    for part in 0..tokens.div_ceil(2_000) {
        let members = members.to_vec();
        let done: support::Written<()> = store
            .write(move |tx| {
                let members = members.clone();
                Box::pin(async move {
                    let mut recorded = None;
                    for number in 0..2_000_u32 {
                        let token = token(&members[number as usize % members.len()], &format!("fill {part} {number}"));
                        let digest = Digest::of(token.id.as_bytes());
                        tx.insert_token(&NewToken { token: &token, digest, imported: false }).await?;
                        if number == 0 {
                            recorded = Some(tx.record(&by(), created(&token, digest)).await?);
                        }
                    }
                    Ok(Outcome::Changed((), recorded.expect("some")))
                })
            })
            .await;
        done.expect("filled");
    }
}

struct Count(u32);

impl SnapshotSink for Count {
    fn workspace(&mut self, _: &poort_store::WorkspaceRecord) {}
    fn delegation(&mut self, _: &poort_store::DelegationRecord<'_>) {}
    fn organisation_token(&mut self, _: &poort_store::OrganisationTokenRecord<'_>) {}
    fn organisation(&mut self, _: OrganisationId, _: bool) {}
    fn person(&mut self, _: PersonId, _: bool) {}
    fn membership(&mut self, _: &MembershipRecord) {}
    fn api(&mut self, _: ApiDefinition) {}
    fn announcement(&mut self, _: domain::AnnouncementId, _: &str, _: domain::announcement::Signal) {}
    fn token(&mut self, _: &TokenRecord<'_>) {
        self.0 += 1;
    }
    fn organisation_key(&mut self, _: &domain::organisation_key::OrganisationKeyRecord) {}
    fn grant(&mut self, _: &domain::grant::GrantRecord) {}
    fn ended(&mut self, _: [u8; 16], _: domain::Timestamp) {}
    fn api_credential(&mut self, _: CredentialId, _: &str, _: Digest) {}
    fn operator_token(&mut self, _: CredentialId, _: Digest) {}
    fn fence(&mut self, _: &domain::Fence) {}
}
