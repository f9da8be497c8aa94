//! The configurations of a search: all combinations of lists, points of a shifted sequence, and values beyond an
//! edge.

use rand::RngExt;
use toml::Value;

use crate::rng::{self, Purpose};
use crate::spec::{Dimension, Method, Range, Values};

/// One value for each dimension of the space, in its order.
pub(super) type Configuration = Vec<Value>;

/// Significant digits of drawn numbers.
const DIGITS: i32 = 3;

/// Most points for one configuration that is not among those before.
const MOST_DRAWS: usize = 1000;

/// The configurations that every group tries first: all of a grid, the first dimension varying slowest, or
/// distinct draws.
pub(super) fn configurations(space: &[Dimension], method: &Method) -> Vec<Configuration> {
    match *method {
        Method::Grid => grid(space),
        Method::Random { configurations } | Method::Halving { configurations, .. } => {
            draws(space, configurations)
        }
    }
}

fn grid(space: &[Dimension]) -> Vec<Configuration> {
    space.iter().fold(vec![Vec::new()], |combinations, dimension| {
        let values = match dimension.values {
            Values::Range(Range::Integer(low, high)) => (low..=high).map(Value::from).collect(),
            ref values => values.bounds(),
        };
        let extended = |known: &Configuration| {
            values.iter().map(|value| [&known[..], std::slice::from_ref(value)].concat()).collect::<Vec<_>>()
        };
        combinations.iter().flat_map(extended).collect()
    })
}

/// The first distinct points of a low-discrepancy sequence: even 12 of them fill a space of few dimensions, where
/// independent draws leave gaps. A search of more configurations begins with those of a smaller one; a space with
/// fewer distinct configurations gives all that were found.
fn draws(space: &[Dimension], count: usize) -> Vec<Configuration> {
    let sequence = Sequence::new(space.len());
    let mut drawn: Vec<Configuration> = Vec::with_capacity(count);
    for index in 0..count * MOST_DRAWS {
        if drawn.len() == count {
            break;
        }
        let point = space.iter().enumerate().map(|(at, it)| value_at(&it.values, sequence.at(index, at)));
        let configuration: Configuration = point.collect();
        if !drawn.contains(&configuration) {
            drawn.push(configuration);
        }
    }
    drawn
}

/// Roberts' sequence R_d: in dimension j, point i lies at s_j + i·g^(−j−1) modulo 1, with g the positive root of
/// x^(d+1) = x + 1 (the golden ratio for d = 1) and a shift s_j from a named stream.
struct Sequence {
    /// Shift and step of each dimension.
    dimensions: Vec<(f64, f64)>,
}

impl Sequence {
    fn new(count: usize) -> Self {
        let exponent = 1.0 / (count as f64 + 1.0);
        let root = (0..100).fold(2.0_f64, |root, _| (1.0 + root).powf(exponent));
        let dimension = |at: usize| {
            let shift = rng::stream(0, Purpose::Search, at as u64).random::<f64>();
            (shift, root.powf(-(at as f64) - 1.0))
        };
        Self { dimensions: (0..count).map(dimension).collect() }
    }

    /// A coordinate of a point, from 0 to less than 1.
    fn at(&self, index: usize, dimension: usize) -> f64 {
        let (shift, step) = self.dimensions[dimension];
        (shift + index as f64 * step).fract()
    }
}

/// The value at a share of the list or of the range.
fn value_at(values: &Values, share: f64) -> Value {
    match *values {
        Values::List(ref values) => values[(share * values.len() as f64) as usize].clone(),
        Values::Range(Range::Integer(low, high)) => {
            (low + (share * (high - low + 1) as f64) as i64).min(high).into()
        }
        Values::Range(Range::Linear(low, high)) => rounded(low + (high - low) * share, low, high),
        Values::Range(Range::Log(low, high)) => rounded(low * (high / low).powf(share), low, high),
    }
}

/// A number with few digits, within the range.
fn rounded(number: f64, low: f64, high: f64) -> Value {
    significant(number).clamp(low, high).into()
}

/// The number with [`DIGITS`] significant digits, as text reads it.
fn significant(number: f64) -> f64 {
    format!("{number:.*e}", (DIGITS - 1) as usize).parse().unwrap_or(number)
}

/// A configuration next to `best` that none of `tried` is: beyond the edge of the first dimension in which
/// `best` has the least or the greatest of the values listed and tried, else halfway to the nearest of them in the first
/// dimension where there is one; `None` if no setting is a number or nothing new that `is_valid` is left.
pub(super) fn beyond(
    space: &[Dimension],
    best: &Configuration,
    tried: &[Configuration],
    is_valid: &dyn Fn(&Configuration) -> bool,
) -> Option<Configuration> {
    let moved = |at: usize, value: Value| {
        let mut configuration = best.clone();
        configuration[at] = value;
        (!tried.contains(&configuration) && is_valid(&configuration)).then_some(configuration)
    };
    let numeric = || space.iter().enumerate().filter(|(_, dimension)| dimension.values.are_numbers());
    let steps = |is_edge: bool| {
        numeric().find_map(|(at, dimension)| {
            let step = Step::of(&dimension.values, at, best, tried)?;
            let value = if is_edge { step.outside()? } else { step.inside()? };
            moved(at, value)
        })
    };
    steps(true).or_else(|| steps(false))
}

/// The neighbourhood of a number among those that are listed or were tried.
struct Step {
    value: f64,
    /// The nearest lesser and greater numbers.
    below: Option<f64>,
    above: Option<f64>,
    is_log: bool,
    is_whole: bool,
}

impl Step {
    fn of(values: &Values, at: usize, best: &Configuration, tried: &[Configuration]) -> Option<Self> {
        let value = number(&best[at])?;
        let mut known: Vec<f64> = values.bounds().iter().filter_map(number).collect();
        if let Values::Range(_) = values {
            known = Vec::new();
        }
        known.extend(tried.iter().filter_map(|configuration| number(&configuration[at])));
        let is_whole = matches!(&best[at], Value::Integer(_));
        let is_log = match values {
            Values::Range(Range::Log(..)) => true,
            Values::Range(_) => false,
            Values::List(_) => is_geometric(&known),
        };
        let below = known.iter().copied().filter(|&other| other < value).reduce(f64::max);
        let above = known.iter().copied().filter(|&other| other > value).reduce(f64::min);
        Some(Self { value, below, above, is_log, is_whole })
    }

    /// As far beyond an edge as the neighbour is within it.
    fn outside(&self) -> Option<Value> {
        let ((Some(neighbour), None) | (None, Some(neighbour))) = (self.below, self.above) else {
            return None;
        };
        let beyond = if self.is_log {
            self.value * (self.value / neighbour)
        } else {
            self.value + (self.value - neighbour)
        };
        self.value_of(beyond)
    }

    /// Halfway to the nearer neighbour.
    fn inside(&self) -> Option<Value> {
        let distance = |other: &f64| {
            if self.is_log { (other / self.value).ln().abs() } else { (other - self.value).abs() }
        };
        let nearest = [self.below, self.above].into_iter().flatten();
        let nearest = nearest.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        let between =
            if self.is_log { (self.value * nearest).sqrt() } else { f64::midpoint(self.value, nearest) };
        self.value_of(between)
    }

    fn value_of(&self, number: f64) -> Option<Value> {
        let value =
            if self.is_whole { Value::from(number.round() as i64) } else { significant(number).into() };
        (number.is_finite() && self::number(&value)? != self.value).then_some(value)
    }
}

/// True if positive numbers are nearer to equal ratios than to equal differences.
fn is_geometric(numbers: &[f64]) -> bool {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(0.0, f64::max);
    low > 0.0 && high / low >= 4.0
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(path: &str, values: Values) -> Dimension {
        Dimension { path: path.to_owned(), values }
    }

    fn list(values: &[f64]) -> Values {
        Values::List(values.iter().map(|&value| value.into()).collect())
    }

    #[test]
    fn a_grid_has_every_combination_in_order() {
        let whole = Values::Range(Range::Integer(1, 3));
        let space = [dimension("a", list(&[0.5, 1.5])), dimension("b", whole)];
        let grid = configurations(&space, &Method::Grid);
        let texts: Vec<_> = grid.iter().map(|values| format!("{} {}", values[0], values[1])).collect();
        assert_eq!(texts, ["0.5 1", "0.5 2", "0.5 3", "1.5 1", "1.5 2", "1.5 3"]);
    }

    #[test]
    fn draws_repeat_lie_in_their_range_and_more_begin_with_the_fewer() {
        let ranges = [Range::Log(1e-4, 1e-2), Range::Linear(-1.0, 1.0), Range::Integer(1, 9)];
        let space = ranges.map(|range| dimension("x", Values::Range(range)));
        let drawn = |configurations| super::configurations(&space, &Method::Random { configurations });
        let many = drawn(200);
        assert_eq!(drawn(50), many[..50]);
        for values in &many {
            let numbers: Vec<f64> = values.iter().map(|value| number(value).unwrap()).collect();
            assert!((1e-4..=1e-2).contains(&numbers[0]) && (-1.0..=1.0).contains(&numbers[1]));
            assert!((1.0..=9.0).contains(&numbers[2]) && values[2].is_integer());
            assert_eq!(significant(numbers[0]), numbers[0]);
        }
        // Half of a logarithmic range lies below its geometric mean.
        let low = many.iter().filter(|values| number(&values[0]).unwrap() < 1e-3).count();
        assert!((97..=103).contains(&low), "{low} of 200");
        // Few draws leave no large gap.
        let few = drawn(12);
        let mut logs: Vec<f64> = few.iter().map(|values| number(&values[0]).unwrap().log10()).collect();
        logs.sort_by(f64::total_cmp);
        assert!(logs.array_windows().all(|[a, b]| b - a < 0.5), "{logs:?}");
    }

    #[test]
    fn a_small_space_is_drawn_without_repetition() {
        let space = [dimension("a", list(&[1.0, 2.0, 3.0]))];
        let drawn = configurations(&space, &Method::Random { configurations: 10 });
        assert_eq!(drawn.len(), 3);
    }

    #[test]
    fn the_step_beyond_an_edge_is_that_within_it() {
        let space =
            [dimension("rate", list(&[1e-3, 2e-3, 5e-3])), dimension("bound", list(&[10.0, 20.0, 30.0]))];
        let tried: Vec<Configuration> = grid(&space);
        let next = |best: [f64; 2]| {
            let found = beyond(&space, &best.map(Value::from).to_vec(), &tried, &|_| true).unwrap();
            [number(&found[0]).unwrap(), number(&found[1]).unwrap()]
        };
        assert_eq!(next([5e-3, 20.0]), [0.0125, 20.0]);
        assert_eq!(next([1e-3, 20.0]), [5e-4, 20.0]);
        assert_eq!(next([2e-3, 30.0]), [2e-3, 40.0]);
        // Inside: halfway to the nearer neighbour, by ratio.
        assert_eq!(next([2e-3, 20.0]), [1.41e-3, 20.0]);
        let words = [dimension("a", Values::List(vec!["x".into(), "y".into()]))];
        assert_eq!(beyond(&words, &vec!["x".into()], &[], &|_| true), None);
    }

    #[test]
    fn what_was_tried_is_not_tried_again() {
        let space = [dimension("a", Values::Range(Range::Integer(1, 3)))];
        let one = |value: i64| vec![Value::from(value)];
        assert_eq!(beyond(&space, &one(3), &[one(1), one(2), one(3)], &|_| true), Some(one(4)));
        assert_eq!(beyond(&space, &one(3), &[one(1), one(2), one(3)], &|new| *new != one(4)), None);
        assert_eq!(beyond(&space, &one(2), &[one(1), one(2), one(3)], &|_| true), None);
    }
}
