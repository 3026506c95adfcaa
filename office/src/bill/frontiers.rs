//! Register ends, gaps and tier counters, counted anew from what bills hold and held against the tables.

use std::collections::HashMap;

use billing::content::Content;
use billing::frontier::{Frontier, Stretch, merged};
use rust_decimal::Decimal;
use smol_str::SmolStr;
use store::bills::{Bill, BillKind, BillState};
use store::derived::{self, CounterKey, Difference};
use store::{GenericClient, SqlError};

/// Rows of a table at once.
const PAGE: i64 = 10_000;

/// The most differences that are worth printing.
const MOST: usize = 1_000;

/// What all bills make of registers and counters.
#[derive(Debug, Default)]
pub struct Frontiers {
    registers: HashMap<(i32, i16), Frontier>,
    counters: HashMap<CounterKey, Decimal>,
}

impl Frontiers {
    /// Adds a document.
    pub fn take(&mut self, bill: &Bill, content: &Content) {
        let stands = match (bill.kind, bill.state) {
            (BillKind::Reversal, _) | (_, BillState::Trial) => return,
            (_, state) => state == BillState::Issued,
        };
        for time in &content.registers {
            let key = (time.installation.get(), time.register.get());
            let frontier = self.registers.entry(key).or_default();
            if stands {
                frontier.stands(time.end, bill.id);
            } else {
                frontier.taken_back(time.end);
            }
        }
        for moved in content.counters.iter().filter(|_| stands) {
            let key = (bill.agreement, moved.counter.clone(), moved.tier_year);
            let sum = self.counters.entry(key).or_default();
            *sum = sum.checked_add(moved.by).unwrap_or(Decimal::MAX);
        }
    }

    /// Where the tables say something else.
    pub async fn differences(self, client: &impl GenericClient) -> Result<Vec<Difference>, SqlError> {
        let Self { mut registers, counters } = self;
        let mut found = Vec::new();
        gaps(client, &registers, &mut found).await?;
        ends(client, &mut registers, &mut found).await?;
        tier_counters(client, counters, &mut found).await?;
        found.truncate(MOST);
        Ok(found)
    }
}

async fn ends(
    client: &impl GenericClient,
    registers: &mut HashMap<(i32, i16), Frontier>,
    found: &mut Vec<Difference>,
) -> Result<(), SqlError> {
    let shown = |end: Option<(billing::content::RegisterEnd, i64)>| {
        end.map_or_else(
            || "none".to_owned(),
            |(end, bill)| format!("{} {} .. {} {}, bill {bill}", end.from, end.open, end.to, end.close),
        )
    };
    let mut after = (i32::MIN, i16::MIN);
    loop {
        let page = derived::register_ends(client, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.key;
        for kept in page {
            let counted = registers.remove(&kept.key).unwrap_or_default();
            if counted.end() != Some((kept.end, kept.bill)) {
                found.push(difference(
                    "register_ends",
                    kept.key,
                    shown(counted.end()),
                    shown(Some((kept.end, kept.bill))),
                ));
            }
            if let Some(bill) = counted.overlap() {
                found.push(difference(
                    "register_ends",
                    kept.key,
                    "billed once".to_owned(),
                    format!("billed again by bill {bill}"),
                ));
            }
        }
    }
    for (key, counted) in registers.drain() {
        if counted.end().is_some() {
            found.push(difference("register_ends", key, shown(counted.end()), "none".to_owned()));
        }
    }
    Ok(())
}

fn difference(
    table: &str,
    (installation, register): (i32, i16),
    expected: String,
    found: String,
) -> Difference {
    let key = format!("installation {installation}, register {register}");
    Difference { table: table.to_owned(), key, expected, found }
}

async fn gaps(
    client: &impl GenericClient,
    registers: &HashMap<(i32, i16), Frontier>,
    found: &mut Vec<Difference>,
) -> Result<(), SqlError> {
    let shown = |gaps: &[Stretch]| {
        let each: Vec<String> = gaps.iter().map(|(from, to)| format!("{from} .. {to}")).collect();
        if each.is_empty() { "none".to_owned() } else { each.join(", ") }
    };
    let mut kept: HashMap<(i32, i16), Vec<Stretch>> = HashMap::new();
    for (key, gap) in derived::register_gaps(client).await? {
        kept.entry(key).or_default().push(gap);
    }
    for (key, frontier) in registers {
        let (counted, kept) = (merged(frontier.gaps()), merged(kept.remove(key).unwrap_or_default()));
        if counted != kept {
            found.push(difference("register_gaps", *key, shown(&counted), shown(&kept)));
        }
    }
    for (key, gaps) in kept {
        found.push(difference("register_gaps", key, shown(&[]), shown(&gaps)));
    }
    Ok(())
}

async fn tier_counters(
    client: &impl GenericClient,
    mut counters: HashMap<CounterKey, Decimal>,
    found: &mut Vec<Difference>,
) -> Result<(), SqlError> {
    let mut differs = |(agreement, counter, year): &CounterKey, expected: Decimal, kept: Decimal| {
        if expected != kept {
            found.push(Difference {
                table: "tier_counters".to_owned(),
                key: format!("agreement {agreement}, {counter} {year}"),
                expected: expected.to_string(),
                found: kept.to_string(),
            });
        }
    };
    let mut after = (i32::MIN, SmolStr::default(), i16::MIN);
    loop {
        let page = derived::tier_counters(client, &after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = last.clone();
        for (key, kept) in page {
            differs(&key, counters.remove(&key).unwrap_or_default(), kept);
        }
    }
    for (key, expected) in &counters {
        differs(key, *expected, Decimal::ZERO);
    }
    Ok(())
}
