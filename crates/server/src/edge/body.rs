//! Bodies: bounded and timed on the way in, plain or streamed on the way out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

use super::problem::{Code, Problem};
use super::watch::{Phase, Watched};

/// Why a body could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is longer than this server takes.
    #[error("the body is too large")]
    TooLarge,
    /// It was not there within the time for a body.
    #[error("the body took too long to arrive")]
    TimedOut,
    /// It ended early or its framing is broken.
    #[error("the body is broken off")]
    Broken,
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::new(Code::BodyTooLarge),
            BodyError::TimedOut => Self::new(Code::RequestTimeout),
            BodyError::Broken => Self::new(Code::InvalidBody).detail("the body is broken off"),
        }
    }
}

/// The problem that a failure while reading a body stands for, wherever it lies in the chain of causes.
pub fn problem_of(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(known) = error.downcast_ref::<BodyError>() {
            return (*known).into();
        }
        cause = error.source();
    }
    Problem::new(Code::InvalidBody).detail("the body cannot be read")
}

/// Reads a whole body; its size and pace are already bounded by the edge.
pub async fn read(body: Body) -> Result<Bytes, Problem> {
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(problem_of(&error)),
    }
}

/// A request's body within its bounds.
pub(super) struct Bounded {
    body: Incoming,
    left: u64,
    time: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    /// At most this many bytes, all of them within this time from when they are first waited for.
    pub(super) fn new(body: Incoming, bytes: u64, time: Duration) -> Self {
        Self { body, left: bytes, time, deadline: None }
    }
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                // Not anew for each piece: one byte now and then would hold a connection for ever.
                let time = self.time;
                let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
                ready!(deadline.as_mut().poll(context));
                return Poll::Ready(Some(Err(BodyError::TimedOut)));
            }
        };
        Poll::Ready(match frame {
            None => None,
            Some(Err(_)) => Some(Err(BodyError::Broken)),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => match self.left.checked_sub(data.len() as u64) {
                    Some(left) => {
                        self.left = left;
                        Some(Ok(Frame::data(data)))
                    }
                    None => Some(Err(BodyError::TooLarge)),
                },
                // Trailers are not merged into anything: what they say, nobody reads.
                Err(_) => None,
            },
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body; tells the watch when the answer is handed over.
pub struct Outgoing {
    content: Content,
    watched: Arc<Watched>,
}

enum Content {
    Whole(Bytes),
    Streamed(Body),
}

impl Outgoing {
    pub(super) fn whole(bytes: Bytes, watched: Arc<Watched>) -> Self {
        Self { content: Content::Whole(bytes), watched }
    }

    pub(super) fn streamed(body: Body, watched: Arc<Watched>) -> Self {
        Self { content: Content::Streamed(body), watched }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.watched.enter(Phase::Idle);
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Streamed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Streamed(body) => body.size_hint(),
        }
    }
}
