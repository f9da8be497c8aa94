//! Whole sweeps through the program, each in a folder of its own.

mod commands;
mod compare;
mod conditions;
mod folders;
mod index;
mod lab;
mod manners;
mod refusals;
mod runs;
mod shell;
mod stale;
mod stored;
mod studies;
