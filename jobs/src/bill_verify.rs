//! Verifying issued bills: each rated again from its frozen inputs, and compared byte for byte with what is
//! stored, down to the ledger. Nothing is taken from the bill itself but its number.

use std::collections::HashMap;

use billing::inputs::{Inputs, sha256};
use billing::ledger::{BillLine as LedgerLine, PostingKind, transfer_of};
use billing::pricing::Version;
use rust_decimal::Decimal;
use store::GenericClient;
use store::bills::{self, Bill, BillLine, BillPosting, BillSegment};

use crate::bill_run::{BillError, versions};
use billing::trial::TrialLine;

/// A bill that is not what its inputs make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The bill's number.
    pub bill_no: String,
    /// Where: `line 2 amount`, `ledger line 2`, `inputs` …
    pub at: String,
    /// What it must be.
    pub expected: String,
    /// What is stored.
    pub found: String,
}

/// What a verification looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many bills.
    pub bills: u64,
    /// The sum of them, by stored totals.
    pub total: Decimal,
    /// What does not agree.
    pub mismatches: Vec<Mismatch>,
}

/// Verifies bills page by page.
#[derive(Debug)]
pub struct Verifier {
    versions: HashMap<i32, Version>,
}

impl Verifier {
    /// Reads the published tariffs; a document that no longer has its hash is a mismatch of its bills.
    pub async fn new(client: &impl GenericClient) -> Result<Self, BillError> {
        let versions = versions(client).await?;
        let mut by_id = HashMap::new();
        for (version, published) in versions.into_iter().zip(store::tariffs::all(client).await?) {
            // The hash of the document as it stands now, not the one that stands beside it.
            let now = crate::bill_run::hex(&sha256(&published.document));
            by_id.insert(version.id, Version { sha256: now, ..version });
        }
        Ok(Self { versions: by_id })
    }

    /// Verifies a page of bills.
    pub async fn verify(
        &self,
        client: &impl GenericClient,
        page: &[Bill],
        verified: &mut Verified,
    ) -> Result<(), BillError> {
        let ids: Vec<i64> = page.iter().map(|bill| bill.id).collect();
        let lines = by_bill(bills::lines(client, &ids).await?, |line| line.bill);
        let segments = by_bill(bills::segments(client, &ids).await?, |segment| segment.bill);
        let postings = by_bill(bills::postings(client, &ids).await?, |posting| posting.bill);
        let inputs: HashMap<i64, (String, Vec<u8>)> = bills::inputs(client, &ids)
            .await?
            .into_iter()
            .map(|(bill, text, hash)| (bill, (text, hash)))
            .collect();
        let originals = self.originals(client, page).await?;
        for bill in page {
            let none = Vec::new();
            let stored = lines.get(&bill.id).unwrap_or(&none);
            let mut check = Check { bill_no: &bill.bill_no, found: &mut verified.mismatches };
            let expected = match (bill.kind.as_str(), inputs.get(&bill.id)) {
                ("reversal", _) => originals.get(&bill.id).map(|of| of.iter().map(negated).collect()),
                ("opening", _) => None,
                (_, None) => {
                    check.differs("inputs", "the frozen inputs", "none");
                    None
                }
                (_, Some((text, hash))) => {
                    self.rated(&mut check, text, hash, segments.get(&bill.id).map_or(&[][..], Vec::as_slice))
                }
            };
            if let Some(expected) = expected {
                check.lines(&expected, stored);
            }
            check.total(bill, stored);
            if bill.kind != "reversal" {
                check.ledger(stored, postings.get(&bill.id).map_or(&[][..], Vec::as_slice));
            }
            verified.bills += 1;
            verified.total += bill.total;
        }
        Ok(())
    }

    /// The lines of the bills that the reversals of a page take back, by reversal.
    async fn originals(
        &self,
        client: &impl GenericClient,
        page: &[Bill],
    ) -> Result<HashMap<i64, Vec<BillLine>>, BillError> {
        let mut found = HashMap::new();
        for reversal in page.iter().filter(|bill| bill.kind == "reversal") {
            let Some(no) = &reversal.reverses else { continue };
            if let Some(original) = bills::find(client, no).await? {
                found.insert(reversal.id, bills::lines(client, &[original.id]).await?);
            }
        }
        Ok(found)
    }

    /// What the frozen inputs come to; `None`, noted, where they cannot be used.
    fn rated(
        &self,
        check: &mut Check<'_>,
        text: &str,
        hash: &[u8],
        stored: &[BillSegment],
    ) -> Option<Vec<TrialLine>> {
        if sha256(text) != hash {
            check.differs("inputs", "the text of their hash", "another text");
        }
        let inputs = match Inputs::from_text(text) {
            Ok(inputs) => inputs,
            Err(error) => {
                check.differs("inputs", "inputs", &error.to_string());
                return None;
            }
        };
        for (id, frozen) in inputs.versions() {
            let now = self.versions.get(&id).map_or("none", |version| version.sha256.as_str());
            check.same("tariff", frozen, now);
        }
        check.segments(&inputs, stored);
        match inputs.rate(|id| self.versions.get(&id).map(|version| &version.tariff)) {
            Ok(parts) => {
                Some(parts.iter().flat_map(|part| part.rated.lines.iter().map(TrialLine::from)).collect())
            }
            Err(error) => {
                check.differs("rating", "a bill", &error.to_string());
                None
            }
        }
    }
}

fn by_bill<T>(rows: Vec<T>, bill: impl Fn(&T) -> i64) -> HashMap<i64, Vec<T>> {
    let mut found: HashMap<i64, Vec<T>> = HashMap::new();
    for row in rows {
        found.entry(bill(&row)).or_default().push(row);
    }
    found
}

fn negated(line: &BillLine) -> TrialLine {
    TrialLine {
        code: line.code.as_str().into(),
        qty: -line.qty,
        unit: line.unit.as_str().into(),
        price: line.price,
        amount: -line.amount,
        payee: line.payee.as_deref().map(Into::into),
        payer: line.payer.as_deref().map(Into::into),
    }
}

/// Notes what does not agree of one bill.
struct Check<'a> {
    bill_no: &'a str,
    found: &'a mut Vec<Mismatch>,
}

impl Check<'_> {
    fn differs(&mut self, at: &str, expected: &str, found: &str) {
        self.found.push(Mismatch {
            bill_no: self.bill_no.to_owned(),
            at: at.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        });
    }

    fn same(&mut self, at: &str, expected: &str, found: &str) {
        if expected != found {
            self.differs(at, expected, found);
        }
    }

    fn lines(&mut self, expected: &[TrialLine], stored: &[BillLine]) {
        self.same("lines", &expected.len().to_string(), &stored.len().to_string());
        for (expected, stored) in expected.iter().zip(stored) {
            let text = |n: Option<Decimal>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
            let whose = |of: Option<&str>| of.unwrap_or("-").to_owned();
            for (what, expected, found) in [
                ("code", expected.code.to_string(), stored.code.clone()),
                ("quantity", expected.qty.to_string(), stored.qty.to_string()),
                ("unit", expected.unit.to_string(), stored.unit.clone()),
                ("price", text(expected.price), text(stored.price)),
                ("amount", expected.amount.to_string(), stored.amount.to_string()),
                ("payee", whose(expected.payee.as_deref()), whose(stored.payee.as_deref())),
                ("payer", whose(expected.payer.as_deref()), whose(stored.payer.as_deref())),
            ] {
                self.same(&format!("line {} {what}", stored.n), &expected, &found);
            }
        }
    }

    fn total(&mut self, bill: &Bill, stored: &[BillLine]) {
        let sum: Decimal = stored.iter().map(|line| line.amount).sum();
        if sum != bill.total {
            self.differs("total", &sum.to_string(), &bill.total.to_string());
        }
    }

    fn segments(&mut self, inputs: &Inputs, stored: &[BillSegment]) {
        let segments = match inputs.thawed() {
            Ok(segments) => segments,
            Err(error) => return self.differs("inputs", "segments", &error.to_string()),
        };
        self.same("segments", &segments.len().to_string(), &stored.len().to_string());
        for (n, (frozen, stored)) in segments.iter().zip(stored).enumerate() {
            let expected = format!(
                "{} {} {} {}",
                frozen.open.at,
                frozen.open.value.raw(),
                frozen.close.at,
                frozen.close.value.raw()
            );
            let found = format!("{} {} {} {}", stored.from, stored.open, stored.to, stored.close);
            self.same(&format!("segment {}", n + 1), &expected, &found);
        }
    }

    /// Each line has the one posting that its amount makes; a cancelled bill's are taken back besides.
    fn ledger(&mut self, stored: &[BillLine], postings: &[BillPosting]) {
        for line in stored {
            let of = LedgerLine {
                n: line.n,
                amount: line.amount,
                payee: line.payee.as_deref(),
                third_party: line.payer.as_deref(),
            };
            let expected = match transfer_of(&of) {
                Ok(Some(t)) => format!("{} {} {}", t.debit, t.credit, t.amount),
                Ok(None) => "-".to_owned(),
                Err(error) => error.to_string(),
            };
            let of_line = postings.iter().find(|p| p.line == line.n && p.kind == PostingKind::Bill);
            let found =
                of_line.map_or_else(|| "-".to_owned(), |p| format!("{} {} {}", p.debit, p.credit, p.amount));
            self.same(&format!("ledger line {}", line.n), &expected, &found);
        }
    }
}
