//! HTTP byte ranges (RFC 9110 §14): which part of an object is asked for.

/// What to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 200: all of it. Also where the header is not understood, or asks for several parts (§14.2
    /// allows it).
    Whole,
    /// 206: from the first byte to the last, both included.
    Part { first: u64, last: u64 },
    /// 416: beyond the end.
    Unsatisfiable,
}

/// Reads a `Range` header for an object of `length` bytes.
pub fn parse(header: Option<&str>, length: u64) -> Range {
    let Some(spec) = header.and_then(|h| h.trim().strip_prefix("bytes=")) else {
        return Range::Whole;
    };
    let Some((from, to)) = spec.trim().split_once('-').filter(|_| !spec.contains(',')) else {
        return Range::Whole;
    };
    match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(first), _) if first >= length => Range::Unsatisfiable,
        (Ok(first), Ok(last)) if last >= first => Range::Part {
            first,
            last: last.min(length - 1),
        },
        (Ok(first), Err(_)) if to.trim().is_empty() => Range::Part {
            first,
            last: length - 1,
        },
        // The last so many bytes.
        (Err(_), Ok(count)) if from.trim().is_empty() => match count.min(length) {
            0 => Range::Unsatisfiable,
            count => Range::Part {
                first: length - count,
                last: length - 1,
            },
        },
        _ => Range::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_rfc_9110() {
        let read = |h| parse(Some(h), 100);
        assert_eq!(read("bytes=0-9"), Range::Part { first: 0, last: 9 });
        assert_eq!(
            read("bytes=90-"),
            Range::Part {
                first: 90,
                last: 99
            }
        );
        assert_eq!(
            read("bytes=90-400"),
            Range::Part {
                first: 90,
                last: 99
            }
        );
        assert_eq!(
            read("bytes=-10"),
            Range::Part {
                first: 90,
                last: 99
            }
        );
        assert_eq!(read("bytes=100-"), Range::Unsatisfiable);
        assert_eq!(read("bytes=-0"), Range::Unsatisfiable);
        for odd in ["bytes=9-0", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", ""] {
            assert_eq!(read(odd), Range::Whole, "{odd}");
        }
        assert_eq!(parse(Some("bytes=0-"), 0), Range::Unsatisfiable);
    }
}
