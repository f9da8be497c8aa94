//! The data frame of all cells: one row a cell, one column a setting or a measurement.

use polars::prelude::*;

use super::cells::CellRow;
use super::columns::{self, Order, ROW, SWEEP};
use super::filter::{Operand, Operator};
use super::{Error, Filter, settings};
use crate::stats::Spread;
use crate::value;

/// All cells, whatever they have in common.
pub fn of_cells(rows: &[CellRow]) -> PolarsResult<DataFrame> {
    let names: Vec<&str> = rows.iter().map(|row| row.sweep.as_str()).collect();
    let mut columns = vec![
        Column::new(ROW.into(), (0..rows.len() as u32).collect::<Vec<_>>()),
        Column::new(SWEEP.into(), names),
    ];
    for path in settings::paths(rows.iter().map(|row| &row.settings)) {
        let values: Vec<&str> =
            rows.iter().map(|row| row.setting(&path).map_or("", |value| value.as_str())).collect();
        columns.push(value::column(&path, &values));
    }
    columns.extend(measured(rows));
    DataFrame::new(rows.len(), columns)
}

/// The columns of sizes, errors and times.
pub fn measured(rows: &[CellRow]) -> Vec<Column> {
    let mean = |spread: Option<Spread>| spread.map(|spread| spread.mean);
    let sd = |spread: Option<Spread>| spread.and_then(|spread| spread.sd);
    let count = |name: &str, count: fn(&CellRow) -> usize| {
        Column::new(name.into(), rows.iter().map(|row| count(row) as u64).collect::<Vec<_>>())
    };
    let number = |name: &str, number: &dyn Fn(&CellRow) -> Option<f64>| {
        Column::new(name.into(), rows.iter().map(number).collect::<Vec<_>>())
    };
    vec![
        count("parameters", |row| row.summary.parameters),
        Column::new("training_flops".into(), rows.iter().map(|row| row.training_flops).collect::<Vec<_>>()),
        count("n", |row| row.summary.n),
        count("planned", |row| row.summary.n + row.summary.incomplete),
        number(columns::VALID, &|row| mean(row.summary.valid_error)),
        number("valid_error_sd", &|row| sd(row.summary.valid_error)),
        number("test_error", &|row| mean(row.summary.test_error)),
        number("test_error_sd", &|row| sd(row.summary.test_error)),
        number("seconds", &|row| row.seconds),
        Column::new(
            "trial".into(),
            rows.iter().map(|row| row.trials.first().map(String::as_str)).collect::<Vec<_>>(),
        ),
    ]
}

/// The rows that satisfy every condition, in the order.
pub fn select(frame: &DataFrame, filters: &[Filter], order: &Order) -> Result<DataFrame, Error> {
    if frame.column(&order.path).is_err() {
        let hint = columns::hint(&order.path, frame);
        return Err(Error::Column { path: order.path.clone(), hint });
    }
    let mut rows = frame.clone();
    for filter in filters {
        rows = rows.filter(&mask(&rows, filter)?)?;
    }
    let options = SortMultipleOptions::default()
        .with_order_descending(order.is_reversed)
        .with_nulls_last(true)
        .with_maintain_order(true);
    Ok(rows.sort([order.path.as_str()], options)?)
}

/// The rows that satisfy a condition. An absent value is unequal to every other, and in no order.
pub fn mask(frame: &DataFrame, filter: &Filter) -> Result<BooleanChunked, Error> {
    let operand = filter.operand(frame)?;
    let (column, is_equal) = (frame.column(&filter.path)?, filter.operator == Operator::Equal);
    Ok(match operand {
        Operand::Text(text) if is_equal => column.str()?.equal(text.as_str()),
        Operand::Text(text) => column.str()?.not_equal_missing(text.as_str()),
        Operand::Flag(flag) => {
            let (column, flag) = (column.bool()?, BooleanChunked::from_slice(PlSmallStr::EMPTY, &[flag]));
            if is_equal { column.equal(&flag) } else { column.not_equal_missing(&flag) }
        }
        Operand::Number(number) => {
            let column = column.cast(&DataType::Float64)?;
            let column = column.f64()?;
            match filter.operator {
                Operator::Equal => column.equal(number),
                Operator::Unequal => column.not_equal_missing(number),
                Operator::Less => column.lt(number),
                Operator::AtMost => column.lt_eq(number),
                Operator::Greater => column.gt(number),
                Operator::AtLeast => column.gt_eq(number),
            }
        }
    })
}

/// The positions of the rows of a frame among all cells.
pub fn positions(frame: &DataFrame) -> PolarsResult<Vec<usize>> {
    Ok(frame.column(ROW)?.u32()?.iter().flatten().map(|at| at as usize).collect())
}

/// True if all rows have the same value, or all have none.
pub fn is_constant(frame: &DataFrame, path: &str) -> PolarsResult<bool> {
    Ok(frame.column(path)?.n_unique()? <= 1)
}
