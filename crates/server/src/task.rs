//! Background tasks: named, and never lost in silence.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;

/// Runs a future beside the others. A panic in it is logged under its name; it ends with the runtime.
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    tokio::spawn(Named { name, future: Box::pin(future) })
}

struct Named<F> {
    name: &'static str,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.future.as_mut().poll(context)
    }
}

impl<F> Drop for Named<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Without the panic's own text: it may hold what a caller sent.
            tracing::error!(task = self.name, "the task panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_panic_ends_the_task_and_nothing_else() {
        let failed = super::spawn("fails", async { panic!("on purpose") });
        assert!(failed.await.expect_err("it panicked").is_panic());
        assert_eq!(super::spawn("works", async { 1 }).await.expect("it ran"), 1);
    }
}
