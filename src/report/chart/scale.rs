//! Scales: positions of values along an axis, with ticks at round numbers.

/// Spacing of a scale.
#[derive(Debug, Clone, PartialEq)]
enum Spacing {
    /// At equal differences.
    Even,
    /// At equal ratios.
    Log,
    /// At equal ratios, with 0 as far below this smallest value as `gap` decades are.
    LogAndZero { smallest: f64, gap: f64 },
    /// The values, in ascending order, at equal distances.
    Ranked(Vec<f64>),
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
/// Least distance of neighbouring values of a setting, as a share of their distance if all were equally far apart.
const CROWDED: f64 = 0.5;
/// Share of the decades of a scale that 0 is below them.
const BELOW: f64 = 0.15;

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

    /// Equal ratios over the values, none of which is negative; even steps if they differ little. 0 lies below a break.
    pub fn log(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        let (low, high) = ends(values.iter().copied());
        let smallest = values.iter().copied().filter(|value| *value > 0.0).reduce(f64::min);
        let spacing = match smallest.filter(|smallest| high / smallest > WIDE) {
            Some(_) if low > 0.0 => Spacing::Log,
            Some(smallest) if low == 0.0 => {
                Spacing::LogAndZero { smallest, gap: BELOW * (high / smallest).log10() }
            }
            _ => Spacing::Even,
        };
        Self::of(spacing, low, high, &[])
    }

    /// The values of a setting, each with a tick of its own: at equal differences if none are crowded, or else at equal
    /// ratios, or else at equal distances.
    pub fn of_setting(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let (low, high) = ends(values.iter().copied());
        let smallest = values.iter().copied().find(|value| *value > 0.0).unwrap_or(1.0);
        let by_ratio = match low {
            0.0 => Some(Spacing::LogAndZero { smallest, gap: gap(&values) }),
            low => (low > 0.0).then_some(Spacing::Log),
        };
        let spacings = [Some(Spacing::Even), by_ratio].into_iter().flatten();
        let spacing = spacings.into_iter().find(|spacing| !spacing.crowds(&values));
        Self::of(spacing.unwrap_or_else(|| Spacing::Ranked(values.clone())), low, high, &values)
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
        let labels =
            if scale.spacing == Spacing::Even && chosen.is_empty() { aligned(labels) } else { labels };
        scale.ticks = values.into_iter().zip(labels).collect();
        scale
    }

    /// Share of the axis, from its lower end, at which `value` lies.
    pub fn at(&self, value: f64) -> f64 {
        (self.spacing.along(value) - self.low) / (self.high - self.low)
    }

    /// Share of the axis at which it is broken, between 0 and its smallest ratio.
    pub fn broken(&self) -> Option<f64> {
        let Spacing::LogAndZero { smallest, .. } = self.spacing else { return None };
        Some(f64::midpoint(self.at(0.0), self.at(smallest)))
    }

    /// Round numbers within the scale.
    fn round_numbers(&self) -> Vec<f64> {
        let (least, zero) = match self.spacing {
            Spacing::Log => (10_f64.powf(self.low), None),
            Spacing::LogAndZero { smallest, .. } => (smallest, Some(0.0)),
            Spacing::Even | Spacing::Ranked(_) => return even_numbers(self.low, self.high),
        };
        let high = 10_f64.powf(self.high);
        let sets: [&[f64]; 4] = [&[1.0], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]];
        let candidates = sets.iter().map(|set| ratio_numbers(least, high, set));
        let fitting = candidates.into_iter().find(|numbers| TICKS.contains(&numbers.len()));
        zero.into_iter().chain(fitting.unwrap_or_else(|| even_numbers(least, high))).collect()
    }
}

impl Spacing {
    fn along(&self, value: f64) -> f64 {
        match self {
            Self::Even => value,
            Self::LogAndZero { smallest, gap } if value < *smallest => smallest.log10() - gap,
            Self::Log | Self::LogAndZero { .. } => value.log10(),
            Self::Ranked(values) => values.partition_point(|other| *other < value) as f64,
        }
    }

    /// Returns true if two of the ascending values are too close to be distinguished.
    fn crowds(&self, values: &[f64]) -> bool {
        let places: Vec<f64> = values.iter().map(|&value| self.along(value)).collect();
        let [first, .., last] = places[..] else { return false };
        let even = (last - first) / (places.len() - 1) as f64;
        places.windows(2).any(|pair| pair[1] - pair[0] < CROWDED * even)
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

/// A number of four significant digits, or all before the point, for a text next to a mark.
pub fn rounded(value: f64) -> String {
    let digits = (3 - value.abs().max(f64::MIN_POSITIVE).log10().floor() as i32).clamp(0, 12) as usize;
    number(format!("{value:.digits$}").parse().unwrap_or(value) + 0.0)
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
    fn a_scale_of_no_values_has_ticks() {
        assert_eq!(labels(&Scale::log([])), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(&Scale::log([0.0, f64::NAN])), labels(&Scale::even([0.0])));
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

    /// Least distance of neighbouring ticks in pixels, on an axis of the narrowest panel.
    fn least_distance(scale: &Scale) -> f64 {
        const NARROWEST: f64 = 149.0;
        let places: Vec<f64> = scale.ticks.iter().map(|(value, _)| NARROWEST * scale.at(*value)).collect();
        assert!(places.iter().all(|place| (0.0..=NARROWEST).contains(place)), "{places:?}");
        places.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn all_values_of_a_setting_can_be_told_apart() {
        // Between the margins lie 149 / 1.2 = 124.2 pixels.
        let axes: [(&[f64], f64); 7] = [
            (&[0.0, 0.001, 0.005], 124.1 / 2.0),
            (&[0.0, 0.1, 0.3], 124.1 / 3.0),
            (&[0.0, 0.1, 1.0, 10.0], 124.1 / 3.0),
            (&[0.0, 1.0, 2.0, 100.0], 124.1 / 3.0),
            (&[-1.0, 0.0, 0.001, 100.0], 124.1 / 3.0),
            (&[1.0, 2.0, 11.0], 124.1 * 0.289),
            (&[1.0, 2.0, 3.0, 5.0, 8.0, 11.0], 124.1 / 10.0),
        ];
        for (values, least) in axes {
            let scale = Scale::of_setting(values.iter().copied());
            assert_eq!(scale.ticks.iter().map(|tick| tick.0).collect::<Vec<_>>(), values);
            assert!(least_distance(&scale) >= least, "{values:?}: {} < {least}", least_distance(&scale));
        }
    }

    #[test]
    fn a_logarithmic_axis_is_broken_between_zero_and_its_ratios() {
        let scale = Scale::log([0.0, 0.5, 50.0]);
        assert_eq!(labels(&scale), "0 1 3 10 30");
        let broken = scale.broken().unwrap();
        assert!(0.0 < scale.at(0.0) && scale.at(0.0) < broken && broken < scale.at(0.5), "{scale:?}");
        let even = Scale::log([0.0, 1.0, 1.5]);
        assert_eq!((even.broken(), labels(&even).split(' ').next()), (None, Some("0.0")));
        assert_eq!(Scale::log([0.5, 50.0]).broken(), None);
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
        let texts = [0.0, -0.0, 1.590_4, 11.086, 167_900.4, -0.123_45].map(rounded);
        assert_eq!(texts, ["0", "0", "1.59", "11.09", "167900", "−0.1235"]);
    }
}
