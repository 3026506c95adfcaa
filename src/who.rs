//! Who gives a command. Every command that writes comes through [`actor`].

use anyhow::Result;
use store::users::Actor;
use store::{Action, Client};

/// `--as NAME`, to be flattened into the arguments of each command that writes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct As {
    /// Who does this: the name of a user
    #[arg(long = "as", value_name = "NAME", env = "METERLINE_USER", hide_env_values = true)]
    signer: Option<String>,
}

/// The user who is named and whose role permits the action; where no person has to sign and nobody is named, the
/// account of the operating system.
pub(crate) async fn actor(client: &Client, who: &As, action: Action) -> Result<Actor> {
    let named = who.signer.as_deref().filter(|name| !name.is_empty());
    Ok(store::users::actor(client, named, &machine(), action).await?)
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
