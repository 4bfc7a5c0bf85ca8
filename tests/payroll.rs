//! The money's paper on SQLite and on PostgreSQL: payroll runs, questions about money, the extract
//! of the books and the audit pack.

mod common;

#[path = "payroll/asked.rs"]
mod asked;
#[path = "payroll/books.rs"]
mod books;
#[path = "payroll/pack.rs"]
mod pack;
#[path = "payroll/paid.rs"]
mod paid;
#[path = "payroll/runs.rs"]
mod runs;
#[path = "payroll/world.rs"]
mod world;
