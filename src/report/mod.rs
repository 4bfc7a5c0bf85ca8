//! Reports: figures made of what the store holds. Pure: values in, values out.

pub mod aggregate;
pub mod coverage;
pub mod funnel;
pub mod interval;
pub mod overview;
pub mod slots;
pub mod talk;
pub mod waterfall;
