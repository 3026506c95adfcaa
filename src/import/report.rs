//! What an import prints: how many rows were new, or what is wrong with which.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use metering::Language;
use office::import::{Counts, MOST};
use serde_json::json;
use sheets::{Audience, Fault};

use super::Arguments;
use crate::app::App;
use crate::outcome::Outcome;
use crate::table::{AnswerFormat, Format, Table};

/// Prints how many rows were what. The errors of an earlier try go away.
pub(super) fn taken(app: &App, arguments: &Arguments, file: &Path, counts: Counts) -> Result<Outcome> {
    let errors = errors_file(file);
    if let Err(error) = std::fs::remove_file(&errors)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error).with_context(|| format!("{} cannot be removed", errors.display()));
    }
    let Counts { new, changed, unchanged } = counts;
    if arguments.format == AnswerFormat::Json {
        let dry_run = arguments.dry_run;
        let answer =
            json!({ "ok": true, "new": new, "changed": changed, "unchanged": unchanged, "dry_run": dry_run });
        outln!("{answer}");
        return Ok(Outcome::Done);
    }
    let dry = match (arguments.dry_run, app.language) {
        (false, _) => "",
        (true, Language::En) => " (dry run: nothing was kept)",
        (true, Language::Zh) => "（试运行，未保存）",
    };
    match app.language {
        Language::En => outln!("{new} new, {changed} changed, {unchanged} unchanged{dry}"),
        Language::Zh => outln!("新增 {new}，修改 {changed}，未变 {unchanged}{dry}"),
    }
    Ok(Outcome::Done)
}

/// Prints what is wrong with the file, also into `FILE.errors.csv`.
pub(super) fn refused(app: &App, arguments: &Arguments, file: &Path, faults: &[Fault]) -> Result<Outcome> {
    let errors = errors_file(file);
    let table = table(faults, app.language);
    if arguments.format == AnswerFormat::Json {
        outln!("{}", as_json(faults));
    } else {
        table.write(Format::Table, &mut std::io::stderr().lock())?;
    }
    write_errors(&table, &errors)?;
    let more = if faults.len() >= MOST { app.language.pick(" or more", " 处以上") } else { "" };
    let (count, errors) = (faults.len(), errors.display());
    match app.language {
        Language::En => eprintln!("meterline: nothing was imported: {count}{more} errors, also in {errors}"),
        Language::Zh => eprintln!("meterline：未导入任何数据：{count}{more} 处错误，另见 {errors}"),
    }
    Ok(Outcome::NotSo)
}

fn table(faults: &[Fault], language: Language) -> Table {
    let mut table = Table::new()
        .number("row", language.pick("row", "行"))
        .text("column", language.pick("column", "列"))
        .text("value", language.pick("value", "值"))
        .text("rule", language.pick("rule", "规则"))
        .text("message", language.pick("what to do", "说明"));
    for fault in faults {
        table.row([
            fault.row.to_string(),
            fault.column.clone(),
            fault.value.clone(),
            fault.rule.name().to_owned(),
            fault.rule.describe(language),
        ]);
    }
    table
}

fn as_json(faults: &[Fault]) -> serde_json::Value {
    let errors: Vec<_> = faults
        .iter()
        .map(|fault| {
            json!({ "row": fault.row, "column": fault.column, "value": fault.value, "rule": fault.rule.name(),
                    "message": fault.rule.describe(Language::En) })
        })
        .collect();
    json!({ "ok": false, "errors": errors })
}

/// What stands there came from a file of somebody: a spreadsheet must not run it.
fn write_errors(table: &Table, path: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    table.write_csv(Audience::Spreadsheet, &mut bytes)?;
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

fn errors_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".errors.csv");
    PathBuf::from(name)
}
