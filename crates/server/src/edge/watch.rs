//! Watches connections: cuts those that stand still, makes room when there are too many, stops them all at the end.
//!
//! A connection's age is a count of seconds that one task raises and that every step forward sets to zero, so that a
//! request costs no timer of its own.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Limits;

/// No write is waiting for the other side to read.
const FLOWING: u32 = u32::MAX;

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Between two requests.
    Idle = 0,
    /// The first bytes of a request are there.
    Head = 1,
    /// A request is being answered.
    Answering = 2,
}

/// One connection, as the watch sees it.
#[derive(Debug)]
pub(super) struct Watched {
    phase: AtomicU8,
    age: AtomicU32,
    stalled: AtomicU32,
    cut: AtomicBool,
    stopping: AtomicBool,
    waker: OnceLock<Waker>,
}

impl Watched {
    fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Head as u8),
            age: AtomicU32::new(0),
            stalled: AtomicU32::new(FLOWING),
            cut: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            waker: OnceLock::new(),
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.age.store(0, Ordering::Relaxed);
    }

    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }

    /// Whether the connection is to be dropped at once.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    /// Whether the connection takes no further request.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Remembers whom to wake when the connection is cut or stopped: its task, which is the same at every poll.
    pub(super) fn listen(&self, context: &Context<'_>) {
        if self.waker.get().is_none() {
            let _ = self.waker.set(context.waker().clone());
        }
    }

    fn raise(&self, flag: &AtomicBool) {
        flag.store(true, Ordering::Release);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    fn tick(&self, limits: &Limits) {
        let age = self.age.fetch_add(1, Ordering::Relaxed) + 1;
        let stalled = self.stalled.load(Ordering::Relaxed);
        if stalled != FLOWING {
            // A step forward at this very moment wins: the exchange fails, and the next tick starts anew.
            let _ = self.stalled.compare_exchange(stalled, stalled + 1, Ordering::Relaxed, Ordering::Relaxed);
        }
        let overdue = match self.phase.load(Ordering::Relaxed) {
            phase if phase == Phase::Idle as u8 => age > limits.idle_seconds,
            phase if phase == Phase::Head as u8 => age > limits.header_seconds,
            _ => false,
        };
        if overdue || (stalled != FLOWING && stalled >= limits.write_seconds) {
            self.raise(&self.cut);
        }
    }
}

/// Counts of connections, shared by the listeners of a server.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<[AtomicU64; 2]>);

impl Connections {
    /// How many there are.
    pub(super) fn open(&self) -> u64 {
        self.0[0].load(Ordering::Relaxed)
    }

    /// How many were refused.
    pub(super) fn refused(&self) -> u64 {
        self.0[1].load(Ordering::Relaxed)
    }
}

/// All connections of one listener.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Limits,
    counts: Connections,
    connections: Mutex<HashMap<u64, Arc<Watched>>>,
    numbers: AtomicU64,
}

impl Watch {
    pub(super) fn new(limits: Limits, counts: Connections) -> Self {
        Self { limits, counts, connections: Mutex::default(), numbers: AtomicU64::new(0) }
    }

    /// Takes a new connection into the watch, unless there are too many that are busy.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Admitted> {
        let mut connections = self.lock();
        if connections.len() >= self.limits.connections && !make_room(&mut connections) {
            self.counts.0[1].fetch_add(1, Ordering::Relaxed);
            return None;
        }
        self.counts.0[0].fetch_add(1, Ordering::Relaxed);
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let watched = Arc::new(Watched::new());
        connections.insert(number, watched.clone());
        Some(Admitted { number, watched, watch: self.clone() })
    }

    /// Counts a second for every connection.
    pub(super) fn tick(&self) {
        for watched in self.lock().values() {
            watched.tick(&self.limits);
        }
    }

    /// Lets every connection finish the request it is at, and take no other.
    pub(super) fn stop(&self) {
        for watched in self.lock().values() {
            watched.raise(&watched.stopping);
        }
    }

    /// Drops every connection.
    pub(super) fn cut(&self) {
        for watched in self.lock().values() {
            watched.raise(&watched.cut);
        }
    }

    /// How many connections there are.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Watched>>> {
        // Nothing that can panic runs under the lock, and a half-done insert is not possible.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the connection that has been idle for longest; false if all are busy.
fn make_room(connections: &mut HashMap<u64, Arc<Watched>>) -> bool {
    let idle = connections.iter().filter(|(_, watched)| watched.is(Phase::Idle));
    let Some(oldest) = idle.max_by_key(|(_, watched)| watched.age.load(Ordering::Relaxed)).map(|(number, _)| *number) else {
        return false;
    };
    if let Some(watched) = connections.remove(&oldest) {
        watched.raise(&watched.cut);
    }
    true
}

/// A connection's place in the watch, given back when dropped.
pub(super) struct Admitted {
    number: u64,
    watch: Arc<Watch>,
    pub(super) watched: Arc<Watched>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.watch.counts.0[0].fetch_sub(1, Ordering::Relaxed);
        self.watch.lock().remove(&self.number);
    }
}

/// A stream that tells the watch of its steps forward.
pub(super) struct WatchedStream<S> {
    stream: S,
    watched: Arc<Watched>,
}

impl<S> WatchedStream<S> {
    pub(super) fn new(stream: S, watched: Arc<Watched>) -> Self {
        Self { stream, watched }
    }

    fn wrote<T>(&self, outcome: Poll<T>) -> Poll<T> {
        let stalled = self.watched.stalled.load(Ordering::Relaxed);
        match outcome {
            Poll::Pending if stalled == FLOWING => self.watched.stalled.store(0, Ordering::Relaxed),
            Poll::Ready(_) if stalled != FLOWING => self.watched.stalled.store(FLOWING, Ordering::Relaxed),
            _ => {}
        }
        outcome
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && self.watched.is(Phase::Idle) {
            self.watched.enter(Phase::Head);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, buffer);
        self.wrote(outcome)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffers: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.wrote(outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(connections: usize) -> Arc<Watch> {
        Arc::new(Watch::new(
            Limits { connections, header_seconds: 2, idle_seconds: 3, write_seconds: 2, ..Limits::default() },
            Connections::default(),
        ))
    }

    fn ticks(watch: &Watch, count: u32) {
        (0..count).for_each(|_| watch.tick());
    }

    #[test]
    fn each_phase_has_its_own_patience() {
        let watch = watch(10);
        let [head, idle, answering, stalled] = [(); 4].map(|()| watch.admit().expect("room"));
        idle.watched.enter(Phase::Idle);
        answering.watched.enter(Phase::Answering);
        stalled.watched.enter(Phase::Answering);
        stalled.watched.stalled.store(0, Ordering::Relaxed);
        let cut = || [&head, &idle, &answering, &stalled].map(|admitted| admitted.watched.is_cut());
        ticks(&watch, 2);
        assert_eq!(cut(), [false; 4]);
        ticks(&watch, 1);
        assert_eq!(cut(), [true, false, false, true]);
        ticks(&watch, 1);
        assert_eq!(cut(), [true, true, false, true]);
        ticks(&watch, 100);
        assert!(!answering.watched.is_cut(), "a handler has its own limits");
    }

    #[test]
    fn the_oldest_idle_connection_makes_room_and_a_busy_one_never() {
        let watch = watch(2);
        let (first, second) = (watch.admit().expect("room"), watch.admit().expect("room"));
        assert!(watch.admit().is_none(), "both are busy");
        first.watched.enter(Phase::Idle);
        ticks(&watch, 1);
        second.watched.enter(Phase::Idle);
        let third = watch.admit().expect("room was made");
        assert!(first.watched.is_cut() && !second.watched.is_cut());
        drop(first);
        assert_eq!(watch.count(), 2);
        drop((second, third));
        assert_eq!((watch.count(), watch.counts.open(), watch.counts.refused()), (0, 0, 1));
    }
}
