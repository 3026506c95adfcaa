//! Bands from registers: which band a rate register counts is a dated fact of the meter.

use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::bands::BandSum;

/// A register's band over `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterBand {
    /// The register, such as `1-0:1.8.2`.
    pub register: Box<str>,
    /// Its band.
    pub band: Box<str>,
    /// From when.
    pub from: Timestamp,
    /// Until when; open where `None`.
    pub to: Option<Timestamp>,
}

/// The dated map of one meter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BandMap(Vec<RegisterBand>);

/// Why a register's usage has no band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BandMapError {
    /// No entry covers the whole span: the register has no band, or changed it inside.
    NoBand {
        /// The register.
        register: Box<str>,
        /// The start of the span.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// A sum beyond 96 bits.
    Overflow,
}

impl fmt::Display for BandMapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBand { register, from, to } => {
                write!(
                    f,
                    "register {register} has no one band over [{from}, {to}): cut the segment where it changes"
                )
            }
            Self::Overflow => f.write_str("band sums: a number beyond 96 bits"),
        }
    }
}

impl std::error::Error for BandMapError {}

impl BandMap {
    /// The map of these entries.
    pub fn new(entries: Vec<RegisterBand>) -> Self {
        Self(entries)
    }

    /// The band that a register counted over all of a span.
    pub fn band(&self, register: &str, from: Timestamp, to: Timestamp) -> Result<&str, BandMapError> {
        let covers = |entry: &&RegisterBand| {
            &*entry.register == register && entry.from <= from && entry.to.is_none_or(|end| to <= end)
        };
        let entry = self.0.iter().find(covers);
        entry.map(|entry| &*entry.band).ok_or_else(|| BandMapError::NoBand {
            register: register.into(),
            from,
            to,
        })
    }

    /// Sums the usage of registers by band.
    pub fn sum<'a>(
        &self,
        usages: impl IntoIterator<Item = (&'a str, Timestamp, Timestamp, Decimal)>,
    ) -> Result<Vec<BandSum>, BandMapError> {
        let mut sums: Vec<BandSum> = Vec::new();
        for (register, from, to, usage) in usages {
            let band = self.band(register, from, to)?;
            match sums.iter_mut().find(|sum| &*sum.band == band) {
                Some(sum) => sum.usage = sum.usage.checked_add(usage).ok_or(BandMapError::Overflow)?,
                None => sums.push(BandSum { band: band.into(), usage }),
            }
        }
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_that_changes_its_band_must_be_cut() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let entry = |band: &str, from, to: Option<i64>| RegisterBand {
            register: "1-0:1.8.1".into(),
            band: band.into(),
            from: at(from),
            to: to.map(at),
        };
        let map = BandMap::new(vec![entry("peak", 0, Some(100)), entry("sharp", 100, None)]);
        let usage = |from, to| [("1-0:1.8.1", at(from), at(to), Decimal::TEN)];
        assert_eq!(map.sum(usage(0, 100)).unwrap()[0].band, "peak".into());
        assert_eq!(map.sum(usage(100, 200)).unwrap()[0].band, "sharp".into());
        assert!(matches!(map.sum(usage(50, 150)), Err(BandMapError::NoBand { .. })));
    }
}
