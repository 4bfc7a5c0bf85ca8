//! Every state that a model can come to.

use std::collections::{HashSet, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;
use std::mem::{Discriminant, discriminant};

/// What was found on the way.
pub struct Explored<Op> {
    pub states: usize,
    pub steps: u64,
    /// Steps that the model does not allow.
    pub refused: u64,
    /// The kinds of operation that are possible somewhere.
    pub reached: HashSet<Discriminant<Op>>,
}

impl<Op> std::fmt::Display for Explored<Op> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Explored {
            states,
            steps,
            refused,
            ..
        } = self;
        write!(
            f,
            "{states} states, {steps} steps, {refused} of them refused"
        )
    }
}

/// Takes every operation in every state, from `begin` on.
///
/// `after` answers with the state after an operation, `None` where it must be refused; `broken` with
/// what is wrong with a state; `skips` leaves operations out that lead to nothing new.
///
/// # Panics
/// At the first state that is broken.
pub fn explore<State, Op>(
    begin: State,
    ops: &[Op],
    after: impl Fn(&State, Op) -> Option<State>,
    broken: impl Fn(&State) -> Option<&'static str>,
    skips: impl Fn(&State, Op) -> bool,
) -> Explored<Op>
where
    State: Clone + Debug + Eq + Hash,
    Op: Copy,
{
    let mut seen = HashSet::from([begin.clone()]);
    let mut next = VecDeque::from([begin]);
    let (mut steps, mut refused) = (0, 0);
    let mut reached = HashSet::new();
    while let Some(state) = next.pop_front() {
        if let Some(what) = broken(&state) {
            panic!("{what}: {state:#?}");
        }
        for op in ops.iter().copied().filter(|op| !skips(&state, *op)) {
            steps += 1;
            let Some(then) = after(&state, op) else {
                refused += 1;
                continue;
            };
            reached.insert(discriminant(&op));
            if seen.insert(then.clone()) {
                next.push_back(then);
            }
        }
    }
    Explored {
        states: seen.len(),
        steps,
        refused,
        reached,
    }
}
