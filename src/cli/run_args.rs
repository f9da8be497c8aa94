//! Arguments of the commands that run trials.

use std::time::Duration;

use crate::store::Status;

/// The trials that are run again, and the time limit.
#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// Run trials with this status again; may be repeated.
    #[arg(long, value_name = "STATUS", value_enum)]
    pub retry: Vec<Status>,
    /// End a trial that runs longer than this, such as `90s` or `2h 30m`, as `timed-out`.
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
}

impl RunArgs {
    /// The arguments as text, for another command line.
    pub fn to_args(&self) -> Vec<String> {
        let retry = self.retry.iter().flat_map(|status| ["--retry".to_owned(), status.name().to_owned()]);
        let timeout = self.timeout.map(|timeout| format!("{}s", timeout.as_secs_f64()));
        retry.chain(timeout.into_iter().flat_map(|timeout| ["--timeout".to_owned(), timeout])).collect()
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(span).map_err(|_| "must not be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_another_command_line() {
        let repeated = |words: &[&str]| {
            #[derive(clap::Parser)]
            struct Line {
                #[command(flatten)]
                run: RunArgs,
            }
            let line: Line = clap::Parser::parse_from(["drsae"].iter().chain(words));
            line.run.to_args().join(" ")
        };
        assert_eq!(repeated(&[]), "");
        let words = ["--retry", "failed", "--retry", "diverged", "--timeout", "1h 30m"];
        assert_eq!(repeated(&words), "--retry failed --retry diverged --timeout 5400s");
        assert_eq!(repeated(&["--timeout", "5400s"]), "--timeout 5400s");
    }
}
