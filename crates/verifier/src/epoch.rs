//! The sequence counter that makes a change of many words appear at once, without a lock for readers.
//!
//! The writer makes the counter odd, writes, and makes it even again; a reader whose counter was odd, or is another
//! one after reading, reads again. Every word is an atomic, so a reading that is thrown away is a useless one and
//! not undefined behaviour. The fences are those of H.-J. Boehm, "Can seqlocks get along with programming language
//! memory models?" (MSPC 2012), figure 6; `tests` lets loom look for an order in which they are not enough.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// How often a reader looks again before it lets other threads run.
const SPINS: u32 = 64;

/// The atomics that the counter is made of: the machine's, or those of a model checker.
pub(crate) trait Memory {
    /// A counter.
    type Word: Word;
    /// A fence.
    fn fence(order: Ordering);
}

/// A 64-bit atomic.
pub(crate) trait Word {
    fn of(value: u64) -> Self;
    fn load(&self, order: Ordering) -> u64;
    fn store(&self, value: u64, order: Ordering);
}

/// The machine's atomics.
pub(crate) struct Machine;

impl Memory for Machine {
    type Word = AtomicU64;
    #[inline(always)]
    fn fence(order: Ordering) {
        fence(order);
    }
}

impl Word for AtomicU64 {
    fn of(value: u64) -> Self {
        Self::new(value)
    }
    #[inline(always)]
    fn load(&self, order: Ordering) -> u64 {
        Self::load(self, order)
    }
    #[inline(always)]
    fn store(&self, value: u64, order: Ordering) {
        Self::store(self, value, order);
    }
}

/// The counter.
pub(crate) struct Epoch<M: Memory = Machine> {
    count: M::Word,
    /// Nothing may be read: a load is going on, or a change was broken off half-way by a panic.
    closed: AtomicBool,
    /// The mutant that shows that the race tests can fail: readings are never thrown away.
    #[cfg(test)]
    pub(crate) blind: AtomicBool,
}

impl<M: Memory> Epoch<M> {
    pub(crate) fn new() -> Self {
        Self {
            count: M::Word::of(0),
            closed: AtomicBool::new(false),
            #[cfg(test)]
            blind: AtomicBool::new(false),
        }
    }

    /// Waits for the end of a change and begins a reading. `None`: nothing may be read.
    #[inline]
    pub(crate) fn begin(&self) -> Option<u64> {
        match self.try_begin() {
            Some(begin) => Some(begin),
            None => self.wait(),
        }
    }

    /// Begins a reading, if no change is going on.
    #[inline]
    pub(crate) fn try_begin(&self) -> Option<u64> {
        let count = self.count.load(Ordering::Acquire);
        #[cfg(test)]
        if self.blind.load(Ordering::Relaxed) {
            return Some(count);
        }
        (count & 1 == 0).then_some(count)
    }

    /// Whether all that was read since `begin` belongs to one state.
    #[inline]
    pub(crate) fn unchanged(&self, begin: u64) -> bool {
        #[cfg(test)]
        if self.blind.load(Ordering::Relaxed) {
            return true;
        }
        M::fence(Ordering::Acquire);
        self.count.load(Ordering::Relaxed) == begin
    }

    /// Begins a change; it appears when the window is dropped. There is one writer: the caller holds its lock.
    pub(crate) fn window(&self) -> Window<'_, M> {
        self.open();
        Window(self)
    }

    /// Lets nobody read until [`Self::reopen`].
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.open();
    }

    /// Ends [`Self::close`]: all that was written meanwhile appears.
    pub(crate) fn reopen(&self) {
        self.closed.store(false, Ordering::Release);
        self.publish();
    }

    fn open(&self) {
        let count = self.count.load(Ordering::Relaxed);
        self.count.store(count | 1, Ordering::Relaxed);
        // What is written from here on cannot be seen by a reader that does not see the odd counter after its fence.
        M::fence(Ordering::Release);
    }

    fn publish(&self) {
        if !self.closed.load(Ordering::Relaxed) {
            let count = self.count.load(Ordering::Relaxed);
            self.count.store((count | 1).wrapping_add(1), Ordering::Release);
            // What is written between windows (into rows that nobody finds any more) is not seen by a reader that
            // began before this window and takes itself for undisturbed.
            M::fence(Ordering::Release);
        }
    }

    #[cold]
    fn wait(&self) -> Option<u64> {
        let mut spins = 0;
        loop {
            if let Some(begin) = self.try_begin() {
                return Some(begin);
            }
            if self.closed.load(Ordering::Acquire) {
                return None;
            }
            spins += 1;
            if spins < SPINS {
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
        }
    }
}

/// A change that is going on.
pub(crate) struct Window<'e, M: Memory = Machine>(&'e Epoch<M>);

impl<M: Memory> Drop for Window<'_, M> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Half a change must never be read: from here on every check is "unavailable".
            self.0.closed.store(true, Ordering::Release);
        }
        self.0.publish();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use loom::sync::atomic as modelled;

    use super::*;

    /// Which of the orders is left out.
    const NOTHING: usize = 0;
    const READER_FENCE: usize = 1;
    const WRITER_FENCE: usize = 2;
    const ACQUIRE: usize = 3;
    const RELEASE: usize = 4;
    const RECHECK: usize = 5;

    /// loom's atomics, which take every order that the memory model allows; without one of ours.
    struct Modelled<const WITHOUT: usize>;

    impl<const WITHOUT: usize> Memory for Modelled<WITHOUT> {
        type Word = ModelledWord<WITHOUT>;
        fn fence(order: Ordering) {
            let left_out = match order {
                Ordering::Acquire => READER_FENCE,
                _ => WRITER_FENCE,
            };
            if WITHOUT != left_out {
                modelled::fence(order);
            }
        }
    }

    struct ModelledWord<const WITHOUT: usize>(modelled::AtomicU64);

    impl<const WITHOUT: usize> Word for ModelledWord<WITHOUT> {
        fn of(value: u64) -> Self {
            Self(modelled::AtomicU64::new(value))
        }
        fn load(&self, order: Ordering) -> u64 {
            self.0.load(if WITHOUT == ACQUIRE { Ordering::Relaxed } else { order })
        }
        fn store(&self, value: u64, order: Ordering) {
            self.0.store(value, if WITHOUT == RELEASE { Ordering::Relaxed } else { order });
        }
    }

    /// Lets loom try every order of one change of two words and two readings. Gives how many readings were taken,
    /// and how many of those were mixtures.
    fn explore<const WITHOUT: usize>() -> (usize, usize) {
        let (taken, mixed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (taken.clone(), mixed.clone());
        loom::model(move || {
            let shared = Arc::new((Epoch::<Modelled<WITHOUT>>::new(), modelled::AtomicU64::new(0), modelled::AtomicU64::new(0)));
            let reader = {
                let (shared, (taken, mixed)) = (shared.clone(), counts.clone());
                loom::thread::spawn(move || {
                    for _ in 0..2 {
                        let Some(begin) = shared.0.try_begin() else { continue };
                        let read = (shared.1.load(Ordering::Relaxed), shared.2.load(Ordering::Relaxed));
                        if WITHOUT == RECHECK || shared.0.unchanged(begin) {
                            taken.fetch_add(1, Ordering::Relaxed);
                            mixed.fetch_add(usize::from(read.0 != read.1), Ordering::Relaxed);
                        }
                    }
                })
            };
            {
                let _window = shared.0.window();
                shared.1.store(1, Ordering::Relaxed);
                shared.2.store(1, Ordering::Relaxed);
            }
            reader.join().expect("no panic");
        });
        (taken.load(Ordering::Relaxed), mixed.load(Ordering::Relaxed))
    }

    #[test]
    fn no_order_of_memory_shows_a_mixture() {
        let (taken, mixed) = explore::<NOTHING>();
        assert!(taken > 0 && mixed == 0, "{mixed} of {taken}");
    }

    #[test]
    fn every_order_that_is_left_out_is_missed() {
        let mutants =
            [explore::<READER_FENCE>(), explore::<WRITER_FENCE>(), explore::<ACQUIRE>(), explore::<RELEASE>(), explore::<RECHECK>()];
        for (left_out, (taken, mixed)) in mutants.into_iter().enumerate() {
            assert!(mixed > 0, "mutant {}: no mixture in {taken} readings", left_out + 1);
        }
    }

    #[test]
    fn a_change_that_panics_half_way_is_never_read() {
        let epoch = Epoch::<Machine>::new();
        assert!(epoch.begin().is_some());
        let half = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _window = epoch.window();
            panic!("half-way");
        }));
        assert!(half.is_err());
        assert_eq!(epoch.begin(), None);
        drop(epoch.window());
        assert_eq!(epoch.begin(), None);
        epoch.reopen();
        assert!(epoch.begin().is_some());
    }
}
