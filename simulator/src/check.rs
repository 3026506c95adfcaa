//! The sender's ledger against the stored readings, as sets.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::BufRead;

use rust_decimal::Decimal;

use crate::ledger::{Expected, Ledger, LedgerError};

/// Why the two could not be compared.
#[derive(Debug)]
pub enum CheckError {
    /// The ledger.
    Ledger(LedgerError),
    /// The export of the readings.
    Export {
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(source) => source.fmt(f),
            Self::Export { line, problem } => write!(f, "readings export line {line}: {problem}"),
        }
    }
}

impl std::error::Error for CheckError {}

impl From<LedgerError> for CheckError {
    fn from(source: LedgerError) -> Self {
        Self::Ledger(source)
    }
}

/// What the comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Frames in the ledger.
    pub sent: u64,
    /// Of these, acknowledged.
    pub acked: u64,
    /// Distinct readings that must be stored.
    pub must: u64,
    /// Of these, not stored.
    pub lost: Vec<String>,
    /// Keys stored more than once.
    pub double: Vec<String>,
    /// Stored with a value that was never sent.
    pub wrong: Vec<String>,
    /// Stored for a meter of the fleet, and never sent.
    pub invented: Vec<String>,
    /// Frames by what they were expected to become.
    pub expected: [u64; 4],
}

impl Verdict {
    /// Nothing lost, doubled, bent or invented.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.double.is_empty() && self.wrong.is_empty() && self.invented.is_empty()
    }
}

type Key = (String, String, String);

/// Compares ledgers with the CSV of `meterline readings export` (columns serial, register, time, value, …).
/// Only the registers that the ledger names are looked at: what else a frame carries (temperatures, a battery's
/// voltage) and what came through other doors (imports, polls) is not its business.
pub fn check(
    ledgers: impl IntoIterator<Item = impl BufRead>,
    export: impl BufRead,
) -> Result<Verdict, CheckError> {
    let mut verdict = Verdict::default();
    let mut must: HashMap<Key, Decimal> = HashMap::new();
    let mut may: HashMap<Key, Vec<Decimal>> = HashMap::new();
    let mut known: HashSet<(String, String)> = HashSet::new();
    for entry in ledgers.into_iter().flat_map(Ledger::read) {
        let entry = entry?;
        verdict.sent += 1;
        verdict.acked += u64::from(entry.acked);
        verdict.expected[entry.expected as usize] += 1;
        if entry.expected == Expected::Rejected {
            continue;
        }
        for (serial, register, time, value) in entry.readings {
            known.insert((serial.clone(), register.clone()));
            let key = (serial, register, time);
            let value: Decimal = value
                .parse()
                .map_err(|_| CheckError::Export { line: 0, problem: format!("ledger value {value:?}") })?;
            if entry.acked && entry.expected == Expected::Stored {
                must.insert(key.clone(), value);
            }
            may.entry(key).or_default().push(value);
        }
    }
    verdict.must = must.len() as u64;
    let mut seen: HashSet<Key> = HashSet::new();
    for (n, line) in export.lines().enumerate().skip(1) {
        let line = line.map_err(|source| CheckError::Ledger(source.into()))?;
        let broken = |problem: &str| CheckError::Export { line: n + 1, problem: problem.to_owned() };
        let mut columns = line.split(',');
        let mut next = |name: &str| columns.next().ok_or_else(|| broken(&format!("no column {name}")));
        let key = (next("serial")?.to_owned(), next("register")?.to_owned(), next("time")?.to_owned());
        let value: Decimal = next("value")?.parse().map_err(|_| broken("value is no number"))?;
        if !known.contains(&(key.0.clone(), key.1.clone())) {
            continue;
        }
        let name = || format!("{} {} {} = {value}", key.0, key.1, key.2);
        match may.get(&key) {
            None => verdict.invented.push(name()),
            Some(values) if !values.contains(&value) => verdict.wrong.push(name()),
            Some(_) => {}
        }
        must.remove(&key);
        if !seen.insert(key.clone()) {
            verdict.double.push(name());
        }
    }
    verdict.lost =
        must.into_iter().map(|(key, value)| format!("{} {} {} = {value}", key.0, key.1, key.2)).collect();
    verdict.lost.sort();
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEDGER: &str = r#"{"n":0,"door":"mqtt","channel":"t","hex":"00","expected":"stored","readings":[["W1","8-0:1.0.0","2026-10-01T00:00:00Z","1.50"]],"acked":true}
{"n":1,"door":"mqtt","channel":"t","hex":"01","expected":"stored","readings":[["W1","8-0:1.0.0","2026-10-01T01:00:00Z","1.60"]],"acked":false}
"#;

    fn verdict(rows: &[&str]) -> Verdict {
        let export = format!("serial,register,time,value\n{}\n", rows.join("\n"));
        check([LEDGER.as_bytes()], export.trim_end().as_bytes()).unwrap()
    }

    #[test]
    fn what_was_not_acknowledged_may_be_missing() {
        assert!(verdict(&["W1,8-0:1.0.0,2026-10-01T00:00:00Z,1.5"]).is_clean());
    }

    #[test]
    fn lost_double_wrong_and_invented_are_told_apart() {
        assert_eq!(verdict(&["W9,8-0:1.0.0,2026-10-01T00:00:00Z,1"]).lost.len(), 1);
        let row = "W1,8-0:1.0.0,2026-10-01T00:00:00Z,1.5";
        assert_eq!(verdict(&[row, row]).double.len(), 1);
        assert_eq!(verdict(&["W1,8-0:1.0.0,2026-10-01T00:00:00Z,1.7"]).wrong.len(), 1);
        assert_eq!(verdict(&[row, "W1,8-0:1.0.0,2026-10-01T09:00:00Z,1.7"]).invented.len(), 1);
    }
}
