//! Who gives a command. Every command that writes comes to the office as a [`Caller`].

use std::io::{self, IsTerminal as _};

use anyhow::Result;
use jiff::Timestamp;
use office::import::Terms;
use office::{Caller, Office, Proof, user};
use store::Role;

use crate::app::App;
use crate::{servers, session_file};

/// Connections of a command: its deed's, and one to note a wrong password.
const CONNECTIONS: usize = 2;

/// `--as NAME`, to be flattened into the arguments of each command that writes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct As {
    /// Who does this: the name of a user
    #[arg(long = "as", value_name = "NAME", env = "METERLINE_USER", hide_env_values = true)]
    signer: Option<String>,
}

/// The room of the deeds, on this command's database.
pub(crate) fn office(app: &App) -> Result<Office> {
    let pool = store::pool(&servers::database_url(&app.settings)?, Role::Billing, CONNECTIONS)?;
    let (settings, billing) = (app.settings.section("office")?, app.settings.section("billing")?);
    Ok(Office::new(pool, app.settings.zone()?, settings, billing).importing(import_terms(app)?))
}

/// What imports need to know: files of readings are asked what frames are asked.
fn import_terms(app: &App) -> Result<Terms> {
    let utility = &app.settings.utility;
    let doors: ::ingest::Settings = app.settings.section("ingest")?;
    let times = doors.times(Timestamp::UNIX_EPOCH);
    Ok(Terms {
        company_code: utility.company_code.clone(),
        company_name: utility.company_name.clone(),
        currency: utility.currency.clone(),
        future: times.future,
        oldest: times.oldest,
    })
}

/// Whoever is named, with what proves it: the session of `meterline login`, else the password, asked for on a terminal if
/// there is one.
pub(crate) async fn caller(app: &App, office: &Office, who: &As) -> Result<Caller> {
    let mut caller = nobody(app)?;
    let Some(name) = who.signer.as_deref().filter(|name| !name.is_empty()) else { return Ok(caller) };
    caller.name = Some(name.to_owned());
    if let Some(token) = session_file::read(name) {
        caller.proof = Proof::Token(token);
    }
    if user::has_to_prove(office, &caller).await? {
        caller.proof = Proof::Name;
        if io::stdin().is_terminal() {
            let prompt = app.language.pick("password of", "密码：");
            caller.proof = Proof::Password(crate::user::password(&format!("{prompt} {name}"))?);
        }
    }
    Ok(caller)
}

/// The account of this machine, naming nobody.
pub(crate) fn nobody(app: &App) -> Result<Caller> {
    let settings: office::OfficeSettings = app.settings.section("office")?;
    Ok(Caller {
        name: None,
        proof: Proof::Name,
        os_account: machine(),
        language: app.language,
        now: settings.now.unwrap_or_else(Timestamp::now),
        key: None,
    })
}

/// The account that the program runs under: its name where the environment tells it, else its number.
fn machine() -> String {
    use std::os::unix::fs::MetadataExt as _;
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .or_else(|| std::fs::metadata("/proc/self").ok().map(|process| format!("uid-{}", process.uid())))
        .unwrap_or_else(|| "unknown".to_owned())
}
