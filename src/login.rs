//! `meterline login`: begin a session, so that `--as` need not ask for the password each time.

use anyhow::Result;
use office::{Proof, user};

use crate::app::App;
use crate::outcome::Outcome;
use crate::who;
use crate::{session_file, user as users};

/// The arguments of `meterline login`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline login wang\n  \
                  printf '%s\\n' \"$PASSWORD\" | meterline login wang")]
pub(crate) struct Arguments {
    /// The user; the password is asked for, or is the first line of standard input
    name: String,
}

/// Signs in, and keeps the token in a file that only this account can read.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let office = who::office(app)?;
    let mut caller = who::nobody(app)?;
    caller.name = Some(args.name.clone());
    caller.proof = Proof::Password(users::password(app.language.pick("password", "密码"))?);
    let begun = user::login(&office, &caller).await?;
    let path = session_file::write(&args.name, &begun.token)?;
    let until = office.zone().civil(begun.ends_at);
    outln!("{} {until} ({})", app.language.pick("signed in until", "登录有效期至"), path.display());
    Ok(Outcome::Done)
}
