//! What an import says: how many rows were new, or what is wrong with which.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use sheets::{Audience, Fault};

use super::Arguments;
use super::take::Answer;
use crate::app::App;
use crate::outcome::Outcome;
use crate::table::{AnswerFormat, Format, Table};
use metering::Language;

/// More errors than these are one error many times.
pub(crate) const MOST: usize = 100;

/// Prints the answer; errors also into `FILE.errors.csv`, which goes away when the file is taken.
pub(crate) fn print(app: &App, arguments: &Arguments, file: &Path, answer: &Answer) -> Result<Outcome> {
    let errors = errors_file(file);
    match answer {
        Answer::Taken(counts) => {
            if let Err(error) = std::fs::remove_file(&errors)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                return Err(error).with_context(|| format!("{} cannot be removed", errors.display()));
            }
            match arguments.format {
                AnswerFormat::Json => outln!(
                    "{}",
                    json!({ "ok": true, "new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged,
                            "dry_run": arguments.dry_run })
                ),
                AnswerFormat::Table => {
                    let dry = if arguments.dry_run {
                        app.language.pick(" (dry run: nothing was kept)", "（试运行，未保存）")
                    } else {
                        ""
                    };
                    match app.language {
                        Language::En => {
                            outln!(
                                "{} new, {} changed, {} unchanged{dry}",
                                counts.new,
                                counts.changed,
                                counts.unchanged
                            );
                        }
                        Language::Zh => {
                            outln!(
                                "新增 {}，修改 {}，未变 {}{dry}",
                                counts.new,
                                counts.changed,
                                counts.unchanged
                            );
                        }
                    }
                }
            }
            Ok(Outcome::Done)
        }
        Answer::Refused(faults) => {
            let table = table(faults, app.language);
            if arguments.format == AnswerFormat::Json {
                outln!("{}", as_json(faults));
            } else {
                table.write(Format::Table, &mut std::io::stderr().lock())?;
            }
            write_errors(&table, &errors)?;
            let more = if faults.len() >= MOST { app.language.pick(" or more", " 处以上") } else { "" };
            match app.language {
                Language::En => eprintln!(
                    "meterline: nothing was imported: {}{more} errors, also in {}",
                    faults.len(),
                    errors.display()
                ),
                Language::Zh => {
                    eprintln!(
                        "meterline：未导入任何数据：{}{more} 处错误，另见 {}",
                        faults.len(),
                        errors.display()
                    );
                }
            }
            Ok(Outcome::NotSo)
        }
    }
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
