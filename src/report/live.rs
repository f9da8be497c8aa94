//! A page of a sweep that runs. It renews itself, without a server, until the sweep has ended.

use serde::Serialize;

use super::Error;
use super::page::{PageTable, fill};
use crate::analysis::TableView;

/// The data of the page.
#[derive(Serialize)]
pub struct LivePage<'p> {
    /// Name of the sweep.
    pub name: &'p str,
    /// Its question.
    pub question: &'p str,
    /// Numbers of trials by state, and the time left.
    pub line: String,
    /// Time of this status.
    pub time: String,
    /// True if no trial runs and none is pending: the page stays as it is.
    pub has_ended: bool,
    /// The running trials.
    pub running: TableView,
    /// Warnings, and errors of trials that failed.
    pub messages: Vec<String>,
}

#[derive(Serialize)]
struct Filled<'p> {
    #[serde(flatten)]
    page: &'p LivePage<'p>,
    /// The running trials, if there are any.
    table: Option<PageTable>,
}

/// The page.
///
/// # Errors
/// The template cannot be filled in.
pub fn live_page(page: &LivePage<'_>) -> Result<String, Error> {
    let is_running = !page.running.rows.is_empty();
    let table = is_running.then(|| PageTable::of(page.running.clone(), "running"));
    fill(include_str!("live.html"), &Filled { page, table })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(has_ended: bool) -> String {
        let running = TableView {
            name: "running trials",
            caption: String::new(),
            head: vec!["running".to_owned(), "epoch".to_owned()],
            texts: 1,
            rows: vec![vec!["λ=0.005 T=5 seed 1".to_owned(), "3/35".to_owned()]],
            file: None,
        };
        let (line, time) = ("depth: 3 trials".to_owned(), "2026-01-01 12:00:00".to_owned());
        let messages = vec!["a <failed> trial".to_owned()];
        live_page(&LivePage { name: "depth", question: "Why?", line, time, has_ended, running, messages })
            .unwrap()
    }

    #[test]
    fn a_page_renews_itself_until_the_sweep_has_ended() {
        let running = page(false);
        assert!(
            running.contains("http-equiv=\"refresh\"") && running.contains("λ=0.005 T=5 seed 1"),
            "{running}"
        );
        assert!(running.contains("a &lt;failed&gt; trial"), "{running}");
        let ended = page(true);
        assert!(!ended.contains("http-equiv=\"refresh\"") && ended.contains("has ended"), "{ended}");
    }
}
