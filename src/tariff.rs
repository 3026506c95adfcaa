//! `meterline tariff`: documents tested, quoted and shown. Rating is `billing`'s; here are files and the screen.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use billing::rating::{Input, explain, rate};
use billing::tariff::{Case, Tariff};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::app::App;
use crate::outcome::{Outcome, Unusable};
use crate::tariff_publish;
use metering::Language;

/// Arguments of `meterline tariff`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  meterline tariff test cases.jsonl\n  \
    meterline tariff quote tariff.json --input input.json --explain\n  meterline tariff show RES-WATER\n  \
    meterline tariff publish tariff.json --as wang")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Rate the cases of files and tell what differs
    Test {
        /// Files of cases, one JSON object a line
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Rate one bill: lines and total as JSON
    Quote {
        /// The tariff document
        tariff: PathBuf,
        /// Quantities and facts, as in a case's `input`
        #[arg(long, value_name = "INPUT.json")]
        input: PathBuf,
        /// Tell each line in one sentence
        #[arg(long)]
        explain: bool,
    },
    /// Show a tariff as a table to lay beside the printed notice
    Show {
        /// The tariff document, or the code of a published one
        tariff: PathBuf,
    },
    /// Publish a document whose examples come out; the open version before it ends where it begins
    Publish(tariff_publish::Publish),
    /// What is published
    List(tariff_publish::List),
}

/// Runs `meterline tariff`.
pub(crate) fn run(
    arguments: &Arguments,
    language: Language,
    app: impl Fn() -> anyhow::Result<App>,
) -> anyhow::Result<Outcome> {
    match &arguments.task {
        Task::Publish(args) => app()?.block_on(async |app| tariff_publish::publish(app, args).await),
        Task::List(args) => app()?.block_on(async |app| tariff_publish::list(app, args).await),
        Task::Test { files } => test(files),
        Task::Quote { tariff, input, explain } => quote(tariff, input, *explain, language),
        Task::Show { tariff } => {
            let published = match tariff.to_str().filter(|_| !tariff.exists()) {
                Some(code) => app()?.block_on(async |app| tariff_publish::published(app, code).await)?,
                None => None,
            };
            let shown = match published {
                Some(version) => {
                    let mut shown =
                        Tariff::from_json(&version.document).map_err(|refused| unusable(tariff, &refused))?;
                    // A version that follows has closed it.
                    shown.valid_to = version.to;
                    shown
                }
                None if !tariff.exists() => {
                    return Err(unusable(
                        tariff,
                        &"no published tariff has this code, and no file this name",
                    )
                    .into());
                }
                None => document(tariff)?,
            };
            out!("{}", documents::tariff::show(&shown, language));
            Ok(Outcome::Done)
        }
    }
}

/// Rates every case; a case that can't be read has failed, a file that can't be read is no input at all.
fn test(files: &[PathBuf]) -> anyhow::Result<Outcome> {
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for file in files {
        for (n, line) in read(file)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (id, differences) = match Case::from_json(line) {
                Ok(case) => (case.id.clone(), case.differences().iter().map(ToString::to_string).collect()),
                Err(refused) => (Case::id_in(line).unwrap_or_default(), vec![refused.to_string()]),
            };
            if differences.is_empty() {
                passed += 1;
                continue;
            }
            failed += 1;
            let id = if id.is_empty() { format!("{}:{}", file.display(), n + 1) } else { id };
            outln!("{id}: {}", differences.join("; "));
        }
    }
    outln!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { Outcome::Done } else { Outcome::NotSo })
}

/// Rates one bill.
fn quote(tariff: &Path, input: &Path, explains: bool, language: Language) -> anyhow::Result<Outcome> {
    let tariff = document(tariff)?;
    let input = Input::from_json(&read(input)?).map_err(|refused| unusable(input, &refused))?;
    let bill = rate(&tariff, &input).context("this bill can't be rated")?;
    let mut out = bill.to_json();
    if explains && let Some(lines) = out.get_mut("lines").and_then(Value::as_array_mut) {
        for (told, line) in lines.iter_mut().zip(&bill.lines) {
            if let Some(told) = told.as_object_mut() {
                told.insert("explanation".into(), json!(explain(&tariff, &input, line, language)));
            }
        }
    }
    outln!("{}", serde_json::to_string_pretty(&out)?);
    Ok(Outcome::Done)
}

/// Reads a tariff document.
fn document(path: &Path) -> anyhow::Result<Tariff> {
    Ok(Tariff::from_json(&read(path)?).map_err(|refused| unusable(path, &refused))?)
}

fn read(path: &Path) -> anyhow::Result<String> {
    Ok(fs::read_to_string(path).map_err(|error| unusable(path, &error))?)
}

fn unusable(path: &Path, why: &dyn std::fmt::Display) -> Unusable {
    Unusable(format!("{}: {why}", path.display()))
}
