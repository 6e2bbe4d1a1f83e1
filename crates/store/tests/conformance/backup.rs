//! Backups, from either database into either.

use std::fs::File;
use std::path::Path;

use domain::fence::{Fence, Scope};
use poort_store::backup::{self, BackupError, Kind, Making, Past, Restored, Restoring, Since};

use crate::support::*;
use crate::*;

const LIFE: i64 = 77;

fn master() -> MasterKey {
    MasterKey::from_bytes([2; 32])
}

fn making() -> Making {
    Making { master: master(), made_at: now(), since: None, is_final: false }
}

fn restoring(file: &Path) -> Restoring {
    Restoring { file: file.to_owned(), master: master(), ended: None, replace: false, incarnation: LIFE }
}

/// Restores, and raises the fence over all of it.
async fn restore(store: &Store, restoring: Restoring) -> Result<Restored, BackupError> {
    let after = store.restore(restoring, |tx, past: &Past| {
        Box::pin(async move {
            let Past { header, newest, .. } = past;
            tx.raise_fence(&fence(past)).await?;
            tx.record(&by(), Event::Restored { backup: header.sequence, newest: *newest, fenced: true }).await.map(drop)
        })
    });
    after.await
}

fn fence(past: &Past) -> Fence {
    let organisation = OrganisationId::from_bytes([1; 16]);
    let confirmed = vec![Scope::Api { api: "geo".to_owned() }, Scope::Organisation { organisation }];
    Fence { newest: past.newest, backup_at: past.header.made_at, backup: past.header.sequence, raised_at: now(), confirmed }
}

pub(crate) async fn backups(url: &str) {
    let (listed, there) = backup::tables_of(&options(url)).await.expect("read");
    let mut listed: Vec<String> = listed.into_iter().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(listed, there, "a table is missing in crates/store/src/backup/table.rs, or is there no more");

    let store = open(url).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, ended) = (folder.path().join("backup"), folder.path().join("ended"));
    let made = store.back_up(File::create(&file).expect("a file"), making()).await.expect("made");
    let head = read!(&store, |reader| { reader.head().await });
    assert_eq!((made.header.kind, made.header.sequence, made.header.incarnation), (Kind::Backup, head, 0));
    assert_eq!(backup::verify(&file, Some(&master())).expect("whole"), made);
    let refused = backup::verify(&file, Some(&MasterKey::from_bytes([3; 32]))).expect("whole");
    assert!(!refused.sealed_by_us, "another master key says nothing about the seal");
    let other = Making { master: MasterKey::from_bytes([3; 32]), ..making() };
    assert!(matches!(store.back_up(std::io::sink(), other).await, Err(BackupError::OtherMasterKey { .. })));

    // Into the other kind of database, as far as there is one beside: every row of it.
    let elsewhere = format!("sqlite:{}", folder.path().join("elsewhere.db").display());
    let target = Store::open(options(&elsewhere)).await.expect("opened");
    assert!(target.is_empty().await.expect("asked"));
    let wrong = Restoring { master: MasterKey::from_bytes([3; 32]), ..restoring(&file) };
    assert!(matches!(restore(&target, wrong).await, Err(BackupError::OtherMasterKey { .. })));
    assert!(target.is_empty().await.expect("asked"), "nothing was changed");
    let restored = restore(&target, restoring(&file)).await.expect("restored");
    assert_eq!((restored.past.since, restored.rows), (Since::Unknown, made.tables.iter().map(|(_, rows)| rows).sum::<u64>()));
    let (here, there) = (contents(&store).await, contents(&target).await);
    assert_eq!(here, there);
    assert_eq!(read!(&target, |reader| { reader.fence().await }).expect("a fence").confirmed.len(), 2);
    assert_eq!(read!(&target, |reader| { reader.head().await }), Sequence(head.0 + 1));
    assert!(matches!(restore(&target, restoring(&file)).await, Err(BackupError::NotEmpty)));
    confirmations(&target).await;

    // And back. What happened here since is known, because the database is the one that the backup is of.
    let done = done(write!(&store, |tx| { tx.put_setting("since", "the backup").await })).await;
    let () = done;
    let since = Making { since: Some(made.header.clone()), is_final: true, ..making() };
    let endings = store.back_up(File::create(&ended).expect("a file"), since).await.expect("made");
    assert_eq!((endings.header.kind, endings.tables.as_slice()), (Kind::Ended, [("journal".to_owned(), 2)].as_slice()));
    assert!(matches!(restore(&target, restoring(&ended)).await, Err(BackupError::OtherKind(Kind::Ended))));
    drop(store);
    let store = Store::open(options(url)).await.expect("opened");
    let replace = || Restoring { replace: true, incarnation: LIFE + 1, ..restoring(&file) };
    let Since::All(entries) = restore(&store, replace()).await.expect("restored").past.since else { panic!("it is known") };
    assert_eq!(entries.iter().map(|entry| entry.sequence.0).collect::<Vec<_>>(), [head.0 + 1]);
    assert_eq!(contents(&store).await, there);
    // Another life: what happened in it is nothing that came after the backup.
    assert_eq!(restore(&store, replace()).await.expect("restored").past.since, Since::Unknown);
    let told = Restoring { ended: Some(ended), ..replace() };
    assert_eq!(restore(&store, told).await.expect("restored").past.since, Since::All(entries));
    damaged(&store, &file, folder.path()).await;
    lives(url, &file).await;
}

async fn confirmations(store: &Store) {
    let api = || Scope::Api { api: "shop".to_owned() };
    assert!(done(write!(store, |tx| { tx.confirm(&api()).await })).await);
    assert!(!done(write!(store, |tx| { tx.confirm(&api()).await })).await);
    assert_eq!(read!(store, |reader| { reader.fence().await }).expect("a fence").confirmed.len(), 3);
    assert!(done(write!(store, |tx| { tx.confirm(&Scope::Everything).await })).await);
    assert!(!done(write!(store, |tx| { tx.confirm(&Scope::Everything).await })).await);
    assert_eq!(read!(store, |reader| { reader.fence().await }), None);
}

/// A file that is not whole changes nothing.
async fn damaged(store: &Store, file: &Path, folder: &Path) {
    let before = contents(store).await;
    let whole = std::fs::read(file).expect("read");
    let bad = folder.join("bad");
    for place in (0..whole.len()).step_by(whole.len() / 40 + 1) {
        let mut changed = whole.clone();
        changed[place] ^= 0x20;
        for content in [changed.as_slice(), &whole[..place]] {
            std::fs::write(&bad, content).expect("written");
            let refused = restore(store, Restoring { replace: true, ..restoring(&bad) }).await;
            assert!(refused.is_err(), "{place}");
        }
    }
    assert_eq!(contents(store).await, before);
}

/// Who has loaded an index before a restore writes nothing after it, and reads no journal.
async fn lives(url: &str, file: &Path) {
    let old = open(url).await;
    old.snapshot(now(), |snapshot| snapshot.pour(&mut Counts::default())).await.expect("loaded");
    done(write!(&old, |tx| { tx.put_setting("before", "the restore").await })).await;
    let store = Store::open(options(url)).await.expect("opened");
    restore(&store, Restoring { replace: true, incarnation: LIFE + 2, ..restoring(file) }).await.expect("restored");
    let refused = write!(&old, |tx| { tx.put_setting("after", "the restore").await }).await;
    assert!(matches!(refused, Err(poort_store::WriteError::Unavailable(StoreError::Refused(_)))));
    assert!(matches!(old.journal_after(Sequence(0), 1).await, Err(StoreError::Refused(_))));
    assert!(old.snapshot(now(), |snapshot| snapshot.pour(&mut Counts::default())).await.is_err());
    done(write!(&open(url).await, |tx| { tx.put_setting("after", "the restore").await })).await;
}

/// What the tables say that the suite has filled.
async fn contents(store: &Store) -> String {
    let read = store.read(|reader| {
        Box::pin(async move {
            let tokens = reader.tokens(ALL, None).await?;
            let mut secrets = Vec::new();
            for token in &tokens {
                secrets.push(reader.token_secrets(token.id).await?);
            }
            let (people, organisations) = (reader.people(ALL, None).await?, reader.organisations(ALL).await?);
            let (apis, keys) = (reader.apis().await?, reader.all_server_keys().await?);
            let operators = reader.operator_tokens().await?;
            Ok(format!("{tokens:?} {secrets:?} {people:?} {organisations:?} {apis:?} {keys:?} {operators:?}"))
        })
    });
    let before = store.tail(Sequence(0), 10_000).await.expect("read");
    let kept: Vec<_> = before.into_iter().take_while(|entry| !matches!(entry.event, Event::Restored { .. })).collect();
    let kept = kept.iter().filter(|entry| entry.sequence.0 <= 40).collect::<Vec<_>>();
    format!("{} {kept:?}", read.await.expect("read"))
}
