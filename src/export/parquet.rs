//! Parquet: one file per table, with typed columns.

use std::path::Path;

use polars::prelude::*;
use polars_io::parquet::write::ParquetWriter;

use super::Error;
use crate::store::{
    self, ConditionRow, EpochRow, MistakeRow, PlanRow, ProvenanceRow, Store, Table, TrialRow,
};
use crate::threads;
use crate::value::{self, Value};

/// Writes every existing table; returns their number.
pub(super) fn export(store: &Store, out: &Path) -> Result<usize, Error> {
    threads::check_polars()?;
    let trials = super::trials(store)?;
    let table = |table| store.table(table);
    let tables = [
        write(&store.plan_csv(), out, store.rows(&store.plan_csv())?, plan)?,
        place(&table(Table::Trials), out, self::trials(trials.rows()))?,
        write(&table(Table::Epochs), out, store.merged_rows(Table::Epochs)?, epochs)?,
        write(&table(Table::Mistakes), out, store.merged_rows(Table::Mistakes)?, mistakes)?,
        write(&table(Table::Provenance), out, store.merged_rows(Table::Provenance)?, provenance)?,
        write(&store.conditions_csv(), out, store.rows(&store.conditions_csv())?, conditions)?,
    ];
    Ok(tables.into_iter().sum())
}

/// Writes a table if it exists; returns the number of files.
fn write<R>(
    path: &Path,
    out: &Path,
    rows: Option<Vec<R>>,
    columns: fn(&[R]) -> Vec<Column>,
) -> Result<usize, Error> {
    rows.map_or(Ok(0), |rows| place(path, out, columns(&rows)))
}

fn place(path: &Path, out: &Path, columns: Vec<Column>) -> Result<usize, Error> {
    let failed = |source| Error::Table { path: path.to_owned(), source };
    let height = columns.first().map_or(0, Column::len);
    let frame = DataFrame::new(height, columns).map_err(failed)?;
    let name = Path::new(path.file_name().unwrap_or_default()).with_extension("parquet");
    write_frame(frame, &out.join(name))?;
    Ok(1)
}

/// Writes a frame to a file.
pub(super) fn write_frame(mut frame: DataFrame, path: &Path) -> Result<(), Error> {
    let mut bytes = Vec::new();
    let written = ParquetWriter::new(&mut bytes).finish(&mut frame);
    written.map_err(|source| Error::Table { path: path.to_owned(), source })?;
    Ok(store::place(path, &bytes)?)
}

/// Builds the columns of a table from its rows.
struct Columns<'r, R> {
    rows: &'r [R],
    columns: Vec<Column>,
}

impl<'r, R> Columns<'r, R> {
    fn of(rows: &'r [R]) -> Self {
        Self { rows, columns: Vec::new() }
    }

    /// Adds a column.
    fn column<T>(mut self, name: &str, value: impl Fn(&'r R) -> T) -> Self
    where
        Series: NamedFrom<Vec<T>, [T]>,
    {
        let values: Vec<T> = self.rows.iter().map(value).collect();
        self.columns.push(Column::new(name.into(), values));
        self
    }

    fn count(self, name: &str, value: impl Fn(&R) -> usize) -> Self {
        self.column(name, |row| value(row) as u64)
    }

    fn counted(self, name: &str, value: impl Fn(&R) -> Option<usize>) -> Self {
        self.column(name, |row| value(row).map(|count| count as u64))
    }

    /// Adds the columns of the axes, each of the narrowest type that holds all its values.
    fn axes(mut self, axes: impl Fn(&'r R) -> &'r [(Arc<str>, Value)]) -> Self {
        let names: Vec<_> = self.rows.iter().take(1).flat_map(&axes).map(|(name, _)| name).collect();
        for (at, name) in names.into_iter().enumerate() {
            let values: Vec<&str> = self.rows.iter().map(|row| axes(row)[at].1.as_str()).collect();
            self.columns.push(value::column(name, &values));
        }
        self
    }
}

fn plan(rows: &[PlanRow]) -> Vec<Column> {
    Columns::of(rows)
        .count("index", |row| row.index)
        .column("trial", |row| row.trial.as_str())
        .axes(|row| &row.axes)
        .column("seed", |row| row.seed)
        .count("parameters", |row| row.parameters)
        .column("training_flops", |row| row.training_flops)
        .columns
}

fn trials(rows: &[TrialRow]) -> Vec<Column> {
    Columns::of(rows)
        .column("trial", |row| row.trial.as_str())
        .count("index", |row| row.index)
        .column("family", |row| row.family.as_str())
        .count("steps", |row| row.steps)
        .count("hidden", |row| row.hidden)
        .column("sparsity", |row| row.sparsity)
        .column("discriminative_weight", |row| row.discriminative_weight)
        .column("seed", |row| row.seed)
        .count("parameters", |row| row.parameters)
        .column("status", |row| row.status.name())
        .counted("best_epoch", |row| row.best_epoch)
        .column("valid_error", |row| row.valid_error)
        .column("test_error", |row| row.test_error)
        .counted("test_images", |row| row.test_images)
        .axes(|row| &row.axes)
        .columns
}

fn epochs(rows: &[EpochRow]) -> Vec<Column> {
    Columns::of(rows)
        .column("trial", |row| row.trial.as_str())
        .count("phase", |row| row.phase)
        .count("epoch", |row| row.epoch)
        .column("rate", |row| row.rate)
        .column("train_loss", |row| row.train_loss)
        .column("train_reconstruction", |row| row.train_reconstruction)
        .column("train_sparsity", |row| row.train_sparsity)
        .column("train_class_loss", |row| row.train_class_loss)
        .column("train_error", |row| row.train_error)
        .column("valid_reconstruction", |row| row.valid_reconstruction)
        .column("valid_sparsity", |row| row.valid_sparsity)
        .column("valid_class_loss", |row| row.valid_class_loss)
        .column("valid_error", |row| row.valid_error)
        .column("active_fraction", |row| row.active_fraction)
        .column("live_fraction", |row| row.live_fraction)
        .columns
}

fn mistakes(rows: &[MistakeRow]) -> Vec<Column> {
    Columns::of(rows)
        .count("index", |row| row.index)
        .count("image", |row| row.image)
        .column("label", |row| row.label)
        .column("predicted", |row| row.predicted)
        .columns
}

fn conditions(rows: &[ConditionRow]) -> Vec<Column> {
    Columns::of(rows)
        .column("trial", |row| row.trial.as_str())
        .column("condition", |row| row.condition.as_str())
        .column("level", |row| row.level)
        .count("mistakes", |row| row.mistakes)
        .columns
}

fn provenance(rows: &[ProvenanceRow]) -> Vec<Column> {
    Columns::of(rows)
        .count("index", |row| row.index)
        .column("trial", |row| row.trial.as_str())
        .column("version", |row| row.version.as_str())
        .column("numerics", |row| u64::from(row.numerics))
        .column("commit", |row| row.commit.as_deref())
        .column("dirty", |row| row.dirty)
        .column("rustc", |row| row.rustc.as_deref())
        .column("lockfile", |row| row.lockfile.as_str())
        .column("binary", |row| row.binary.as_deref())
        .column("data", |row| row.data.as_str())
        .column("cpu", |row| row.cpu.as_str())
        .column("device", |row| row.device.name())
        .count("cores", |row| row.cores)
        .count("threads", |row| row.threads)
        .column("system", |row| row.system.as_str())
        .column("started", |row| row.started.as_str())
        .column("seconds", |row| row.seconds)
        .columns
}

#[cfg(test)]
mod tests {
    use std::fs;

    use polars_io::SerReader;
    use polars_io::parquet::read::ParquetReader;

    use super::*;

    const TRIALS: &str = "\
trial,index,family,steps,hidden,sparsity,discriminative_weight,seed,parameters,status,best_epoch,valid_error,test_error,test_images,training.batch,data.source,training.rate
drsae-1,0,drsae,2,3,0.005,1.0,18446744073709551615,45,complete,2,1.5,1.25,80,10,mnist,1
mlp-1,1,mlp,2,3,0.005,1.0,2,48,pending,,,,,20,strokes,0.5
";

    #[test]
    fn what_is_written_is_read_back_with_its_types() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tiny"), "name = \"tiny\"\n").unwrap();
        fs::write(store.table(Table::Trials), TRIALS).unwrap();
        fs::write(store.table(Table::Mistakes), "index,image,label,predicted\n").unwrap();
        let out = folder.path().join("out");
        let conditions = "trial,condition,level,mistakes\ndrsae-1,shift,2.0,17\n";
        fs::write(store.conditions_csv(), conditions).unwrap();
        assert_eq!(export(&store, &out).unwrap(), 3);

        let read = |name| ParquetReader::new(fs::File::open(out.join(name)).unwrap()).finish().unwrap();
        let trials = read("trials.parquet");
        let names: Vec<_> = TRIALS.lines().next().unwrap().split(',').collect();
        assert!(trials.get_column_names().into_iter().eq(names));
        let kind = |name: &str| trials.column(name).unwrap().dtype().clone();
        let kinds =
            ["trial", "index", "status", "test_error", "training.batch", "data.source", "training.rate"];
        let expected = [
            DataType::String,
            DataType::UInt64,
            DataType::String,
            DataType::Float64,
            DataType::Int64,
            DataType::String,
            DataType::Float64,
        ];
        assert_eq!(kinds.map(kind), expected);
        assert_eq!(trials.column("seed").unwrap().u64().unwrap().get(0), Some(u64::MAX));
        assert_eq!(
            trials.column("test_error").unwrap().f64().unwrap().iter().collect::<Vec<_>>(),
            [Some(1.25), None]
        );
        assert_eq!(read("mistakes.parquet").shape(), (0, 4));
        let conditions = read("conditions.parquet");
        assert_eq!(conditions.column("level").unwrap().f64().unwrap().get(0), Some(2.0));
        assert_eq!(conditions.column("mistakes").unwrap().u64().unwrap().get(0), Some(17));
    }

    #[test]
    fn an_unmerged_sweep_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("tiny"), "name = \"tiny\"\n").unwrap();
        let error = export(&store, folder.path()).unwrap_err();
        assert!(error.to_string().contains("drsae analyze"), "{error}");
    }
}
