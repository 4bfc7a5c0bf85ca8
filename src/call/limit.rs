//! Bounds that were met, by what they bound.

/// A bound that was met, and is no packet's end: what was not kept is no sound. Each is a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Limit {
    /// A description was longer than is read, or its call has too many.
    Description,
    /// A call named more media addresses than are kept, or there are too many in all.
    Address,
    /// A call named an address at which another is heard: it waits for it.
    Claimed,
    /// An attempt that nobody has answered made room for another.
    Attempt,
    /// More calls are alike than joining looks at.
    Alike,
    /// A call's Call-ID was forgotten before late messages of it are out of the question.
    Closed,
    /// Facts that change faster than they are written.
    Facts,
    /// A stream that had few packets made room for one that has more.
    Stream,
}

impl Limit {
    /// As metrics spell it.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Description => "description",
            Limit::Address => "address",
            Limit::Claimed => "claimed",
            Limit::Attempt => "attempt",
            Limit::Alike => "alike",
            Limit::Closed => "closed",
            Limit::Facts => "facts",
            Limit::Stream => "stream",
        }
    }
}
