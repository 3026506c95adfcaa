//! `meterline logout`: end the session of `meterline login`.

use anyhow::Result;
use metering::refusal::Why;
use office::{Proof, user};

use crate::app::App;
use crate::outcome::Outcome;
use crate::{session_file, who};

/// The arguments of `meterline logout`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  meterline logout wang")]
pub(crate) struct Arguments {
    /// The user
    name: String,
}

/// Ends the session and takes its file away. While the database is not there the file stays: it is what ends the session.
pub(crate) async fn run(app: &App, args: &Arguments) -> Result<Outcome> {
    let pick = |en, zh| app.language.pick(en, zh);
    let Some(token) = session_file::read_any(&args.name) else {
        outln!("{}", pick("there is no session here", "此处没有登录"));
        return Ok(Outcome::Done);
    };
    let office = who::office(app)?;
    let mut caller = who::nobody(app)?;
    caller.name = Some(args.name.clone());
    caller.proof = Proof::Token(token);
    match user::logout(&office, &caller).await {
        Err(refusal) if refusal.why != Why::SessionEnded => return Err(refusal.into()),
        _ => session_file::remove(&args.name)?,
    }
    outln!("{}", pick("signed out", "已退出登录"));
    Ok(Outcome::Done)
}
