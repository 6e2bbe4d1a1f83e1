//! Fills a database with live tokens for the measurements, through the store itself: the rows and the journal are real.
//!
//! Arguments: DATABASE TOKENS PEOPLE ORGANISATIONS FOLDER. Writes `tokens.txt` (every token) and `unknown.txt` (as many
//! well-formed texts that no server knows) into the folder.
#![allow(clippy::disallowed_methods, reason = "a tool of the measurements, no part of the product")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use domain::credential::{Digest, Installation, format};
use domain::entropy::{Entropy, EntropyUnavailable};
use domain::event::{Actor, SecretState};
use domain::organisation::Organisation;
use domain::person::{Membership, Person, Role, Roles};
use domain::personal_token::PersonalToken;
use domain::text::{Description, Email, Name};
use domain::{CredentialId, Event, Kind, MembershipId, OrganisationId, PersonId, RequestId, Timestamp};
use store::{By, DatabaseUrl, NewToken, Options, Outcome, Store};

/// Changes that share one transaction.
const BATCH: usize = 2_000;

/// The same numbers at each run (splitmix64): no secret hangs on them.
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyUnavailable> {
        for chunk in buffer.chunks_mut(8) {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// One row with its event, or several that belong together.
#[derive(Clone)]
enum Row {
    Organisation(Organisation),
    Member(Person, Membership),
    Token(PersonalToken, Digest),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, tokens, people, organisations, folder] = arguments.as_slice() else {
        return Err("usage: fill DATABASE TOKENS PEOPLE ORGANISATIONS FOLDER".into());
    };
    let (tokens, people, organisations): (usize, usize, usize) = (tokens.parse()?, people.parse()?, organisations.parse()?);
    let folder = PathBuf::from(folder);
    let entropy = Seeded(AtomicU64::new(tokens as u64));
    let now = Timestamp::from_unix_seconds(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?);
    let by = By { at: now, actor: Actor::System, request: RequestId::generate(now, &entropy)?, address: None };
    let store = Store::open(Options::new(DatabaseUrl::parse(database)?)).await?;
    store.migrate().await?;

    let places = (0..organisations).map(|_| OrganisationId::generate(now, &entropy)).collect::<Result<Vec<_>, _>>()?;
    let named = |(number, id): (usize, &OrganisationId)| -> Result<Row, Box<dyn Error>> {
        let name = Name::new(&format!("Organisation {number}"))?;
        Ok(Row::Organisation(Organisation { id: *id, name, created_at: now, suspended_at: None }))
    };
    write(&store, &by, places.iter().enumerate().map(named).collect::<Result<_, _>>()?).await?;
    let members = (0..people).map(|number| member(number, places[number % places.len()], now, &entropy)).collect::<Result<Vec<_>, _>>()?;
    write(&store, &by, members.clone()).await?;

    let (mut known, mut unknown) = (String::new(), String::new());
    let prefix = Installation::new("prt")?;
    for batch in (0..tokens).collect::<Vec<_>>().chunks(BATCH * 10) {
        let mut rows = Vec::with_capacity(batch.len());
        for number in batch {
            // Every person has a first token before anyone has a second; fewer tokens than people are spread evenly.
            let owner = if tokens < people { number * (people / tokens) } else { number % people };
            let Row::Member(_, membership) = &members[owner] else { return Err("a member was expected".into()) };
            let secret = prefix.generate(Kind::PersonalToken, &entropy)?;
            rows.push(Row::Token(token(*number, membership, secret.expose(), now, &entropy)?, Digest::of(secret.expose().as_bytes())));
            writeln!(known, "{}", secret.expose())?;
            writeln!(unknown, "{}", prefix.generate(Kind::PersonalToken, &entropy)?.expose())?;
        }
        write(&store, &by, rows).await?;
    }
    std::fs::write(folder.join("tokens.txt"), known)?;
    std::fs::write(folder.join("unknown.txt"), unknown)?;
    store.close().await?;
    Ok(())
}

fn member(number: usize, organisation: OrganisationId, now: Timestamp, entropy: &Seeded) -> Result<Row, Box<dyn Error>> {
    let id = PersonId::generate(now, entropy)?;
    let (name, email) = (Some(Name::new(&format!("Person {number}"))?), Some(Email::new(&format!("person{number}@example.org"))?));
    let person = Person { id, name, email, email_verified: false, created_at: now, suspended_at: None, erased_at: None };
    let roles = Roles::NONE.with(Role::Member);
    let membership = Membership { id: MembershipId::generate(now, entropy)?, person: id, organisation, roles, created_at: now };
    Ok(Row::Member(person, membership))
}

fn token(number: usize, membership: &Membership, text: &str, now: Timestamp, entropy: &Seeded) -> Result<PersonalToken, Box<dyn Error>> {
    let (id, description) = (CredentialId::generate(now, entropy)?, Description::new(&format!("token {number}"))?);
    Ok(PersonalToken::made(id, membership, description, Some(format::shown_prefix(text).to_owned()), now))
}

async fn write(store: &Store, by: &By, rows: Vec<Row>) -> Result<(), Box<dyn Error>> {
    for batch in rows.chunks(BATCH) {
        let (batch, by) = (Arc::new(batch.to_vec()), by.clone());
        let written = store.write(move |tx| {
            let (batch, by) = (batch.clone(), by.clone());
            Box::pin(async move {
                let mut recorded = None;
                for row in batch.iter() {
                    recorded = Some(insert(tx, &by, row).await?);
                }
                Ok::<_, store::Abort<String>>(recorded.map_or(Outcome::Unchanged(()), |recorded| Outcome::Changed((), recorded)))
            })
        });
        written.await.map_err(|error| format!("{error:?}"))?;
    }
    Ok(())
}

async fn insert(tx: &mut store::Tx<'_>, by: &By, row: &Row) -> Result<store::Recorded, store::StoreError> {
    match row {
        Row::Organisation(organisation) => {
            tx.insert_organisation(organisation).await?;
            tx.record(by, Event::OrganisationCreated { organisation: organisation.id }).await
        }
        Row::Member(person, membership) => {
            tx.insert_person(person, None).await?;
            tx.record(by, Event::PersonCreated { person: person.id }).await?;
            tx.insert_membership(membership).await?;
            let Membership { id, person, organisation, roles, .. } = *membership;
            tx.record(by, Event::MembershipCreated { membership: id, person, organisation, roles }).await
        }
        Row::Token(token, digest) => {
            tx.insert_token(&NewToken { token, digest: *digest, imported: false }).await?;
            let secret = SecretState { digest: *digest, not_after: None };
            let (membership, permissions) = (token.membership, token.permissions.clone());
            tx.record(by, Event::TokenCreated { token: token.id, membership, secret, permissions, imported: false }).await
        }
    }
}
