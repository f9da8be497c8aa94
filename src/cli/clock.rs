//! Durations and times of the day.

use std::time::Duration;

use jiff::{Timestamp, ZonedDateTime};

/// A duration in two units: `42 s`, `7 min 5 s`, `2 h 3 min`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// The clock's time after a duration, with the date if that is not today.
pub fn end(left: Duration) -> String {
    let now = ZonedDateTime::now();
    let end = now.saturating_add(left);
    let format = if end.date() == now.date() { "%H:%M" } else { "%F %H:%M" };
    end.strftime(format).to_string()
}

/// The time now, UTC, for a line of a log.
pub fn stamp() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_seconds_and_have_two_units() {
        let text = |seconds| duration(Duration::from_secs_f64(seconds));
        let texts = [0.0, 0.4, 42.0, 59.4, 59.6, 425.0, 3599.6, 7380.0, 7439.0, 360_000.0].map(text);
        let expected = [
            "0 s",
            "0 s",
            "42 s",
            "59 s",
            "1 min 0 s",
            "7 min 5 s",
            "1 h 0 min",
            "2 h 3 min",
            "2 h 3 min",
            "100 h 0 min",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn an_end_on_another_day_has_its_date() {
        assert_eq!(end(Duration::ZERO).len(), "14:32".len());
        assert_eq!(end(Duration::from_hours(24)).len(), "2026-01-31 14:32".len());
    }
}
