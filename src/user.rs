//! `meterline user`: who may use the program, and as what.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use metering::Zone;
use office::{Caller, Office, user as deeds};
use store::{Role, UserRole, users};

use crate::app::App;
use crate::outcome::Outcome;
use crate::servers;
use crate::table::{Output, Table};
use crate::who::{self, As};

/// The arguments of `meterline user`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline user add li.wei --role clerk\n  \
                  meterline user add wang.fang --role supervisor --as admin\n  \
                  printf '%s\\n' \"$PASSWORD\" | meterline user passwd li.wei")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Add a user
    Add {
        /// A small letter first, then up to 31 of a-z 0-9 _ . -
        name: String,
        /// clerk, supervisor, cashier, operator, auditor or admin
        #[arg(long)]
        role: UserRole,
        #[command(flatten)]
        who: As,
    },
    /// Who is there
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Give a user another role
    Role {
        /// The user
        name: String,
        /// clerk, supervisor, cashier, operator, auditor or admin
        #[arg(long)]
        role: UserRole,
        #[command(flatten)]
        who: As,
    },
    /// Take every right from a user, and end their sessions; the name stays in the documents
    Disable {
        /// The user
        name: String,
        #[command(flatten)]
        who: As,
    },
    /// Give a disabled user their role again
    Enable {
        /// The user
        name: String,
        #[command(flatten)]
        who: As,
    },
    /// Set a password: asked for, or the first line of standard input. The name alone is not believed any more
    Passwd {
        /// The user
        name: String,
        #[command(flatten)]
        who: As,
    },
}

/// Does the step.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let who = match &args.step {
        Step::List { output } => {
            let client = servers::connect(&app.settings, Role::Billing).await?;
            list(app, &app.settings.zone()?, &users::list(&client).await?)
                .print_list(app.language, output)?;
            return Ok(Outcome::Done);
        }
        Step::Add { who, .. }
        | Step::Role { who, .. }
        | Step::Disable { who, .. }
        | Step::Enable { who, .. }
        | Step::Passwd { who, .. } => who,
    };
    let office = who::office(app)?;
    let by = who::caller(app, &office, who).await?;
    let (en, zh) = change(app, &office, &by, &args.step).await?;
    outln!("{}", app.language.pick(en, zh));
    Ok(Outcome::Done)
}

/// Carries out a change of users; what to say of it.
async fn change(
    app: &App,
    office: &Office,
    by: &Caller,
    step: &Step,
) -> Result<(&'static str, &'static str)> {
    Ok(match step {
        Step::List { .. } => ("", ""),
        Step::Add { name, role, .. } => {
            deeds::add(office, by, name, *role).await?;
            ("added", "已添加")
        }
        Step::Role { name, role, .. } => {
            deeds::change_role(office, by, name, *role).await?;
            ("role changed", "角色已更改")
        }
        Step::Disable { name, .. } => {
            deeds::disable(office, by, name).await?;
            ("disabled", "已停用")
        }
        Step::Enable { name, .. } => {
            deeds::enable(office, by, name).await?;
            ("enabled", "已启用")
        }
        Step::Passwd { name, .. } => {
            let prompt = format!("{} {name}", app.language.pick("new password of", "新密码："));
            deeds::set_password(office, by, name, &password(&prompt)?).await?;
            ("password set", "密码已设置")
        }
    })
}

fn list(app: &App, zone: &Zone, users: &[users::User]) -> Table {
    let head = |en, zh| app.language.pick(en, zh);
    let mut table = Table::new()
        .text("name", head("name", "用户"))
        .word("role", head("role", "角色"), app.language)
        .text("password", head("password", "密码"))
        .time("created_at", head("added", "创建时间"), zone)
        .time("disabled_at", head("disabled", "停用时间"), zone);
    for user in users {
        table.row([
            user.name.clone(),
            user.role.name().to_owned(),
            if user.has_password { head("yes", "有") } else { head("no", "无") }.to_owned(),
            user.created_at.to_string(),
            user.disabled_at.map_or_else(String::new, |at| at.to_string()),
        ]);
    }
    table
}

/// One line of standard input; on a terminal, asked for and not shown.
pub(crate) fn password(prompt: &str) -> Result<String> {
    let stdin = io::stdin();
    let terminal = stdin.is_terminal();
    if terminal {
        eprint!("{prompt}: ");
        io::stderr().flush()?;
        echo(false);
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if terminal {
        echo(true);
        eprintln!();
    }
    read.context("the password cannot be read")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("no password on standard input");
    }
    Ok(password.to_owned())
}

/// Whether the terminal shows what is typed. Where `stty` is missing it goes on showing it.
fn echo(shown: bool) {
    let word = if shown { "echo" } else { "-echo" };
    let _ = Command::new("stty").arg(word).stdin(Stdio::inherit()).status();
}
