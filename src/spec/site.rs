//! The user's own file, `~/.config/drsae/slurm.toml`: settings of the cluster for all sweeps.

use std::path::Path;

use serde::Deserialize;

use super::document::Document;
use super::error::Error;
use super::load::read_file;
use crate::slurm::settings::Settings;

/// The tables of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    #[serde(default)]
    slurm: Settings,
}

/// The `[slurm]` table of the user's own file; the defaults if there is no such file.
///
/// # Errors
/// The first thing wrong with the file, and where.
pub fn slurm_settings(path: &Path) -> Result<Settings, Error> {
    if !path.exists() {
        return Ok(Settings::default());
    }
    let (text, file) = (read_file(path)?, path.display().to_string());
    let doc = Document::parse(&text, &file)?;
    let Site { slurm } = doc.read(doc.table.clone())?;
    slurm.validate().map_err(|invalid| doc.invalid(invalid))?;
    Ok(slurm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Sweep;

    const SPEC: &str = "name = \"a\"\nseeds = 1\ntraining.phases = [{ epochs = 1, rate = 1e-3 }]\n";

    fn settings(more: &str, overrides: &[&str]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, format!("{SPEC}{more}")).unwrap();
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        let place = format!("{}/", folder.path().display());
        let sweep = Sweep::load(&path, &overrides).map_err(|error| error.to_string().replace(&place, ""))?;
        Ok(sweep.slurm)
    }

    #[test]
    fn the_command_line_overrides_the_spec_and_the_spec_the_users_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slurm.toml");
        let text = "[slurm]\npartition = \"long\"\naccount = \"physics\"\nmodules = [\"gcc/12\"]\n";
        std::fs::write(&path, text).unwrap();
        let site = slurm_settings(&path).unwrap();
        let spec = settings("[slurm]\npartition = \"short\"\ncpus = 2\n", &["slurm.cpus=4"]).unwrap();
        let expected = Settings {
            partition: Some("short".to_owned()),
            account: Some("physics".to_owned()),
            cpus: Some(4),
            modules: Some(vec!["gcc/12".to_owned()]),
            ..Settings::default()
        };
        assert_eq!(spec.or(site), expected);
        assert_eq!(slurm_settings(&folder.path().join("absent.toml")).unwrap(), Settings::default());
    }

    #[test]
    fn a_setting_that_would_break_a_script_is_refused_at_its_line() {
        let refused = [
            ("partition = \"a b\"", "a.toml:5:1: `slurm.partition` must be a word"),
            ("account = \"-x\"", "a.toml:5:1: `slurm.account` must be a word"),
            ("modules = [\"gcc\", \"a; rm\"]", "a.toml:5:19: `slurm.modules.1` must be a word"),
            ("time = \"soon\"", "a.toml:5:1: `slurm.time` must be minutes, or as in `2:00:00`"),
            ("time = \"4:59\"", "a.toml:5:1: `slurm.time` must be at least 5 minutes, not \"4:59\""),
            ("cpus = 0", "a.toml:5:1: `slurm.cpus` must be between 1 and 1024, not 0"),
            (
                "directives = [\"--hold\", \"-px\"]",
                "a.toml:5:25: `slurm.directives.1` must be an option that begins",
            ),
            (
                "directives = [\"--comment=a --array=0-0\"]",
                "a.toml:5:15: `slurm.directives.0` must be one option",
            ),
            ("directives = [\"--array=1\"]", "cannot be `--array`: the sweep sets that itself"),
            ("directives = [\"--mem=1G\"]", "cannot be `--mem`: set `slurm.memory`"),
            ("directives = [\"--gres=gpu:1\"]", "cannot be `--gres`: set `slurm.gpus`"),
            ("partitoin = \"a\"", "unknown key `slurm.partitoin`; did you mean `slurm.partition`?"),
        ];
        for (line, expected) in refused {
            let error = settings(&format!("[slurm]\n{line}\n"), &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let good = settings("[slurm]\ndirectives = [\"--constraint=avx512\", \"--gres=scratch:1\"]\n", &[]);
        assert_eq!(good.unwrap().directives.unwrap().len(), 2);
    }

    #[test]
    fn the_table_changes_nothing_else_of_a_sweep() {
        let parse = |text: &str| Sweep::parse(text, "a.toml", &[]);
        let with = parse(&format!("{SPEC}[slurm]\ncpus = 4\n")).unwrap();
        let without = Sweep { slurm: Settings::default(), ..with.clone() };
        assert_eq!(without, parse(SPEC).unwrap());
        assert!(!with.to_toml().unwrap().contains("slurm"));
        assert!(parse(&format!("{SPEC}[slurm]\ncpus = 0\n")).is_err());
        assert!(parse(&format!("{SPEC}[sweep.grid]\nslurm.cpus = [1, 2]\n")).is_err());
    }
}
