//! DER (X.690), as much of it as a time stamp needs: tags of one byte, and definite lengths below
//! 16 MiB in the fewest bytes.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OID: u8 = 0x06;
pub(super) const TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0] EXPLICIT`.
pub(super) const WRAPPED: u8 = 0xa0;

/// Elements that follow each other, taken one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Elements<'a> {
        Elements(bytes)
    }

    /// The next element's tag and content.
    pub(super) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        // A tag of several bytes begins so.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = digits.iter().fold(0, |n, &d| n << 8 | usize::from(d));
                let fewest = digits.first() != Some(&0) && length > 0x7f;
                (fewest.then_some(length)?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, which has this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.any().filter(|(t, _)| *t == tag).map(|(_, c)| c)
    }

    /// The elements inside of the next one, which has this tag.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Elements<'a>> {
        self.take(tag).map(Elements)
    }

    /// The elements inside of the one that has this tag and is the last.
    pub(super) fn last(&mut self, tag: u8) -> Option<Elements<'a>> {
        let inside = self.inside(tag)?;
        self.0.is_empty().then_some(inside)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes an element of less than 64 KiB.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut whole = vec![tag];
    match content.len() {
        short @ 0..=0x7f => whole.push(short as u8),
        long @ 0x80..=0xff => whole.extend([0x81, long as u8]),
        longer => whole.extend([0x82, (longer >> 8) as u8, longer as u8]),
    }
    whole.extend(content);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_has_one_spelling() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
            let content = vec![7; length];
            let whole = element(OCTETS, &[&content]);
            let mut read = Elements::of(&whole);
            assert_eq!(read.take(OCTETS), Some(&*content), "{length}");
            assert!(read.is_empty());
        }
        let wrong: [&[u8]; 12] = [
            &[],
            &[4],
            &[4, 1],
            &[4, 0x80],
            &[4, 0x81, 1, 7],
            &[4, 0x81, 0x7f],
            &[4, 0x82, 0, 0x80],
            &[4, 0x82, 1],
            &[4, 0x84, 0, 0, 0, 1, 7],
            &[4, 0xff],
            &[0x1f, 1, 7],
            &[0x3f, 0x81, 1, 0],
        ];
        for bytes in wrong {
            assert_eq!(Elements::of(bytes).any(), None, "{bytes:?}");
        }
        assert_eq!(Elements::of(&[4, 0]).take(INTEGER), None);
        assert!(Elements::of(&[4, 0, 0]).last(OCTETS).is_none());
    }
}
