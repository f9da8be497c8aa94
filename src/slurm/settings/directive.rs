//! Check of a directive: one option of `sbatch`, with its full name, that the sweep does not set itself.
//!
//! `sbatch` splits the rest of an `#SBATCH` line into words, with quotes, backslashes and `#` much as a shell, and
//! passes the words of all lines to `getopt_long`. So a line may hold several options, an unambiguous name may be
//! abbreviated, and the first word that is not an option ends the parsing of all later ones. The check rejects all
//! three.

/// Options that the sweep sets and relies on.
const RESERVED: [&str; 14] = [
    "array",
    "output",
    "error",
    "open-mode",
    "job-name",
    "requeue",
    "no-requeue",
    "signal",
    "dependency",
    "nodes",
    "ntasks",
    "tasks",
    "wait",
    "wrap",
];

/// Options that have a setting in the table: (option, key).
const SETTINGS: [(&str, &str); 6] = [
    ("partition", "partition"),
    ("account", "account"),
    ("time", "time"),
    ("mem", "memory"),
    ("cpus-per-task", "cpus"),
    ("gres", "gpus"),
];

/// Checks a directive.
///
/// # Errors
/// It is not one option `--name` or `--name=value`, the sweep sets that option itself, or it is a
/// setting of the table.
pub(super) fn check(directive: &str) -> Result<(), String> {
    let word = only_word(directive)?;
    let option = word
        .strip_prefix("--")
        .ok_or_else(|| format!("must be an option that begins with `--`, written out, not {directive:?}"))?;
    let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!("must be `--name` or `--name=value`, not {directive:?}"));
    }
    check_name(name, value.unwrap_or_default())
}

fn check_name(name: &str, value: &str) -> Result<(), String> {
    if RESERVED.contains(&name) {
        return Err(format!("cannot be `--{name}`: the sweep sets that itself"));
    }
    match SETTINGS.iter().find(|(taken, _)| *taken == name) {
        // Other generic resources than GPUs have no key of their own.
        Some((_, "gpus")) if !value.to_ascii_lowercase().contains("gpu") => return Ok(()),
        Some((_, key)) => return Err(format!("cannot be `--{name}`: set `slurm.{key}`")),
        None => {}
    }
    let mut known = RESERVED.into_iter().chain(SETTINGS.map(|(taken, _)| taken));
    match known.find(|known| known.starts_with(name)) {
        Some(whole) => {
            Err(format!("cannot be `--{name}`, which Slurm takes for `--{whole}`: write the option out"))
        }
        None => Ok(()),
    }
}

/// The single word of a line, without its quotes and backslashes.
fn only_word(line: &str) -> Result<String, String> {
    let not_one = |what: &str| Err(format!("must be one option, but {line:?} {what}"));
    let mut word = String::new();
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (letter, _) if letter.is_control() && letter != '\t' => {
                return not_one("has a line break or another control character");
            }
            ('\\', _) => match letters.next() {
                Some(escaped) if !escaped.is_control() => word.push(escaped),
                _ => return not_one("ends in a backslash"),
            },
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) => quote = Some(letter),
            ('#', None) => return not_one("has a comment: put `#` in quotes"),
            (' ' | '\t', None) => {
                return not_one("has a space: write `--name=value`, with a value that has spaces in quotes");
            }
            (letter, _) => word.push(letter),
        }
    }
    match quote {
        Some(open) => not_one(&format!("lacks the second {open}")),
        None => Ok(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_option_written_out_passes() {
        let good = [
            "--constraint=avx512",
            "--constraint=\"avx512&(amd|intel)\"",
            "--comment=\"a b # c --array=0\"",
            "--comment=a\\ b\\#c",
            "--comment='say \"so\"'",
            "--gres=scratch:1",
            "--mem-per-cpu=1G",
            "--time-min=10",
            "--gpus-per-task=1",
            "--ntasks-per-core=1",
            "--exclusive",
            "--hold",
            "--qos=low",
        ];
        for directive in good {
            assert_eq!(check(directive), Ok(()), "{directive}");
        }
    }

    #[test]
    fn a_second_option_or_half_a_one_is_refused() {
        let refused = [
            ("--comment=a --array=0-0", "has a space"),
            ("--comment=a\t--array=0-0", "has a space"),
            ("--comment=a\x0b--array=0-0", "has a line break or another control character"),
            ("--comment=\"a\" -a0-0", "has a space"),
            ("--comment=\"a\\\" --array=0-0", "lacks the second \""),
            ("--comment=a\\", "ends in a backslash"),
            ("--comment=a\\\n#SBATCH --array=0-0", "ends in a backslash"),
            ("--comment='a\n#SBATCH --array=0-0'", "has a line break or another control character"),
            ("--hold 0-0", "has a space"),
            (" --hold", "has a space"),
            ("--hold # for now", "has a space"),
            ("--hold#", "has a comment"),
            ("-a0-0", "must be an option that begins with `--`"),
            ("hold", "must be an option that begins with `--`"),
            ("", "must be an option that begins with `--`"),
            ("--", "must be `--name` or `--name=value`"),
            ("--=0-0", "must be `--name` or `--name=value`"),
        ];
        for (directive, expected) in refused {
            let refusal = check(directive).expect_err(directive);
            assert!(refusal.contains(expected), "{directive}: {refusal}");
        }
    }

    #[test]
    fn options_of_the_sweep_are_refused_in_any_spelling() {
        let refused = [
            ("--array=0-0", "cannot be `--array`: the sweep sets that itself"),
            ("--\"array\"=0-0", "cannot be `--array`: the sweep sets that itself"),
            ("\"--ar\"'ray=0-0'", "cannot be `--array`: the sweep sets that itself"),
            ("--ar\\ray=0-0", "cannot be `--array`: the sweep sets that itself"),
            ("--arr=0-0", "cannot be `--arr`, which Slurm takes for `--array`: write the option out"),
            ("--no-req", "cannot be `--no-req`, which Slurm takes for `--no-requeue`"),
            ("--tasks=2", "cannot be `--tasks`: the sweep sets that itself"),
            ("--part=x", "cannot be `--part`, which Slurm takes for `--partition`"),
            ("--mem=1G", "cannot be `--mem`: set `slurm.memory`"),
            ("--gres=\"g\"pu:1", "cannot be `--gres`: set `slurm.gpus`"),
            ("--gre=gpu:1", "cannot be `--gre`, which Slurm takes for `--gres`"),
        ];
        for (directive, expected) in refused {
            let refusal = check(directive).expect_err(directive);
            assert!(refusal.contains(expected), "{directive}: {refusal}");
        }
    }
}
