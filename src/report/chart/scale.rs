//! Scales: positions of values along an axis, with ticks at round numbers.

/// Spacing of a scale.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spacing {
    /// At equal differences.
    Even,
    /// At equal ratios.
    Log,
    /// At equal ratios, with 0 as far below this smallest value as `gap` decades are.
    LogAndZero { smallest: f64, gap: f64 },
}

/// One axis of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    spacing: Spacing,
    /// Ends, as [`Spacing::along`] has them.
    low: f64,
    high: f64,
    /// Values with a tick and their label.
    pub ticks: Vec<(f64, String)>,
}

/// Share of the axis that is free beyond the outermost values, and the same if several series are drawn at one value.
const MARGIN: f64 = 0.06;
const SIDE_BY_SIDE: f64 = 0.1;
/// Fewest and most ticks of an axis.
const TICKS: std::ops::RangeInclusive<usize> = 4..=9;
/// A range beyond this ratio is shown by ratios.
const WIDE: f64 = 3.0;
/// The same for the values of a setting, which are few and chosen.
const WIDE_SETTING: f64 = 12.0;

impl Scale {
    /// Even steps over the values.
    pub fn even(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = ends(values);
        Self::of(Spacing::Even, low, high, &[])
    }

    /// Even steps over values that are counts.
    pub fn of_counts(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = ends(values);
        let mut scale = Self::of(Spacing::Even, low, high, &[]);
        scale.ticks.retain(|(value, _)| value.fract() == 0.0);
        scale.ticks.iter_mut().for_each(|(value, label)| *label = number(*value));
        scale
    }

    /// Equal ratios over the values, which are positive; even steps if they differ little.
    pub fn log(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = ends(values);
        let wide = low > 0.0 && high / low > WIDE;
        Self::of(if wide { Spacing::Log } else { Spacing::Even }, low, high, &[])
    }

    /// The values of a setting, each with a tick of its own.
    pub fn of_setting(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let (low, high) = ends(values.iter().copied());
        let smallest = values.iter().copied().find(|value| *value > 0.0).unwrap_or(1.0);
        let wide = high / smallest > WIDE_SETTING;
        let spacing = match (wide, low) {
            (true, low) if low > 0.0 => Spacing::Log,
            (true, 0.0) => Spacing::LogAndZero { smallest, gap: gap(&values) },
            _ => Spacing::Even,
        };
        Self::of(spacing, low, high, &values)
    }

    /// Even steps from `low` to `high` exactly, without ticks.
    pub fn bare(low: f64, high: f64) -> Self {
        Self { spacing: Spacing::Even, low, high, ticks: Vec::new() }
    }

    fn of(spacing: Spacing, low: f64, high: f64, chosen: &[f64]) -> Self {
        let (first, last) = (spacing.along(low), spacing.along(high));
        let margin = if chosen.is_empty() { MARGIN } else { SIDE_BY_SIDE };
        let room = if last > first { margin * (last - first) } else { 0.5 * first.abs().max(1.0) };
        let mut scale = Self { spacing, low: first - room, high: last + room, ticks: Vec::new() };
        let values = if chosen.is_empty() { scale.round_numbers() } else { chosen.to_vec() };
        let labels: Vec<_> = values.iter().copied().map(number).collect();
        let labels = if spacing == Spacing::Even && chosen.is_empty() { aligned(labels) } else { labels };
        scale.ticks = values.into_iter().zip(labels).collect();
        scale
    }

    /// Share of the axis, from its lower end, at which `value` lies.
    pub fn at(&self, value: f64) -> f64 {
        (self.spacing.along(value) - self.low) / (self.high - self.low)
    }

    /// Round numbers within the scale.
    fn round_numbers(&self) -> Vec<f64> {
        if self.spacing == Spacing::Even {
            return even_numbers(self.low, self.high);
        }
        let (low, high) = (10_f64.powf(self.low), 10_f64.powf(self.high));
        let sets: [&[f64]; 4] = [&[1.0], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]];
        let candidates = sets.iter().map(|set| ratio_numbers(low, high, set));
        let fitting = candidates.into_iter().find(|numbers| TICKS.contains(&numbers.len()));
        fitting.unwrap_or_else(|| even_numbers(low, high))
    }
}

impl Spacing {
    fn along(self, value: f64) -> f64 {
        match self {
            Self::Even => value,
            Self::LogAndZero { smallest, gap } if value < smallest => smallest.log10() - gap,
            Self::Log | Self::LogAndZero { .. } => value.log10(),
        }
    }
}

/// Decades between 0 and the smallest other value: as many as between that and the next.
fn gap(values: &[f64]) -> f64 {
    let mut positive = values.iter().filter(|value| **value > 0.0);
    match (positive.next(), positive.next()) {
        (Some(first), Some(second)) => (second / first).log10().max(0.3),
        _ => 1.0,
    }
}

/// Smallest and largest finite value; 0 and 1 if there are none.
fn ends(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let ends = values.into_iter().filter(|value| value.is_finite()).fold(None, |ends, value| match ends {
        None => Some((value, value)),
        Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
    });
    ends.unwrap_or((0.0, 1.0))
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn even_numbers(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 7.0;
    let power = rough.log10().floor() as i32;
    let steps = [1, 2, 5, 10].map(|digit| (digit, power));
    let step = |(digit, power): (i64, i32)| digit as f64 * 10_f64.powi(power);
    let chosen = steps.into_iter().find(|&candidate| step(candidate) >= rough).unwrap_or((10, power));
    let width = step(chosen);
    let (first, last) = ((low / width).ceil() as i64, (high / width).floor() as i64);
    (first..=last).map(|multiple| decimal((multiple * chosen.0) as f64, chosen.1)).collect()
}

/// The `mantissas` times every power of ten, from `low` to `high`.
fn ratio_numbers(low: f64, high: f64, mantissas: &[f64]) -> Vec<f64> {
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let numbers = powers.flat_map(|power| mantissas.iter().map(move |&mantissa| decimal(mantissa, power)));
    numbers.filter(|number| (low..=high).contains(number)).collect()
}

/// The float nearest to mantissa·10^power, as parsed from its text.
fn decimal(mantissa: f64, power: i32) -> f64 {
    format!("{mantissa}e{power}").parse().unwrap_or(f64::NAN)
}

/// A number as a label: its shortest digits, large and small ones with a power of ten.
pub fn number(value: f64) -> String {
    if value == 0.0 || (1e-3..1e6).contains(&value.abs()) {
        return format!("{value}").replace('-', "−");
    }
    let text = format!("{value:e}").replace('-', "−");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let raised: String = power.chars().map(raised).collect();
    if mantissa == "1" { format!("10{raised}") } else { format!("{mantissa}·10{raised}") }
}

/// Decimal numbers with as many digits after the point as the longest has.
fn aligned(labels: Vec<String>) -> Vec<String> {
    let digits = |label: &String| label.split_once('.').map_or(0, |(_, digits)| digits.len());
    if labels.iter().any(|label| label.contains('·') || label.contains("10⁻")) {
        return labels;
    }
    let most = labels.iter().map(digits).max().unwrap_or_default();
    let aligned = |label: String| match (most, digits(&label)) {
        (most, known) if most == known => label,
        (most, 0) => format!("{label}.{}", "0".repeat(most)),
        (most, known) => format!("{label}{}", "0".repeat(most - known)),
    };
    labels.into_iter().map(aligned).collect()
}

fn raised(digit: char) -> char {
    match digit {
        '−' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4'..='9' => char::from_u32(u32::from('⁴') + u32::from(digit) - u32::from('4')).unwrap_or(digit),
        _ => '⁰',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> String {
        let labels: Vec<_> = scale.ticks.iter().map(|(_, label)| label.as_str()).collect();
        labels.join(" ")
    }

    #[test]
    fn ticks_are_round_numbers_within_the_scale() {
        assert_eq!(labels(&Scale::even([-0.3, 0.78])), "−0.2 0.0 0.2 0.4 0.6 0.8");
        assert_eq!(labels(&Scale::of_counts([2.0, 5.0])), "2 3 4 5");
        assert_eq!(labels(&Scale::log([1.4, 5.3])), "1.5 2 3 5");
        assert_eq!(labels(&Scale::log([1.5, 11.4])), "1.5 2 3 5 7 10");
        assert_eq!(labels(&Scale::log([2e11, 9e13])), "3·10¹¹ 10¹² 3·10¹² 10¹³ 3·10¹³ 10¹⁴");
        assert_eq!(labels(&Scale::log([157_900.0, 167_900.0])), "158000 160000 162000 164000 166000 168000");
    }

    #[test]
    fn settings_are_their_own_ticks_and_zero_has_a_place() {
        assert_eq!(labels(&Scale::of_setting([11.0, 1.0, 2.0, 2.0])), "1 2 11");
        let scale = Scale::of_setting([10.0, 0.0, 0.1, 1.0, 0.01]);
        assert_eq!(labels(&scale), "0 0.01 0.1 1 10");
        let places: Vec<_> = scale.ticks.iter().map(|(value, _)| scale.at(*value)).collect();
        let steps: Vec<_> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-12), "{steps:?}");
    }

    #[test]
    fn values_lie_between_the_ends_and_equal_ones_in_the_middle() {
        let scale = Scale::log([1.0, 100.0]);
        assert!((scale.at(10.0) - 0.5).abs() < 1e-12 && scale.at(1.0) > 0.0 && scale.at(100.0) < 1.0);
        assert_eq!(Scale::even([2.0]).at(2.0), 0.5);
        assert_eq!(Scale::bare(0.0, 4.0).at(1.0), 0.25);
    }

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, -0.005, 1.5, 158_000.0, 2e-4, 3e12].map(number);
        assert_eq!(texts, ["0", "−0.005", "1.5", "158000", "2·10⁻⁴", "3·10¹²"]);
    }
}
