//! The `[conditions]` table.

use super::*;
use crate::data::{Corruption, Layout};

const CONDITIONS: &str = "[conditions]\nmasking = [0.2, 0.5]\nblur = [1]\nshift = [2]\niterations = 4\n";

fn sealed(conditions: &str) -> Result<Sweep, Error> {
    parse(&format!("test = \"sealed\"\n{BASE}{conditions}"), &[])
}

#[test]
fn conditions_are_read_in_the_order_of_tables_and_written_back() {
    let sweep = sealed(CONDITIONS).unwrap();
    let expected =
        [Corruption::Masking(0.2), Corruption::Masking(0.5), Corruption::Blur(1.0), Corruption::Shift(2)];
    assert_eq!(sweep.conditions.corruptions(), expected);
    assert_eq!(sweep.conditions.iterations, Some(4));
    let text = sweep.to_toml().unwrap();
    assert_eq!(Sweep::parse(&text, "a.toml", &[]).unwrap(), sweep);
    // Specs from before the table stay as they are.
    assert!(sealed("").unwrap().conditions.is_empty());
    assert!(!sealed("").unwrap().to_toml().unwrap().contains("conditions"));
}

#[test]
fn what_no_condition_can_be_names_its_line() {
    let refusal = |from: &str, to: &str| sealed(&CONDITIONS.replace(from, to)).unwrap_err().to_string();
    let refused = [
        parse(&format!("{BASE}{CONDITIONS}"), &[]).unwrap_err().to_string(),
        refusal("masking = [0.2, 0.5]", "masking = [0.2, 1.0]"),
        refusal("masking = [0.2, 0.5]", "masking = [0.2, 0.2]"),
        refusal("blur = [1]", "blur = [0]"),
        refusal("blur = [1]", "noise = [-0.1]"),
        refusal("shift = [2]", "occlusion = [0]"),
        refusal("shift = [2]", "shift = [2.5]"),
        refusal("shift = [2]", "shifts = [2]"),
        refusal("iterations = 4", "iterations = 0"),
    ];
    insta::assert_snapshot!(refused.join("\n"), @r#"
    a.toml:19:2: `conditions` needs `test = "sealed"` or a search: `drsae unseal` tests networks under conditions
    a.toml:21:17: `conditions.masking.1` must be between 0 and 1, not 1
    a.toml:21:17: `conditions.masking.1` is 0.2, which the list has twice
    a.toml:22:9: `conditions.blur.0` must be above 0 and at most 100, not 0
    a.toml:22:10: `conditions.noise.0` must be positive, not -0.1
    a.toml:23:14: `conditions.occlusion.0` must be at least 1, not 0
    a.toml:23:10: `conditions.shift.0` must be a whole number, zero or more, not 2.5
    a.toml:23:1: unknown key `conditions.shifts`; did you mean `conditions.shift`?
    a.toml:24:1: `conditions.iterations` must be between 1 and 100, not 0
    "#);
}

#[test]
fn images_that_cannot_have_a_condition_are_named() {
    let conditions = sealed(CONDITIONS).unwrap().conditions;
    assert_eq!(conditions.suit(Layout::square(28)), Ok(()));
    let refused = conditions.suit(Layout::Features(20)).unwrap_err().to_string();
    assert_eq!(refused, "`conditions.blur` has 1, which is impossible for examples of 20 features");
    let refused = conditions.suit(Layout::square(2)).unwrap_err().to_string();
    assert_eq!(refused, "`conditions.shift` has 2, which is impossible for images of 2 × 2 pixels");
}
