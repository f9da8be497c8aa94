//! drsae
fn main() {}
