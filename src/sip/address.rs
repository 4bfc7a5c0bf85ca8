//! From, To, Contact and the like: `name-addr` and `addr-spec` (RFC 3261 §25.1), read leniently.

use super::shortened;
use serde::{Deserialize, Serialize};

/// Bytes that are kept of a URI, of a display name and of a tag.
pub const LONGEST_URI: usize = 512;
/// And of a display name.
pub const LONGEST_NAME: usize = 128;
/// And of a tag.
pub const LONGEST_TAG: usize = 128;

/// A display name, a URI and the tag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NameAddr {
    /// The display name; `None` where there is none.
    pub display: Option<String>,
    /// Without the brackets.
    pub uri: String,
    /// `None` before the dialog has one on this side.
    pub tag: Option<String>,
}

impl NameAddr {
    /// Never fails: what is no URI is kept as it was sent.
    pub fn parse(value: &str) -> NameAddr {
        let (display, rest) = display_name(value.trim());
        let (uri, params) = match rest.strip_prefix('<') {
            Some(inner) => inner.split_once('>').unwrap_or((inner, "")),
            // Without angle brackets, parameters belong to the header, not to the URI (§20.10).
            None => rest.find(';').map_or((rest, ""), |at| rest.split_at(at)),
        };
        let tag = params.split(';').map(str::trim).find_map(|p| {
            let (name, value) = p.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("tag")
                .then(|| shortened(value.trim(), LONGEST_TAG).to_owned())
        });
        NameAddr {
            display,
            uri: shortened(uri.trim(), LONGEST_URI).to_owned(),
            tag,
        }
    }

    /// The user part, percent-decoded, or a `tel:` number; `None` where the URI has none.
    pub fn user(&self) -> Option<String> {
        user(&self.uri)
    }
}

/// The user part of a `sip:` or `sips:` URI, or the number of a `tel:` URI.
pub fn user(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let user = match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" => rest.split(['?', '>']).next()?.rsplit_once('@')?.0,
        "tel" => rest,
        _ => return None,
    };
    let user = user.split(';').next()?.split(':').next()?;
    (!user.is_empty()).then(|| percent_decoded(user))
}

/// A text with its `%XX` escapes decoded (RFC 3986 §2.1).
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Splits off a quoted or token display name.
fn display_name(value: &str) -> (Option<String>, &str) {
    if let Some(quoted) = value.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => name.extend(chars.next().map(|(_, c)| c)),
                '"' => return (some(&name), quoted[at + 1..].trim_start()),
                _ => name.push(c),
            }
        }
        return (some(&name), "");
    }
    match value.find('<') {
        Some(at) => (some(value[..at].trim()), &value[at..]),
        None => (None, value),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| shortened(text, LONGEST_NAME).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_uris_and_tags_come_apart() {
        let a =
            NameAddr::parse(r#""Ines \"I\" O <x>" <sip:201@pbx.example;transport=udp>;tag=88a"#);
        assert_eq!(
            (a.display.as_deref(), a.uri.as_str(), a.tag.as_deref()),
            (
                Some("Ines \"I\" O <x>"),
                "sip:201@pbx.example;transport=udp",
                Some("88a")
            )
        );
        let a = NameAddr::parse("sip:+49405550101@host;tag=1");
        assert_eq!(
            (a.user().as_deref(), a.tag.as_deref()),
            (Some("+49405550101"), Some("1"))
        );
    }

    #[test]
    fn users_of_every_scheme() {
        assert_eq!(
            user("tel:+49-40-5550101;phone-context=x").as_deref(),
            Some("+49-40-5550101")
        );
        assert_eq!(
            user("sips:j%C3%BCrgen:pw@[2001:db8::1]:5061").as_deref(),
            Some("jürgen")
        );
        assert_eq!(user("sip:host.example"), None);
        assert_eq!(user("nonsense"), None);
    }
}
