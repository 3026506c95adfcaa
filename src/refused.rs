//! How an error is said on the command line: a refusal in the reader's language, with the command that mends it.

use std::error::Error;

use documents::refusal::say;
use jobs::bill_run::BillError;
use jobs::worker::DrainError;
use metering::Language;
use metering::refusal::Mend;
use office::Refusal;
use store::{ConnectError, SqlError};

/// The text of an error and its causes.
pub(crate) fn text(error: anyhow::Error, language: Language) -> String {
    let error = match error.downcast::<BillError>() {
        Ok(error) => Refusal::from(error).into(),
        Err(error) => error,
    };
    let parts = error.chain().map(|cause| match refusal(cause) {
        Some(refusal) => {
            let hints: Vec<_> = refusal.mends().iter().filter_map(|mend| hint(*mend)).collect();
            match hints.as_slice() {
                [] => say(&refusal, language),
                hints => format!("{} ({})", say(&refusal, language), hints.join(", ")),
            }
        }
        None => cause.to_string(),
    });
    parts.collect::<Vec<_>>().join(": ")
}

/// Which refusal an error of the house is.
fn refusal(cause: &(dyn Error + 'static)) -> Option<Refusal> {
    fn of<'e, E: Error + 'static>(cause: &'e (dyn Error + 'static)) -> Option<Refusal>
    where
        Refusal: From<&'e E>,
    {
        cause.downcast_ref::<E>().map(Refusal::from)
    }
    let refusal = cause.downcast_ref::<Refusal>().cloned();
    refusal
        .or_else(|| of::<ConnectError>(cause))
        .or_else(|| of::<SqlError>(cause))
        .or_else(|| of::<::ingest::RunError>(cause))
        .or_else(|| match cause.downcast_ref()? {
            DrainError::Connect(source) => Some(source.into()),
            DrainError::Sql(source) => Some(source.into()),
        })
}

/// The command line's own way to what helps. Other callers have theirs.
const fn hint(mend: Mend) -> Option<&'static str> {
    match mend {
        Mend::NameYourself => Some("--as NAME, METERLINE_USER"),
        Mend::SignIn => Some("meterline login NAME"),
        Mend::StartServer => Some("meterline db status, meterline db up"),
        Mend::NameServer => Some("DATABASE_URL, MQTT_URL"),
        Mend::MakeDatabase => Some("createdb, then meterline migrate"),
        Mend::Migrate => Some("meterline migrate"),
        Mend::BrokerQueues => Some("--no-probe leaves this test out"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};
    use metering::refusal::Why;

    use super::*;

    #[test]
    fn an_error_of_the_house_is_said_as_its_refusal_with_the_commands_that_help() {
        let refusal = Refusal::new(Why::NoServer, "database");
        let said = text(refusal.clone().into(), Language::En);
        assert_eq!(
            said,
            "no database is named, and no private one runs; see that it is up; check address, user and password \
             (meterline db status, meterline db up, DATABASE_URL, MQTT_URL)"
        );
        assert!(text(refusal.into(), Language::Zh).starts_with("没有指定数据库"));
        let spool = ::ingest::RunError::Spool("/nowhere".into(), std::io::Error::other("no room"));
        assert_eq!(text(spool.into(), Language::Zh), "暂存目录 /nowhere 不可用：no room；请更正设置");
        let bill = BillError::Settings("x".into());
        assert!(text(bill.into(), Language::En).starts_with("a setting cannot be used: x"));
        let other = Err::<(), _>(anyhow!("b")).context("a").unwrap_err();
        assert_eq!(text(other, Language::En), "a: b");
    }
}
