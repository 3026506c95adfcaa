//! What a payment is, what it comes to, and why it is refused.

use std::fmt;

use billing::ledger::{LedgerError, SettlementRules};
use jiff::Timestamp;
use metering::Zone;
use metering::refusal::{Refusal, Why};
use rust_decimal::Decimal;

use crate::SqlError;
use crate::users::Actor;

metering::closed_list! {
    /// What kind of payment.
    pub enum Kind: "kind" {
        /// Settles what is open; the rest is prepaid.
        Pay = "pay",
        /// Prepaid, whatever is open.
        Deposit = "deposit",
        /// Prepaid money given back.
        Refund = "refund",
        /// A payment taken back by its channel (冲正).
        Reversal = "reversal",
    }
}

/// A payment as a channel reports it.
#[derive(Clone, Debug)]
pub struct Payment<'a> {
    /// counter, wechat, a bank …
    pub channel: &'a str,
    /// The channel's own number of it.
    pub channel_ref: &'a str,
    /// A part of it.
    pub line: i16,
    /// Who pays, by the account's number.
    pub account_no: &'a str,
    /// Above zero.
    pub amount: Decimal,
    /// When.
    pub paid_at: Timestamp,
    /// What kind.
    pub kind: Kind,
    /// The reference of the payment that is taken back.
    pub reverses_ref: Option<&'a str>,
    /// The bill that the payer names.
    pub bill_no: Option<&'a str>,
    /// cash, card …
    pub tender: Option<&'a str>,
    /// Who took it.
    pub cashier: Option<&'a str>,
}

impl Payment<'_> {
    /// What it is known by: channel, reference, line.
    pub(super) fn identity(&self) -> (String, String, i16) {
        (self.channel.to_owned(), self.channel_ref.to_owned(), self.line)
    }
}

/// What became of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub payment: i64,
    /// Whether it was recorded before: then this is the first result, and nothing was done.
    pub repeated: bool,
    /// The account's number.
    pub account_no: String,
    /// Its amount.
    pub amount: Decimal,
    /// Of the amount, of three letters.
    pub currency: String,
    /// What it settled: bill number, line (0: late fee), amount.
    pub settled: Vec<(String, i16, Decimal)>,
    /// What of it was prepaid.
    pub to_prepaid: Decimal,
    /// What the account has paid ahead now.
    pub balance: Decimal,
    /// What the account has open now.
    pub open: Decimal,
}

/// Why a payment is refused.
#[derive(Debug)]
pub enum PayError {
    /// No such account.
    UnknownAccount(String),
    /// The account has no such bill.
    UnknownBill(String),
    /// The identity is taken by another payment.
    Different {
        /// Its channel, reference and line.
        identity: String,
        /// What is recorded.
        kind: Kind,
        /// Of the recorded one.
        amount: Decimal,
        /// Of the recorded one.
        account_no: String,
    },
    /// The payment to take back is not there, or is taken back already.
    NothingToReverse(String),
    /// More than is prepaid.
    Short {
        /// What is prepaid.
        balance: Decimal,
    },
    /// The account has no agreement, and so no company whose money it could be.
    NoCompany(String),
    /// Zero, negative, finer than four decimals or beyond what the ledger holds.
    Amount(Decimal),
    /// A sum or a late fee that the ledger cannot hold.
    Ledger(LedgerError),
    /// The database's answer.
    Sql(SqlError),
}

impl PayError {
    /// From a closed list, for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UnknownAccount(_) => "unknown_account",
            Self::UnknownBill(_) => "unknown_bill",
            Self::Different { .. } => "different",
            Self::NothingToReverse(_) => "nothing_to_reverse",
            Self::Short { .. } => "short",
            Self::NoCompany(_) => "no_company",
            Self::Amount(_) => "amount",
            Self::Ledger(source) => source.kind(),
            Self::Sql(_) => "sql",
        }
    }
}

impl fmt::Display for PayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAccount(no) => write!(f, "there is no account {no:?}"),
            Self::UnknownBill(no) => write!(f, "the account has no issued bill {no:?}"),
            Self::Different { identity, kind, amount, account_no } => write!(
                f,
                "the payment {identity} is recorded as {kind} of {amount} for account {account_no}: another amount or account needs another reference"
            ),
            Self::NothingToReverse(reference) => {
                write!(
                    f,
                    "there is no payment {reference:?} of this channel and amount that is not taken back yet"
                )
            }
            Self::Short { balance } => write!(f, "only {balance} is prepaid"),
            Self::NoCompany(no) => {
                write!(f, "the account {no} has no agreement, so no company can take its money")
            }
            Self::Amount(amount) => {
                write!(
                    f,
                    "{amount} is no amount to pay: above zero, with at most four decimals and fifteen digits before them"
                )
            }
            Self::Ledger(source) => source.fmt(f),
            Self::Sql(source) => source.fmt(f),
        }
    }
}

impl std::error::Error for PayError {}

crate::takes_sql_errors!(PayError);

impl From<PayError> for Refusal {
    fn from(error: PayError) -> Self {
        match error {
            PayError::UnknownAccount(no) => Self::unknown("account", no),
            PayError::UnknownBill(no) => Self::unknown("bill", no),
            PayError::Different { identity, kind, amount, account_no } => {
                Self::new(Why::PaymentDiffers, "channel_ref")
                    .with("identity", identity)
                    .with("kind", kind)
                    .with("amount", amount)
                    .with("account", account_no)
            }
            PayError::NothingToReverse(reference) => {
                Self::new(Why::NothingToReverse, "reverses_ref").with("value", reference)
            }
            PayError::Short { balance } => Self::new(Why::Short, "amount").with("balance", balance),
            PayError::NoCompany(no) => Self::new(Why::NoCompany, "account").with("account", no),
            PayError::Amount(amount) => Self::new(Why::Amount, "amount").with("amount", amount),
            PayError::Ledger(LedgerError::Overflow) => Self::new(Why::Overflow, "amount"),
            PayError::Ledger(source) => Self::detail(Why::Stored, source),
            PayError::Sql(source) => source.into(),
        }
    }
}

impl From<LedgerError> for PayError {
    fn from(source: LedgerError) -> Self {
        Self::Ledger(source)
    }
}

/// By whose clock and rules what was paid ahead settles bills that are issued.
#[derive(Clone, Debug)]
pub struct Till<'a> {
    /// The utility's zone.
    pub zone: &'a Zone,
    /// The orders of settlement and the late-fee policies, read once a deed.
    pub rules: &'a SettlementRules,
    /// Who records.
    pub who: &'a Actor,
}
