//! `meterline doctor`: what is missing here, and what mends it.

mod check;
mod database;
mod machine;

use std::path::Path;

use anyhow::Result;

use self::check::{Check, State};
use crate::app::App;
use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::table::{Format, Table};
use metering::Language;

/// The arguments of `meterline doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline doctor\n  meterline doctor --format json\n\n\
                        Exit status 1 if something is not as it should be.")]
pub(crate) struct Arguments {
    /// For people or programs
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// Looks at everything, also after the first thing that is wrong.
pub(crate) fn run(config: Option<&Path>, arguments: &Arguments, language: Language) -> Result<Outcome> {
    let (settings, mut checks) = match Settings::load(config) {
        Ok(settings) => {
            let file = settings.file().map_or_else(|| "-".to_owned(), |file| file.display().to_string());
            (settings, vec![Check::right("settings", file)])
        }
        Err(error) => {
            let mend = "correct the file, or name another with --config";
            (Settings::default(), vec![Check::wrong("settings", format!("{error:#}"), mend)])
        }
    };
    let app = App { settings, language, asked: None };
    checks.push(machine::zone(&app.settings));
    checks.push(machine::locale());
    checks.push(machine::tools());
    checks.extend(app.block_on(async |app| Ok(database::checks(&app.settings).await))?);
    checks.push(machine::broker(&app.settings));
    checks.extend(machine::disk());
    checks.extend(machine::ports(&app.settings));
    print(&checks, arguments.format, language)?;
    let all_right = checks.iter().all(|check| !matches!(check.state, State::Wrong { .. }));
    Ok(if all_right { Outcome::Done } else { Outcome::NotSo })
}

fn print(checks: &[Check], format: Format, language: Language) -> Result<()> {
    let mut table = Table::new()
        .text("check", language.pick("check", "检查项"))
        .text("state", language.pick("state", "状态"))
        .text("found", language.pick("found", "现状"))
        .text("mend", language.pick("what mends it", "如何修复"));
    for check in checks {
        let (state, mend) = match check.state {
            State::Right => (language.pick("ok", "正常"), ""),
            State::Wrong { mend } => (language.pick("WRONG", "异常"), mend),
        };
        table.row([check.name, state, check.found.as_str(), mend]);
    }
    table.print(format)?;
    Ok(())
}
