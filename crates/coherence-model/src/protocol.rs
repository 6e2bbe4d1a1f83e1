//! The protocol as a model for the checker: who can act, and what follows.

use stateright::{Model, Property};

use crate::actions::Action;
use crate::mutants::Mutant;
use crate::scenario::Bounds;
use crate::state::State;
use crate::{change, check, environment, node, property};

/// The protocol, or a mutant of it, within bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    /// What can happen.
    pub(crate) bounds: Bounds,
    /// What is done wrong.
    pub(crate) mutant: Mutant,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let serving = State::serving(&self.bounds);
        if self.bounds.starting { vec![serving, State::starting()] } else { vec![serving] }
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if property::is_over(state) {
            return;
        }
        environment::offer(self, state, actions);
        node::offer(self, state, actions);
        check::offer(self, state, actions);
        change::offer(self, state, actions);
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = *before;
        environment::step(self, &mut state, action)
            .or_else(|| node::step(self, &mut state, action))
            .or_else(|| check::step(self, &mut state, action))
            .or_else(|| change::step(self, &mut state, action))?;
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        property::all(&self.bounds)
    }
}
