//! Closing while 200 requests are in flight: none that starts after the answer is allowed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinHandle;

use super::*;

const IN_FLIGHT: usize = 200;

/// Asks again and again until some time after the closing; gives how many that began after it were allowed, and how many
/// were allowed before it.
fn race(call: impl Fn() -> Call + Send + 'static, closed: Arc<AtomicBool>) -> JoinHandle<(u64, u64)> {
    tokio::spawn(async move {
        let (mut stale, mut before, mut after) = (0, 0, 0);
        while after < 3 {
            let over = closed.load(Ordering::SeqCst);
            let answer = call().send().await.expect(200);
            let allowed = u64::from(answer.json()["allowed"] == true);
            after += u64::from(over);
            stale += if over { allowed } else { 0 };
            before += if over { 0 } else { allowed };
        }
        (stale, before)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_starts_after_the_answer_is_allowed() {
    let field = Arc::new(Field::new().await);
    let top = field.give("1255", &field.supplier).await;
    field.pass_on(&top, &field.supplier, &field.sub).await;
    let closed = Arc::new(AtomicBool::new(false));
    let races: Vec<JoinHandle<(u64, u64)>> = (0..IN_FLIGHT)
        .map(|number| {
            let field = field.clone();
            let call = move || {
                let basic = if number % 2 == 0 { &field.supplier.basic } else { &field.sub.basic };
                let question = json!({"authorization": basic, "permission": CREATE, "workspace": "1255"});
                field.app.call("POST", "/api/v1/verify").token(&field.survey).json(&question)
            };
            race(call, closed.clone())
        })
        .collect();
    // Until the requests are under way.
    for _ in 0..50 {
        field.ask(&field.supplier, "1255", CREATE).await;
    }
    field.close(&field.holder, &top).await.expect(200);
    closed.store(true, Ordering::SeqCst);
    let mut before = 0;
    for race in races {
        let (stale, allowed) = race.await.expect("a race");
        assert_eq!(stale, 0);
        before += allowed;
    }
    assert!(before > 0, "a race in which nothing was allowed before proves nothing");
}
