//! Reads the sources: every path that a file names, in `use` with its nested groups, inline, from
//! `crate`, `self`, `super` or a child module, and what re-exports stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One file.
pub struct Source {
    /// Relative to `src`.
    pub file: String,
    pub room: String,
    /// Its module's path below the crate.
    pub module: Vec<String>,
    /// Without comments, strings, and the tests at its end.
    pub code: String,
    /// All that it imports.
    pub uses: Vec<Use>,
    /// Paths in its code, outside of `use`, of two segments and more.
    pub inline: Vec<Vec<String>>,
}

/// One leaf of a `use`.
pub struct Use {
    pub path: Vec<String>,
    /// As what it is known here; empty for a glob.
    pub alias: String,
    pub glob: bool,
    /// `pub` or `pub(…)`.
    pub reexport: bool,
}

/// All files of `src`.
pub struct House {
    pub sources: Vec<Source>,
    /// The file of each module.
    modules: BTreeMap<Vec<String>, usize>,
}

/// A graph by names.
pub type Edges = BTreeMap<String, BTreeSet<String>>;

impl House {
    pub fn read() -> House {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        walk(&src, &mut files);
        files.sort();
        assert!(files.len() > 50, "the sources were not found");
        let sources: Vec<Source> = files.iter().map(|f| Source::read(&src, f)).collect();
        let modules = sources.iter().enumerate();
        let modules = modules.map(|(n, s)| (s.module.clone(), n)).collect();
        House { sources, modules }
    }

    /// Whether a path leads into this crate.
    pub fn is_own(&self, source: &Source, path: &[String]) -> bool {
        self.absolute(source, path).is_some()
    }

    /// A path from the crate on; `None` when it is another crate's or a name of the file itself.
    fn absolute(&self, source: &Source, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" | "assay" => Vec::new(),
            "self" => source.module.clone(),
            "super" => source.module.split_last()?.1.to_vec(),
            child => {
                let own = [source.module.as_slice(), &[child.to_owned()]].concat();
                if self.modules.contains_key(&own) {
                    own
                } else {
                    let import = source.uses.iter().find(|u| u.alias == *child)?;
                    // An import of its own name would be found for ever.
                    if import.path.first() == Some(first) {
                        return None;
                    }
                    self.absolute(source, &import.path)?
                }
            }
        };
        for segment in rest {
            if segment == "super" {
                base.pop();
            } else {
                base.push(segment.clone());
            }
        }
        Some(base)
    }

    /// The module that a path from the crate on leads to, and the item in it, if any.
    fn split<'a>(&self, path: &'a [String]) -> (&'a [String], Option<&'a String>) {
        let depth = (0..=path.len())
            .rev()
            .find(|n| self.modules.contains_key(&path[..*n]) || *n == 0)
            .unwrap_or(0);
        (&path[..depth], path.get(depth))
    }

    /// The module in which an item is defined, through all re-exports, and those it passed.
    fn defined<'a>(&'a self, path: &[String], passed: &mut Vec<&'a Source>) -> Option<usize> {
        let (module, item) = self.split(path);
        let number = *self.modules.get(module)?;
        let source = &self.sources[number];
        let Some(item) = item else {
            return Some(number);
        };
        if passed.len() < 8
            && let Some(reexport) = source.uses.iter().find(|u| u.reexport && u.alias == *item)
            && let Some(target) = self.absolute(source, &reexport.path)
        {
            passed.push(source);
            return self.defined(&target, passed);
        }
        Some(number)
    }

    /// All own paths of a file, from the crate on.
    fn own_paths(&self, source: &Source) -> Vec<Vec<String>> {
        let imported = source.uses.iter().map(|u| &u.path);
        let all = imported.chain(&source.inline);
        all.filter_map(|p| self.absolute(source, p)).collect()
    }

    /// The rooms that a file uses, by name and by what the names stand for.
    pub fn rooms_used(&self, source: &Source) -> BTreeSet<String> {
        let mut rooms = BTreeSet::new();
        for path in self.own_paths(source) {
            rooms.extend(path.first().cloned());
            let target = self.defined(&path, &mut Vec::new());
            rooms.extend(target.map(|n| self.sources[n].room.clone()));
        }
        rooms
    }

    /// Which file uses which other of its own room. A re-export is no use, and neither is the
    /// import of a module: what is reached through it counts.
    pub fn file_edges(&self) -> Edges {
        let mut edges = Edges::new();
        for source in &self.sources {
            let imported = source.uses.iter().filter(|u| !u.reexport).map(|u| &u.path);
            for path in imported.chain(&source.inline) {
                let Some(path) = self.absolute(source, path) else {
                    continue;
                };
                if self.split(&path).1.is_none() {
                    continue;
                }
                let Some(target) = self.defined(&path, &mut Vec::new()) else {
                    continue;
                };
                let target = &self.sources[target];
                if target.room == source.room && target.file != source.file {
                    let to = edges.entry(source.file.clone()).or_default();
                    to.insert(target.file.clone());
                }
            }
        }
        edges
    }
}

/// Sets of two and more that reach each other, sorted.
pub fn circles(edges: &Edges) -> Vec<Vec<String>> {
    let reach = |from: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(next) = open.pop() {
            for to in edges.get(&next).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    open.push(to.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        edges.keys().map(|from| (from, reach(from))).collect();
    let mut found = BTreeSet::new();
    for (from, to) in &reached {
        let back = |other: &&String| reached.get(other).is_some_and(|r| r.contains(*from));
        let circle: Vec<String> = to.iter().filter(back).cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

impl Source {
    fn read(src: &Path, path: &Path) -> Source {
        let inside = path.strip_prefix(src).unwrap();
        let mut module: Vec<String> = inside
            .with_extension("")
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        let room = module[0].clone();
        if module
            .last()
            .is_some_and(|last| last == "mod" || last == "lib")
        {
            module.pop();
        }
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code = bare(text);
        let (uses, inline) = read_paths(&tokens(&code));
        Source {
            file: inside.to_string_lossy().into_owned(),
            room,
            module,
            code,
            uses,
            inline,
        }
    }

    /// Whether a path of the file begins with a crate's name.
    pub fn names(&self, external: &str) -> bool {
        let imported = self.uses.iter().map(|u| &u.path);
        let mut all = imported.chain(&self.inline);
        all.any(|p| p.len() > 1 && p[0] == external)
    }
}

/// The code without comments, and with empty strings and characters.
fn bare(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    let is_name = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"//") {
            at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            at += 2 + rest
                .windows(2)
                .position(|w| w == b"*/")
                .unwrap_or(rest.len());
        } else if rest[0] == b'r' && !is_name(out.last()) && raw_string(rest).is_some() {
            out.extend_from_slice(b"\"\"");
            at += raw_string(rest).unwrap();
        } else if rest[0] == b'"' {
            out.extend_from_slice(b"\"\"");
            at += string(rest);
        } else if let Some(length) = character(rest) {
            out.extend_from_slice(b"' '");
            at += length;
        } else {
            out.push(rest[0]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string(rest: &[u8]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let end = [b"\"".as_slice(), &vec![b'#'; hashes]].concat();
    let body = &rest[2 + hashes..];
    let length = body.windows(end.len()).position(|w| w == end)?;
    Some(2 + hashes + length + end.len())
}

/// A character literal, which a lifetime is not.
fn character(rest: &[u8]) -> Option<usize> {
    if rest[0] != b'\'' {
        return None;
    }
    if rest.get(1) == Some(&b'\\') {
        return rest[3..].iter().position(|b| *b == b'\'').map(|n| n + 4);
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]).into_owned();
    let length = text.chars().next()?.len_utf8();
    (rest.get(1 + length) == Some(&b'\'')).then_some(length + 2)
}

/// Names, `::`, and single other characters.
fn tokens(code: &str) -> Vec<String> {
    let (mut found, mut at): (Vec<String>, usize) = (Vec::new(), 0);
    while let Some(c) = code[at..].chars().next() {
        let name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if name(c) {
            code[at..]
                .find(|c: char| !name(c))
                .unwrap_or(code.len() - at)
        } else if code[at..].starts_with("::") {
            2
        } else {
            c.len_utf8()
        };
        if !c.is_whitespace() {
            found.push(code[at..at + length].to_owned());
        }
        at += length;
    }
    found
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn read_paths(tokens: &[String]) -> (Vec<Use>, Vec<Vec<String>>) {
    let (mut uses, mut inline, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at] == "use" {
            let before = at.checked_sub(1).map(|n| tokens[n].as_str());
            let reexport = matches!(before, Some("pub" | ")"));
            at = tree(tokens, at + 1, &[], reexport, &mut uses);
        } else if is_name(&tokens[at]) && (at == 0 || tokens[at - 1] != "::") {
            let mut path = vec![tokens[at].clone()];
            while tokens.get(at + 1).is_some_and(|t| t == "::")
                && tokens.get(at + 2).is_some_and(|t| is_name(t))
            {
                path.push(tokens[at + 2].clone());
                at += 2;
            }
            if path.len() > 1 {
                inline.push(path);
            }
            at += 1;
        } else {
            at += 1;
        }
    }
    (uses, inline)
}

/// Reads a tree of imports from `at` on; gives where it ends.
fn tree(
    tokens: &[String],
    mut at: usize,
    before: &[String],
    pub_: bool,
    out: &mut Vec<Use>,
) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens[at].as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                while tokens[at] != "}" {
                    at = tree(tokens, at, &path, pub_, out);
                    if tokens[at] == "," {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "*" => {
                out.push(Use {
                    path,
                    alias: String::new(),
                    glob: true,
                    reexport: pub_,
                });
                return at + 1;
            }
            "as" => {
                out.push(Use {
                    path,
                    alias: tokens[at + 1].clone(),
                    glob: false,
                    reexport: pub_,
                });
                return at + 2;
            }
            "self" if !path.is_empty() => at += 1,
            token if is_name(token) => {
                path.push(token.to_owned());
                at += 1;
            }
            _ => {
                let alias = path.last().cloned().unwrap_or_default();
                out.push(Use {
                    path,
                    alias,
                    glob: false,
                    reexport: pub_,
                });
                return at;
            }
        }
    }
}

#[test]
fn paths_are_read_however_they_are_written() {
    let code = bare(
        "use crate::{a::{self, b::C}, d as e}; // crate::no\npub(crate) use super::f::*; \
         fn g<'a>(h: &'a str) { crate::i::j(\"crate::k\"); l::m::<N>('\"'); r#\"crate::o\"#; }",
    );
    let (uses, inline) = read_paths(&tokens(&code));
    let shown: Vec<String> = uses
        .iter()
        .map(|u| {
            format!(
                "{} as {}{}",
                u.path.join("::"),
                u.alias,
                u8::from(u.reexport)
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "crate::a as a0",
            "crate::a::b::C as C0",
            "crate::d as e0",
            "super::f as 1"
        ]
    );
    let inline: Vec<String> = inline.iter().map(|p| p.join("::")).collect();
    assert_eq!(inline, ["crate::i::j", "l::m"]);
}

#[test]
fn a_circle_is_found_and_a_diamond_is_none() {
    let edges = |pairs: &[(&str, &str)]| {
        let mut edges = Edges::new();
        for (from, to) in pairs {
            let to = (*to).to_owned();
            edges.entry((*from).to_owned()).or_default().insert(to);
        }
        edges
    };
    assert!(circles(&edges(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])).is_empty());
    let found = circles(&edges(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]));
    assert_eq!(found, [["a", "b", "c"]]);
}
