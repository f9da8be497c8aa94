//! Names of trials by their swept values.

use std::collections::HashSet;

use crate::spec::{self, Axis};
use crate::value::Value;

/// Positions of the axes that tell the cells of a sweep apart: of axes that move together, the first that do.
pub(super) fn telling(axes: &[Axis]) -> Vec<usize> {
    let groups = axes.iter().map(|axis| axis.group + 1).max().unwrap_or_default();
    let mut chosen = Vec::new();
    for group in 0..groups {
        let own: Vec<usize> = (0..axes.len()).filter(|&at| axes[at].group == group).collect();
        let rows = own.first().map_or(0, |&at| axes[at].values.len());
        let mut keys = vec![String::new(); rows];
        let mut told = 1;
        for at in own {
            let more =
                keys.iter().zip(&axes[at].values).map(|(key, value)| format!("{key}\n{}", spec::text(value)));
            let more: Vec<String> = more.collect();
            let count = more.iter().collect::<HashSet<_>>().len();
            if count > told {
                (keys, told) = (more, count);
                chosen.push(at);
            }
        }
    }
    chosen
}

/// The name of a cell with these settings, of which those at some positions tell it apart; empty if none do.
pub(super) fn cell_name(settings: &[(String, String)], telling: &[usize]) -> String {
    let values: Vec<(&str, Value)> = telling
        .iter()
        .map(|&at| &settings[at])
        .map(|(path, value)| (path.as_str(), Value::parse(value)))
        .collect();
    let short: Vec<_> = values.iter().map(|(path, value)| (*path, value.short())).collect();
    spec::cell_name(&short)
}
