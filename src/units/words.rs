//! Closed lists of words: a state, a role, a reason. Each is an enum inside and one word outside,
//! in rows, JSON and on the command line alike.

use std::fmt;

/// An enum whose every value is one word outside the program.
pub trait Word: Copy + fmt::Debug + 'static {
    /// Every value, in the order of declaration.
    const ALL: &'static [Self];
    /// What a reader is told when a word is not on the list: `role`, `claim state`.
    const WHAT: &'static str;

    /// The word, in `snake_case`.
    fn as_str(self) -> &'static str;

    /// The value of a word.
    ///
    /// # Errors
    /// Names the word and the list.
    fn from_word(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.iter().copied().find(|v| v.as_str() == word);
        found.ok_or_else(|| UnknownWord {
            what: Self::WHAT,
            word: word.to_owned(),
            known: Self::ALL.iter().map(|v| v.as_str()).collect(),
        })
    }
}

/// A word that is not on its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' is no {what}; known are {}", known.join(", "))]
pub struct UnknownWord {
    /// Which list.
    pub what: &'static str,
    /// The word as it was given.
    pub word: String,
    /// The whole list.
    pub known: Vec<&'static str>,
}

/// Declares an enum whose values are words: `Debug`, `Display`, `FromStr`, serde and [`Word`].
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis enum $name:ident: $what:literal {
        $($(#[$doc:meta])* $value:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$doc])* $value),+ }

        impl $crate::units::Word for $name {
            const ALL: &'static [$name] = &[$($name::$value),+];
            const WHAT: &'static str = $what;

            fn as_str(self) -> &'static str {
                match self { $($name::$value => $word),+ }
            }
        }

        impl $name {
            /// The word outside the program.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                $crate::units::Word::as_str(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::units::UnknownWord;

            fn from_str(word: &str) -> std::result::Result<$name, Self::Err> {
                $crate::units::Word::from_word(word)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<$name, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(d)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    words! {
        /// A colour.
        enum Colour: "colour" {
            Red = "red",
            DarkBlue = "dark_blue",
        }
    }

    #[test]
    fn a_word_reads_back_and_an_unknown_one_names_the_list() {
        for colour in [Colour::Red, Colour::DarkBlue] {
            assert_eq!(colour.as_str().parse(), Ok(colour));
        }
        let error = "blue".parse::<Colour>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "'blue' is no colour; known are red, dark_blue"
        );
        assert_eq!(
            serde_json::to_string(&Colour::DarkBlue).unwrap(),
            "\"dark_blue\""
        );
        assert!(serde_json::from_str::<Colour>("\"green\"").is_err());
    }
}
