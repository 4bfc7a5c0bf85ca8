//! Reports: figures made of what the store holds. Pure: values in, values out.

pub mod aggregate;
pub mod back_test;
pub mod beta;
pub mod coverage;
pub mod day;
pub mod experiments;
pub mod forecast;
pub mod funnel;
pub mod gate;
pub mod interval;
pub mod lesson;
pub mod numbers;
pub mod origin;
pub mod overview;
pub mod score;
pub mod slots;
pub mod talk;
pub mod waterfall;
