//! The ledger accounts: classes, and the names inside them.

use std::fmt;
use std::str::FromStr;

use smol_str::{SmolStr, format_smolstr};

metering::closed_list! {
    /// What kind of ledger account. Some classes are one account, some hold one for each payee, channel or payer.
    pub enum AccountClass: "class of ledger accounts" {
        /// What accounts owe.
        Receivable = "receivable",
        /// What accounts have paid ahead: ours to give back.
        Prepaid = "prepaid",
        /// The company's own income.
        Income = "income",
        /// Money collected for a payee.
        Agency = "agency",
        /// Late fees.
        LateFee = "late_fee",
        /// Money that came in by a channel.
        Bank = "bank",
        /// What the old system handed over.
        Opening = "opening",
        /// What a third party owes in the accounts' place.
        Subsidy = "subsidy",
        /// What is given up.
        WriteOff = "write_off",
    }
}

impl AccountClass {
    /// Its number in the database: the number of an account is this times 10,000 and a number inside the class. Never
    /// changed, for the journal holds it.
    pub const fn code(self) -> i32 {
        match self {
            Self::Receivable => 1,
            Self::Prepaid => 2,
            Self::Income => 3,
            Self::Agency => 4,
            Self::LateFee => 5,
            Self::Bank => 6,
            Self::Opening => 7,
            Self::Subsidy => 8,
            Self::WriteOff => 9,
        }
    }
}

/// A ledger account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LedgerAccount {
    /// What accounts owe.
    Receivable,
    /// What accounts have paid ahead: ours to give back.
    Prepaid,
    /// The company's own income.
    Income,
    /// Money collected for somebody else: sewage, resource fee, sanitation.
    Agency(SmolStr),
    /// Late fees.
    LateFee,
    /// Money that came in by a channel.
    Bank(SmolStr),
    /// What the old system handed over.
    Opening,
    /// What a third party owes in the accounts' place.
    Subsidy(SmolStr),
    /// What is given up.
    WriteOff,
}

impl LedgerAccount {
    /// Its class.
    pub const fn class(&self) -> AccountClass {
        match self {
            Self::Receivable => AccountClass::Receivable,
            Self::Prepaid => AccountClass::Prepaid,
            Self::Income => AccountClass::Income,
            Self::Agency(_) => AccountClass::Agency,
            Self::LateFee => AccountClass::LateFee,
            Self::Bank(_) => AccountClass::Bank,
            Self::Opening => AccountClass::Opening,
            Self::Subsidy(_) => AccountClass::Subsidy,
            Self::WriteOff => AccountClass::WriteOff,
        }
    }

    /// Whose it is inside its class; `None` where the class is one account.
    pub fn of(&self) -> Option<&str> {
        match self {
            Self::Agency(name) | Self::Bank(name) | Self::Subsidy(name) => Some(name),
            _ => None,
        }
    }

    /// The name in the database: `receivable`, `agency:sewage`.
    pub fn name(&self) -> SmolStr {
        let class = self.class().name();
        self.of().map_or(SmolStr::new_static(class), |of| format_smolstr!("{class}:{of}"))
    }
}

impl fmt::Display for LedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class().name())?;
        self.of().map_or(Ok(()), |of| write!(f, ":{of}"))
    }
}

/// A text that names no ledger account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLedgerAccount(String);

impl fmt::Display for UnknownLedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown ledger account {:?}", self.0)
    }
}

impl std::error::Error for UnknownLedgerAccount {}

impl FromStr for LedgerAccount {
    type Err = UnknownLedgerAccount;

    fn from_str(text: &str) -> Result<Self, UnknownLedgerAccount> {
        let unknown = || UnknownLedgerAccount(text.to_owned());
        let (class, of) = text.split_once(':').map_or((text, None), |(class, of)| (class, Some(of)));
        let class: AccountClass = class.parse().map_err(|_| unknown())?;
        match (class, of.filter(|of| !of.is_empty())) {
            (AccountClass::Agency, Some(of)) => Ok(Self::Agency(of.into())),
            (AccountClass::Bank, Some(of)) => Ok(Self::Bank(of.into())),
            (AccountClass::Subsidy, Some(of)) => Ok(Self::Subsidy(of.into())),
            _ if of.is_some() => Err(unknown()),
            (AccountClass::Receivable, _) => Ok(Self::Receivable),
            (AccountClass::Prepaid, _) => Ok(Self::Prepaid),
            (AccountClass::Income, _) => Ok(Self::Income),
            (AccountClass::LateFee, _) => Ok(Self::LateFee),
            (AccountClass::Opening, _) => Ok(Self::Opening),
            (AccountClass::WriteOff, _) => Ok(Self::WriteOff),
            (AccountClass::Agency | AccountClass::Bank | AccountClass::Subsidy, _) => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_read_back() {
        for text in [
            "receivable",
            "prepaid",
            "income",
            "late_fee",
            "opening",
            "write_off",
            "agency:sewage",
            "bank:wechat",
            "subsidy:x",
        ] {
            let account: LedgerAccount = text.parse().unwrap();
            assert_eq!((account.name().as_str(), account.to_string().as_str()), (text, text));
        }
        for text in ["cash", "agency", "agency:", "income:x", "receivable:", ""] {
            assert!(text.parse::<LedgerAccount>().is_err(), "{text}");
        }
    }

    #[test]
    fn codes_are_small_and_differ() {
        let codes: BTreeSet<i32> = AccountClass::ALL.iter().map(|class| class.code()).collect();
        assert_eq!(codes.len(), AccountClass::ALL.len());
        assert!(codes.iter().all(|code| (1..1000).contains(code)));
    }
}
