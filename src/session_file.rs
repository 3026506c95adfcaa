//! The token of `meterline login`, in a file that only its owner can read.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};

/// `$METERLINE_HOME/sessions/NAME`, else `~/.meterline/sessions/NAME`. A user's name holds no slash.
fn path(name: &str) -> Option<PathBuf> {
    let set = |variable| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(['/', '\\']);
    let home = set("METERLINE_HOME").or_else(|| Some(set("HOME")?.join(".meterline")))?;
    plain.then(|| home.join("sessions").join(name))
}

/// The token of a user's last log-in from here. One that others can read is no secret, and not used.
pub(crate) fn read(name: &str) -> Option<String> {
    let path = path(name)?;
    let mode = std::fs::metadata(&path).ok()?.permissions().mode();
    if mode & 0o077 != 0 {
        eprintln!("meterline: {} is readable by others and is not used", path.display());
        return None;
    }
    read_any(name)
}

/// The same, whoever can read it: to end a session it serves all the same.
pub(crate) fn read_any(name: &str) -> Option<String> {
    let token = std::fs::read_to_string(path(name)?).ok()?;
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}

/// Keeps a token; returns where.
pub(crate) fn write(name: &str, token: &str) -> Result<PathBuf> {
    let path = path(name).ok_or_else(|| anyhow!("neither METERLINE_HOME nor HOME is set"))?;
    let failed = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(failed)?;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .with_context(failed)?;
    // One that was there keeps its mode otherwise.
    file.set_permissions(Permissions::from_mode(0o600)).with_context(failed)?;
    writeln!(file, "{token}").with_context(failed)?;
    Ok(path)
}

/// Takes a token's file away, if there is one.
pub(crate) fn remove(name: &str) -> Result<()> {
    let Some(path) = path(name) else { return Ok(()) };
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}
