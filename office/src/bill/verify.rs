//! Verifying issued bills: each rated again from its frozen inputs, and compared byte for byte with what is
//! stored, down to the ledger. Nothing is taken from the bill itself but its number.

use std::collections::HashMap;

use billing::content::{BilledLine, Content, RegisterTime, register_times};
use billing::inputs::{Inputs, sha256};
use billing::ledger::{BillLine as LedgerLine, PostingKind, posted_against, transfer_of};
use billing::pricing::Version;
use rust_decimal::Decimal;
use store::bills::{self, Bill, BillKind, BillPosting, Stored, VisibleLine};
use store::derived::{self, Difference};
use store::{GenericClient, SqlError};

use super::frontiers::Frontiers;

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
#[derive(Debug, Default)]
pub struct Verified {
    /// How many bills.
    pub bills: u64,
    /// The sum of them, by stored totals.
    pub total: Decimal,
    /// What does not agree.
    pub mismatches: Vec<Mismatch>,
    /// What they make of registers and counters.
    pub frontiers: Frontiers,
}

/// Verifies all documents, then all that is derived from them and from the journal. `client` reads at one instant, so that
/// what is posted meanwhile is not looked at.
pub async fn verify_all(client: &impl GenericClient) -> Result<(Verified, Vec<Difference>), SqlError> {
    let checker = Verifier::new(client).await?;
    let mut verified = Verified::default();
    let mut after = 0;
    loop {
        let page = bills::page(client, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        checker.verify(client, &page, &mut verified).await?;
    }
    let mut derived = derived::differences(client).await?;
    derived.extend(std::mem::take(&mut verified.frontiers).differences(client).await?);
    Ok((verified, derived))
}

/// Bills a page: what is held in memory at once.
const PAGE: i64 = 1_000;

/// Verifies bills page by page.
#[derive(Debug)]
pub struct Verifier {
    versions: HashMap<i32, Version>,
}

impl Verifier {
    /// Reads the published tariffs; a document that no longer has its hash is a mismatch of its bills.
    pub async fn new(client: &impl GenericClient) -> Result<Self, SqlError> {
        let versions = store::tariffs::versions(client).await?;
        let mut by_id = HashMap::new();
        for (version, published) in versions.into_iter().zip(store::tariffs::all(client).await?) {
            // The hash of the document as it stands now, not the one that stands beside it.
            let now = hex::encode(sha256(&published.document));
            by_id.insert(version.id, Version { sha256: now, ..version });
        }
        Ok(Self { versions: by_id })
    }

    /// Verifies a page of documents.
    pub async fn verify(
        &self,
        client: &impl GenericClient,
        page: &[Bill],
        verified: &mut Verified,
    ) -> Result<(), SqlError> {
        let ids: Vec<i64> = page.iter().map(|bill| bill.id).collect();
        let visible = by_bill(bills::visible_lines(client, &ids).await?, |line| line.bill);
        let postings = by_bill(bills::postings(client, &ids).await?, |posting| posting.bill);
        let stored: HashMap<i64, Stored> =
            bills::contents(client, &ids).await?.into_iter().map(|stored| (stored.bill, stored)).collect();
        let originals = self.originals(client, page).await?;
        for bill in page {
            let mut check = Check { bill_no: &bill.bill_no, found: &mut verified.mismatches };
            verified.bills += 1;
            verified.total += bill.total;
            let content = match stored.get(&bill.id).map(|stored| &stored.content) {
                Some(Ok(content)) => content,
                Some(Err(why)) => {
                    check.differs("content", "what its hash was taken over", &why.to_string());
                    continue;
                }
                None => {
                    check.differs("content", "a document", "none");
                    continue;
                }
            };
            let expected = match (bill.kind, &content.inputs) {
                (BillKind::Reversal, _) => originals.get(&bill.id).cloned(),
                (BillKind::Opening, _) => None,
                (_, None) => {
                    check.differs("inputs", "the frozen inputs", "none");
                    None
                }
                (_, Some(text)) => self.rated(&mut check, text, content),
            };
            if let Some(expected) = expected {
                check.lines(&expected, &content.lines);
            }
            check.total(bill, &content.lines);
            if bill.kind != BillKind::Opening {
                check.visible(&content.lines, visible.get(&bill.id).map_or(&[][..], Vec::as_slice));
            }
            if bill.kind != BillKind::Reversal {
                check.ledger(&content.lines, postings.get(&bill.id).map_or(&[][..], Vec::as_slice));
            }
            verified.frontiers.take(bill, content);
        }
        Ok(())
    }

    /// The lines that the reversals of a page must have: those of the bills that they take back, by reversal.
    async fn originals(
        &self,
        client: &impl GenericClient,
        page: &[Bill],
    ) -> Result<HashMap<i64, Vec<BilledLine>>, SqlError> {
        let mut found = HashMap::new();
        for reversal in page.iter().filter(|bill| bill.kind == BillKind::Reversal) {
            let Some(no) = &reversal.reverses else { continue };
            let Some(original) = bills::find(client, no).await? else { continue };
            if let Some(Stored { content: Ok(content), .. }) =
                bills::contents(client, &[original.id]).await?.pop()
            {
                found.insert(reversal.id, content.lines.iter().map(BilledLine::negated).collect());
            }
        }
        Ok(found)
    }

    /// What the frozen inputs come to; `None`, noted, where they cannot be used.
    fn rated(&self, check: &mut Check<'_>, text: &str, content: &Content) -> Option<Vec<BilledLine>> {
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
        check.registers(&inputs, &content.registers);
        match inputs.rate(|id| self.versions.get(&id).map(|version| &version.tariff)) {
            Ok(parts) => {
                Some(parts.iter().flat_map(|part| part.rated.lines.iter().map(BilledLine::from)).collect())
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

    fn lines(&mut self, expected: &[BilledLine], stored: &[BilledLine]) {
        self.same("lines", &expected.len().to_string(), &stored.len().to_string());
        for ((expected, stored), n) in expected.iter().zip(stored).zip(1..) {
            let text = |n: Option<Decimal>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
            let whose = |of: Option<&str>| of.unwrap_or("-").to_owned();
            for (what, expected, found) in [
                ("code", expected.code.to_string(), stored.code.to_string()),
                ("quantity", expected.qty.to_string(), stored.qty.to_string()),
                ("unit", expected.unit.to_string(), stored.unit.to_string()),
                ("price", text(expected.price), text(stored.price)),
                ("amount", expected.amount.to_string(), stored.amount.to_string()),
                ("payee", whose(expected.payee.as_deref()), whose(stored.payee.as_deref())),
                ("payer", whose(expected.payer.as_deref()), whose(stored.payer.as_deref())),
            ] {
                self.same(&format!("line {n} {what}"), &expected, &found);
            }
        }
    }

    fn total(&mut self, bill: &Bill, stored: &[BilledLine]) {
        let sum: Decimal = stored.iter().map(|line| line.amount).sum();
        if sum != bill.total {
            self.differs("total", &sum.to_string(), &bill.total.to_string());
        }
    }

    /// The lines that views show are those that the bill holds.
    fn visible(&mut self, stored: &[BilledLine], visible: &[VisibleLine]) {
        self.same("lines shown", &stored.len().to_string(), &visible.len().to_string());
        for ((line, visible), n) in stored.iter().zip(visible).zip(1..) {
            let account = posted_against(line.payee.as_deref(), line.payer.as_deref()).name();
            let (code, qty, unit, amount, shown_account) = &visible.line;
            for (what, same, expected, found) in [
                ("code", line.code == code.as_str(), line.code.to_string(), code.clone()),
                ("quantity", line.qty == *qty, line.qty.to_string(), qty.to_string()),
                ("unit", line.unit == unit.as_str(), line.unit.to_string(), unit.clone()),
                ("amount", line.amount == *amount, line.amount.to_string(), amount.to_string()),
                ("account", account == shown_account.as_str(), account.to_string(), shown_account.clone()),
            ] {
                if !same {
                    self.differs(&format!("line {n} shown {what}"), &expected, &found);
                }
            }
        }
    }

    /// The register time of a bill is that of its frozen segments.
    fn registers(&mut self, inputs: &Inputs, stored: &[RegisterTime]) {
        let segments = match inputs.thawed() {
            Ok(segments) => segments,
            Err(error) => return self.differs("inputs", "segments", &error.to_string()),
        };
        let expected = register_times(&segments, &[]);
        self.same("registers", &expected.len().to_string(), &stored.len().to_string());
        let shown = |time: &RegisterTime| {
            let end = &time.end;
            let key = (time.installation.get(), time.register.get());
            format!("{key:?} {} {} .. {} {}", end.from, end.open, end.to, end.close)
        };
        for ((expected, stored), n) in expected.iter().zip(stored).zip(1..) {
            self.same(&format!("register {n}"), &shown(expected), &shown(stored));
        }
    }

    /// Each line has the one posting that its amount makes; a cancelled bill's are taken back besides.
    fn ledger(&mut self, stored: &[BilledLine], postings: &[BillPosting]) {
        for (line, n) in stored.iter().zip(1_i16..) {
            let of = LedgerLine {
                n,
                amount: line.amount,
                payee: line.payee.as_deref(),
                third_party: line.payer.as_deref(),
            };
            let expected = match transfer_of(&of) {
                Ok(Some(t)) => format!("{} {} {}", t.debit, t.credit, t.amount),
                Ok(None) => "-".to_owned(),
                Err(error) => error.to_string(),
            };
            let of_line = postings.iter().find(|p| p.line == n && p.kind == PostingKind::Bill);
            let found =
                of_line.map_or_else(|| "-".to_owned(), |p| format!("{} {} {}", p.debit, p.credit, p.amount));
            self.same(&format!("ledger line {n}"), &expected, &found);
        }
    }
}
