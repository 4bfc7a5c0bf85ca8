//! Reports: figures made of what the store holds. Pure: values in, values out.

pub mod coverage;
