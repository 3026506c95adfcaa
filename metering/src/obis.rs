//! OBIS codes (EN 62056-61, EN 13757-1): the name of a register, `A-B:C.D.E[*F]`.

use std::fmt;
use std::str::FromStr;

/// An OBIS code. `F` 255 means "now" and is not printed.
///
/// ```
/// use metering::Obis;
/// let import: Obis = "1-0:1.8.0".parse()?;
/// assert_eq!(import.to_string(), "1-0:1.8.0");
/// assert_eq!("8-0:1.0.0*1".parse::<Obis>()?.to_string(), "8-0:1.0.0*1");
/// # Ok::<(), metering::ObisError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Obis {
    /// Medium: 1 electricity, 5 cooling, 6 heat, 7 gas, 8 cold water, 9 hot water, 0 abstract.
    pub a: u8,
    /// Channel.
    pub b: u8,
    /// Quantity.
    pub c: u8,
    /// Measurement type (8 = time integral since the start).
    pub d: u8,
    /// Tariff rate, 0 = total.
    pub e: u8,
    /// Billing period, 255 = current.
    pub f: u8,
}

impl Obis {
    /// A code of the current period, `a-b:c.d.e`.
    pub const fn new(a: u8, b: u8, c: u8, d: u8, e: u8) -> Self {
        Self { a, b, c, d, e, f: 255 }
    }

    /// Active energy import, total.
    pub const ELECTRICITY_IMPORT: Self = Self::new(1, 0, 1, 8, 0);
    /// Active energy export, total.
    pub const ELECTRICITY_EXPORT: Self = Self::new(1, 0, 2, 8, 0);
    /// Heat energy.
    pub const HEAT_ENERGY: Self = Self::new(6, 0, 1, 0, 0);
    /// Volume of a heat meter.
    pub const HEAT_VOLUME: Self = Self::new(6, 0, 2, 0, 0);
    /// Cooling energy.
    pub const COOLING_ENERGY: Self = Self::new(5, 0, 1, 0, 0);
    /// Gas volume.
    pub const GAS_VOLUME: Self = Self::new(7, 0, 3, 0, 0);
    /// Cold water volume.
    pub const COLD_WATER: Self = Self::new(8, 0, 1, 0, 0);
    /// Hot water volume.
    pub const HOT_WATER: Self = Self::new(9, 0, 1, 0, 0);
}

impl fmt::Display for Obis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}:{}.{}.{}", self.a, self.b, self.c, self.d, self.e)?;
        if self.f != 255 {
            write!(f, "*{}", self.f)?;
        }
        Ok(())
    }
}

/// A text that is no OBIS code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObisError(String);

impl fmt::Display for ObisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no OBIS code: expected A-B:C.D.E, each 0 to 255, such as 8-0:1.0.0", self.0)
    }
}

impl std::error::Error for ObisError {}

impl FromStr for Obis {
    type Err = ObisError;

    fn from_str(text: &str) -> Result<Self, ObisError> {
        parse(text).ok_or_else(|| ObisError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Obis> {
    let (a, rest) = text.split_once('-')?;
    let (b, rest) = rest.split_once(':')?;
    let (rest, f) = match rest.split_once('*') {
        Some((rest, f)) => (rest, byte(f)?),
        None => (rest, 255),
    };
    let mut groups = rest.split('.').map(byte);
    let (c, d, e) = (groups.next()??, groups.next()??, groups.next()??);
    if groups.next().is_some() {
        return None;
    }
    Some(Obis { a: byte(a)?, b: byte(b)?, c, d, e, f })
}

/// A group of one to three digits, nothing else: `u8::from_str` would also take `+8`.
fn byte(text: &str) -> Option<u8> {
    (text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_code_is_one() {
        for text in
            ["", "1.8.0", "1-0:1.8", "1-0:1.8.0.0", "1-0:1.8.256", "1-0:+1.8.0", "1-0:1.8.0*", " 1-0:1.8.0"]
        {
            assert!(text.parse::<Obis>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_code_reads_back() {
        for text in ["1-0:1.8.0", "0-0:96.1.0", "6-0:1.0.0*1", "255-255:255.255.255*254"] {
            assert_eq!(text.parse::<Obis>().unwrap().to_string(), text);
        }
    }
}
