//! What the tests of Assay reckon by themselves: models of what it promises, and likeness of sound.
//! Nothing here names the program.

pub mod books;
pub mod explore;
pub mod life;
pub mod likeness;
