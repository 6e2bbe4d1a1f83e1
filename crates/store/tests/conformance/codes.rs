//! Codes, refresh tokens, and what may be used once.

use crate::support::*;
use crate::*;

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(now().unix_seconds() + seconds)
}

pub(crate) async fn codes(store: &Store) {
    used_once(store).await;
}

async fn used_once(store: &Store) {
    for (id, until, first) in [("a", 60, true), ("a", 60, false), ("b", 60, true), ("old", -60, true)] {
        assert_eq!(store.use_once(digest(id), later(until)).await.expect("asked"), first, "{id}");
    }
    store.drop_used_once(now()).await.expect("dropped");
    for (id, first) in [("a", false), ("old", true)] {
        assert_eq!(store.use_once(digest(id), later(60)).await.expect("asked"), first, "{id}");
    }
    let tries = (0..20).map(|_| store.use_once(digest("at once"), later(60)));
    let firsts = futures_util::future::join_all(tries).await;
    assert_eq!(firsts.into_iter().filter(|first| *first.as_ref().expect("asked")).count(), 1);
}
