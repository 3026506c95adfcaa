//! Double entry: which ledger accounts there are, which postings are lawful, and what each deed posts.
//!
//! A [`Posting`] has one kind and one or more [`Transfer`]s, each of which debits one account and credits another by one
//! positive amount: debits equal credits by its form. Only the templates of this module make postings, and each of them
//! writes one kind; [`LAWFUL`] is the one table of the pairs of accounts that a kind may move between, and the database's
//! own check is held equal to it by a test.
//!
//! **Owns** settlement, reversal, cancellation, late fees as postings, the posting day. **Lacks** the table they are
//! written to (`store::ledger`), and the amount of a late fee (`billing::late_fee`).
//!
//! Laws (docs/billing.md): L1 the receivable moves by the bill's total; L2 a posting moves between lawful accounts, and
//! its legs add up to zero; L3 what a payment did is undone by its reversal, whatever came between; L4 no line is settled
//! beyond what is open, and nothing of a payment is lost; L5 a cancelled bill leaves the books as if it had not been, but
//! that what was paid on it is prepaid; L6 a posting day is in an open month, never before the wished day.

mod account;
mod amount;
mod book;
mod cancel;
mod close;
mod late_fee;
mod posting;
mod reverse;
mod rules;
mod settle;
mod template;

pub use account::{AccountClass, LedgerAccount, UnknownLedgerAccount};
pub use amount::{Amount, AmountError, LedgerError};
pub use book::{AccountBook, BillBook, Entered};
pub use cancel::cancel;
pub use close::{CloseError, ClosedMonths, PostingDay, may_close, month_of};
pub use late_fee::{FeeBasis, LateFeePolicies, Movement};
pub use posting::{LAWFUL, Posted, Posting, PostingKind, Transfer, Unlawful, is_lawful};
pub use reverse::{ReverseError, reverse};
pub use rules::SettlementRules;
pub use settle::{OpenBill, OpenLine, deduct, pay};
pub use template::{
    BillLine, bill, credit_note, deposit, late_fee, opening_prepaid, opening_receivable, posted_against,
    refund, transfer_of, write_off,
};

/// The line of a bill under which its late fee stands; lines of the bill itself begin with 1.
pub const LATE_FEE_LINE: i16 = 0;
