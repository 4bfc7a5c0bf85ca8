//! A set of milliseconds, kept as spans that neither touch nor overlap.

/// Milliseconds as half-open spans (from, to), sorted, apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<(u64, u64)>);

impl Spans {
    /// The set of these spans; empty and reversed ones add nothing.
    pub fn of(spans: impl IntoIterator<Item = (u64, u64)>) -> Spans {
        let mut sorted: Vec<_> = spans.into_iter().filter(|(from, to)| from < to).collect();
        sorted.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
        for (from, to) in sorted {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => joined.push((from, to)),
            }
        }
        Spans(joined)
    }

    /// The spans in order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many milliseconds are in it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Spans) -> Spans {
        Spans::of(self.iter().chain(other.iter()))
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Spans) -> Spans {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut both = Vec::new();
        while let (Some(x), Some(y)) = (a.first(), b.first()) {
            let (from, to) = (x.0.max(y.0), x.1.min(y.1));
            if from < to {
                both.push((from, to));
            }
            if x.1 < y.1 {
                a = &a[1..];
            } else {
                b = &b[1..];
            }
        }
        Spans(both)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn minus(&self, other: &Spans) -> Spans {
        let mut left = Vec::new();
        for (start, to) in self.iter() {
            let mut from = start;
            for (cut, end) in other.iter().filter(|(cut, end)| *end > start && *cut < to) {
                if cut > from {
                    left.push((from, cut));
                }
                from = from.max(end);
            }
            if from < to {
                left.push((from, to));
            }
        }
        Spans(left)
    }

    /// As a row keeps it: `0-5000,7000-8000`.
    #[must_use]
    pub fn text(&self) -> String {
        let spans: Vec<String> = self.iter().map(|(a, b)| format!("{a}-{b}")).collect();
        spans.join(",")
    }

    /// Reads [`Spans::text`]; what does not read adds nothing.
    #[must_use]
    pub fn parse(text: &str) -> Spans {
        Spans::of(text.split(',').filter_map(|span| {
            let (from, to) = span.split_once('-')?;
            Some((from.parse().ok()?, to.parse().ok()?))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn members(spans: &Spans) -> BTreeSet<u64> {
        spans.iter().flat_map(|(from, to)| from..to).collect()
    }

    proptest! {
        #[test]
        fn sets_of_spans_are_sets(
            a in prop::collection::vec((0u64..60, 0u64..60), 0..8),
            b in prop::collection::vec((0u64..60, 0u64..60), 0..8),
        ) {
            let (a, b) = (Spans::of(a), Spans::of(b));
            let (x, y) = (members(&a), members(&b));
            prop_assert_eq!(members(&a.union(&b)), &x | &y);
            prop_assert_eq!(members(&a.intersection(&b)), &x & &y);
            prop_assert_eq!(members(&a.minus(&b)), &x - &y);
            prop_assert_eq!(a.total(), x.len() as u64);
            prop_assert_eq!(Spans::parse(&a.text()), a);
        }
    }
}
