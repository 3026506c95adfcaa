//! The desk: payments worked out one after another on the accounts' books; nothing is written here.

use billing::ledger::{self as rules, AccountBook, Amount, Entered, Posted, Posting, ReverseError};
use billing::ledger::{AccountClass, PostingDay, SettlementRules};
use jiff::civil::Date;
use metering::{BillId, PaymentId, Zone};
use rust_decimal::Decimal;
use tokio_postgres::Transaction;

use super::Company;
use super::facts::{Facts, Identity, Known};
use super::payment::{Kind, PayError, Payment, Receipt};
use super::write::Taken;
use crate::ledger::{Entry, Journal, PostingDays};

/// Payments that are being taken together.
#[derive(Debug)]
pub(super) struct Desk<'a> {
    zone: &'a Zone,
    rules: &'a SettlementRules,
    facts: Facts,
    days: PostingDays,
    /// What is to be recorded.
    pub(super) taken: Vec<Taken>,
    /// What is to be posted.
    pub(super) journal: Journal,
}

/// The account that a payment is for.
struct Payer {
    account: i32,
    company: Company,
    named: Option<BillId>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(zone: &'a Zone, rules: &'a SettlementRules, facts: Facts) -> Self {
        let (days, journal) = (PostingDays::default(), Journal::default());
        Self { zone, rules, facts, days, taken: Vec::new(), journal }
    }

    /// Takes a payment, or says why not; then nothing has changed.
    pub(super) async fn take(
        &mut self,
        change: &Transaction<'_>,
        payment: &Payment<'_>,
    ) -> Result<Receipt, PayError> {
        let amount = Amount::try_from(payment.amount).map_err(|_| PayError::Amount(payment.amount))?;
        if !amount.is_positive() {
            return Err(PayError::Amount(payment.amount));
        }
        let mut payer = self.payer(payment)?;
        let identity = payment.identity();
        if let Some(known) = self.facts.known.iter().find(|known| known.identity == identity) {
            return self.repeated(payment, known);
        }
        let value_date = self.zone.date(payment.paid_at);
        let reverses = self.reversed(payment, payer.account)?;
        if let Some(of) = reverses.and_then(|place| self.facts.known.get(place)) {
            payer.company = of.company.clone();
        }
        let postings = self.postings(payment, &payer, amount, value_date, reverses)?;
        let day = self.days.of(change, payer.company.0, value_date).await?;
        let id = self.taken.len().saturating_add(1);
        let id = i64::try_from(id).map_or(i64::MIN, |id| -id);
        let of = reverses.and_then(|place| self.facts.known.get_mut(place));
        let taken_back = of.map(|of| {
            of.is_reversed = true;
            of.id
        });
        self.taken.push(Taken::new(payment, payer.account, &payer.company, taken_back));
        let postings = self.enter(&payer, PaymentId::new(id), day, value_date, postings)?;
        let known = Known {
            id,
            identity,
            account_no: payment.account_no.to_owned(),
            account: payer.account,
            company: payer.company,
            kind: payment.kind,
            amount: payment.amount,
            is_reversed: false,
            postings,
        };
        let receipt = self.receipt(&known, false)?;
        self.facts.known.push(known);
        Ok(receipt)
    }

    /// Finds who pays, whose money it is, and the bill that is named.
    fn payer(&self, payment: &Payment<'_>) -> Result<Payer, PayError> {
        let no = payment.account_no;
        let account = *self.facts.accounts.get(no).ok_or_else(|| PayError::UnknownAccount(no.to_owned()))?;
        if let Some(bill_no) = payment.bill_no {
            let named = self.facts.named.get(&(account, bill_no.to_owned()));
            let (bill, company) = named.ok_or_else(|| PayError::UnknownBill(bill_no.to_owned()))?;
            return Ok(Payer { account, company: company.clone(), named: Some(*bill) });
        }
        // The company of the oldest open bill, else of the newest agreement.
        let bills = self.facts.books.get(&account).map(|book| book.bills.as_slice()).unwrap_or_default();
        for bill in bills {
            if !bill.open(None)?.lines.is_empty() {
                return Ok(Payer { account, company: (bill.company, bill.currency.clone()), named: None });
            }
        }
        let newest = self.facts.newest.get(&account);
        let company = newest.ok_or_else(|| PayError::NoCompany(no.to_owned()))?.clone();
        Ok(Payer { account, company, named: None })
    }

    /// The place of the payment that is to be taken back.
    fn reversed(&self, payment: &Payment<'_>, account: i32) -> Result<Option<usize>, PayError> {
        if payment.kind != Kind::Reversal {
            return Ok(None);
        }
        let reference = payment.reverses_ref.unwrap_or_default();
        let is_it = |known: &Known| {
            known.identity.0 == payment.channel
                && known.identity.1 == reference
                && (known.account, known.amount) == (account, payment.amount)
                && known.kind != Kind::Reversal
                && !known.is_reversed
        };
        let place = self.facts.known.iter().position(is_it);
        place.map(Some).ok_or_else(|| PayError::NothingToReverse(reference.to_owned()))
    }

    /// What the payment posts.
    fn postings(
        &self,
        payment: &Payment<'_>,
        payer: &Payer,
        amount: Amount,
        on: Date,
        reverses: Option<usize>,
    ) -> Result<Vec<Posting>, PayError> {
        let empty = AccountBook::default();
        let book = self.facts.books.get(&payer.account).unwrap_or(&empty);
        let of = reverses.and_then(|place| self.facts.known.get(place));
        let company = payer.company.0;
        let balance = book.balance(company);
        Ok(match payment.kind {
            Kind::Pay => {
                let open = book.open(company, Some((self.rules.fees(), on)))?;
                let order = self.rules.order(on);
                rules::pay(payment.amount, payment.channel, payer.named, &open, &order)?
            }
            Kind::Deposit => rules::deposit(payment.channel, amount).into_iter().collect(),
            Kind::Refund if balance < amount => return Err(PayError::Short { balance: balance.decimal() }),
            Kind::Refund => rules::refund(payment.channel, amount).into_iter().collect(),
            Kind::Reversal => {
                let cancelled = book.cancelled();
                let postings = of.map(|known| known.postings.as_slice()).unwrap_or_default();
                rules::reverse(postings, balance, &self.facts.reversed, &cancelled).map_err(|error| {
                    match error {
                        ReverseError::Short { balance } => PayError::Short { balance: balance.decimal() },
                        ReverseError::Ledger(source) => source.into(),
                    }
                })?
            }
        })
    }

    /// Enters the postings into the book and the journal.
    fn enter(
        &mut self,
        payer: &Payer,
        payment: PaymentId,
        day: PostingDay,
        value_date: Date,
        postings: Vec<Posting>,
    ) -> Result<Vec<Posted>, PayError> {
        let (company, currency) = payer.company.clone();
        let book = self.facts.books.entry(payer.account).or_default();
        let mut all = Vec::with_capacity(postings.len());
        for posting in postings {
            let id = self.journal.add(Entry {
                company,
                currency: currency.clone(),
                account: payer.account,
                day,
                value_date,
                payment: Some(payment),
                posting: posting.clone(),
            });
            let posted = Posted { id, payment: Some(payment), posting };
            book.enter(company, Entered { value_date, posted: posted.clone() })?;
            all.push(posted);
        }
        Ok(all)
    }

    /// The identity is taken: the same payment gives its first result, another one is refused.
    fn repeated(&self, payment: &Payment<'_>, known: &Known) -> Result<Receipt, PayError> {
        let same = (known.amount, known.kind, known.account_no.as_str());
        if same != (payment.amount, payment.kind, payment.account_no) {
            return Err(different(&known.identity, known.kind, known.amount, &known.account_no));
        }
        self.receipt(known, true)
    }

    fn receipt(&self, known: &Known, repeated: bool) -> Result<Receipt, PayError> {
        let empty = AccountBook::default();
        let book = self.facts.books.get(&known.account).unwrap_or(&empty);
        let mut settled = Vec::new();
        let mut to_prepaid = Decimal::ZERO;
        for posting in known.postings.iter().map(|posted| &posted.posting) {
            for transfer in posting.transfers() {
                match (transfer.debit.class(), transfer.credit.class()) {
                    (AccountClass::Bank, AccountClass::Receivable) => {
                        let bill_no = posting.bill().map(|bill| self.bill_no(book, bill)).unwrap_or_default();
                        settled.push((bill_no, transfer.line, transfer.amount.decimal()));
                    }
                    (_, AccountClass::Prepaid) => to_prepaid += transfer.amount.decimal(),
                    _ => {}
                }
            }
        }
        Ok(Receipt {
            payment: known.id,
            repeated,
            account_no: known.account_no.clone(),
            amount: known.amount,
            currency: known.company.1.to_string(),
            settled,
            to_prepaid,
            balance: book.balance(known.company.0).decimal(),
            open: book.owed()?.decimal(),
        })
    }

    fn bill_no(&self, book: &AccountBook, bill: BillId) -> String {
        let open = book.bills.iter().find(|of| of.bill == bill).map(|of| of.bill_no.to_string());
        open.or_else(|| self.facts.bill_nos.get(&bill).cloned()).unwrap_or_default()
    }
}

/// Another payment under an identity that is taken.
pub(super) fn different(identity: &Identity, kind: Kind, amount: Decimal, account_no: &str) -> PayError {
    let (channel, channel_ref, line) = identity;
    PayError::Different {
        identity: format!("{channel} {channel_ref}/{line}"),
        kind,
        amount,
        account_no: account_no.to_owned(),
    }
}
