//! Units of the wire and the canonical unit of each dimension.
//!
//! A decoder never converts: it reports the number in the wire's own unit. The one conversion, into the
//! canonical unit of storage and of CSV files, happens here, as a ratio of two integers, exactly or not at all.

use rust_decimal::Decimal;

macro_rules! units {
    ($($variant:ident $symbol:literal $dimension:ident $num:literal / $den:literal;)*) => {
        crate::closed_list! {
            /// A unit as printed in `decode` output, in CSV files and on bills, in the order of `docs/protocols.md`.
            pub enum Unit: "unit" { $(#[doc = $symbol] $variant = $symbol,)* }
        }

        impl Unit {
            /// The printed symbol, e.g. `m3/h`.
            pub const fn symbol(self) -> &'static str {
                self.name()
            }

            /// What this unit measures.
            pub const fn dimension(self) -> Dimension {
                match self { $(Self::$variant => Dimension::$dimension,)* }
            }

            /// How many canonical units one of this unit is: numerator and denominator.
            const fn ratio(self) -> (i64, i64) {
                match self { $(Self::$variant => ($num, $den),)* }
            }
        }
    };
}

units! {
    // Symbol, dimension, canonical units per unit. Canonical: kWh, MJ, kvarh, kVAh, m3, kg, kW, kvar, kVA, m3/h,
    // kg/h, Cel, K, bar, V, A, Hz, deg, h, 1. The calorie is the international table's (1 kcal = 4.1868 kJ), the
    // one of the heat meter standards.
    KiloWattHour "kWh" Energy 1 / 1;
    WattHour "Wh" Energy 1 / 1_000;
    MegaWattHour "MWh" Energy 1_000 / 1;
    Joule "J" Heat 1 / 1_000_000;
    KiloJoule "kJ" Heat 1 / 1_000;
    MegaJoule "MJ" Heat 1 / 1;
    GigaJoule "GJ" Heat 1_000 / 1;
    KiloCalorie "kcal" Heat 41_868 / 10_000_000;
    MegaCalorie "Mcal" Heat 41_868 / 10_000;
    GigaCalorie "Gcal" Heat 41_868 / 10;
    KiloVarHour "kvarh" ReactiveEnergy 1 / 1;
    VarHour "varh" ReactiveEnergy 1 / 1_000;
    MegaVarHour "Mvarh" ReactiveEnergy 1_000 / 1;
    KiloVoltAmpereHour "kVAh" ApparentEnergy 1 / 1;
    VoltAmpereHour "VAh" ApparentEnergy 1 / 1_000;
    CubicMetre "m3" Volume 1 / 1;
    Litre "l" Volume 1 / 1_000;
    Kilogram "kg" Mass 1 / 1;
    Tonne "t" Mass 1_000 / 1;
    Watt "W" Power 1 / 1_000;
    KiloWatt "kW" Power 1 / 1;
    MegaWatt "MW" Power 1_000 / 1;
    JoulePerHour "J/h" Power 1 / 3_600_000;
    KiloJoulePerHour "kJ/h" Power 1 / 3_600;
    MegaJoulePerHour "MJ/h" Power 10 / 36;
    GigaJoulePerHour "GJ/h" Power 10_000 / 36;
    Var "var" ReactivePower 1 / 1_000;
    KiloVar "kvar" ReactivePower 1 / 1;
    VoltAmpere "VA" ApparentPower 1 / 1_000;
    KiloVoltAmpere "kVA" ApparentPower 1 / 1;
    CubicMetrePerHour "m3/h" VolumeFlow 1 / 1;
    CubicMetrePerMinute "m3/min" VolumeFlow 60 / 1;
    CubicMetrePerSecond "m3/s" VolumeFlow 3_600 / 1;
    LitrePerHour "l/h" VolumeFlow 1 / 1_000;
    LitrePerMinute "l/min" VolumeFlow 60 / 1_000;
    KilogramPerHour "kg/h" MassFlow 1 / 1;
    Celsius "Cel" Temperature 1 / 1;
    Kelvin "K" TemperatureDifference 1 / 1;
    Bar "bar" Pressure 1 / 1;
    Volt "V" Voltage 1 / 1;
    Ampere "A" Current 1 / 1;
    Hertz "Hz" Frequency 1 / 1;
    Degree "deg" Angle 1 / 1;
    Second "s" Duration 1 / 3_600;
    Minute "min" Duration 1 / 60;
    Hour "h" Duration 1 / 1;
    Day "d" Duration 24 / 1;
    Percent "%" Ratio 1 / 100;
    One "1" Ratio 1 / 1;
}

/// What a unit measures. Joule families and watt-hour families are two dimensions on purpose: 1 J is exact in MJ
/// but has no finite decimal in kWh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// kWh
    Energy,
    /// MJ
    Heat,
    /// kvarh
    ReactiveEnergy,
    /// kVAh
    ApparentEnergy,
    /// m3
    Volume,
    /// kg
    Mass,
    /// kW
    Power,
    /// kvar
    ReactivePower,
    /// kVA
    ApparentPower,
    /// m3/h
    VolumeFlow,
    /// kg/h
    MassFlow,
    /// Cel
    Temperature,
    /// K
    TemperatureDifference,
    /// bar
    Pressure,
    /// V
    Voltage,
    /// A
    Current,
    /// Hz
    Frequency,
    /// deg
    Angle,
    /// h
    Duration,
    /// 1
    Ratio,
}

impl Dimension {
    /// The unit in which readings of this dimension are stored and written to CSV files.
    pub const fn canonical(self) -> Unit {
        match self {
            Self::Energy => Unit::KiloWattHour,
            Self::Heat => Unit::MegaJoule,
            Self::ReactiveEnergy => Unit::KiloVarHour,
            Self::ApparentEnergy => Unit::KiloVoltAmpereHour,
            Self::Volume => Unit::CubicMetre,
            Self::Mass => Unit::Kilogram,
            Self::Power => Unit::KiloWatt,
            Self::ReactivePower => Unit::KiloVar,
            Self::ApparentPower => Unit::KiloVoltAmpere,
            Self::VolumeFlow => Unit::CubicMetrePerHour,
            Self::MassFlow => Unit::KilogramPerHour,
            Self::Temperature => Unit::Celsius,
            Self::TemperatureDifference => Unit::Kelvin,
            Self::Pressure => Unit::Bar,
            Self::Voltage => Unit::Volt,
            Self::Current => Unit::Ampere,
            Self::Frequency => Unit::Hertz,
            Self::Angle => Unit::Degree,
            Self::Duration => Unit::Hour,
            Self::Ratio => Unit::One,
        }
    }

    /// Whether money is ever computed from an index of this dimension. Such a value is stored exactly or refused.
    pub const fn is_billed(self) -> bool {
        matches!(
            self,
            Self::Energy
                | Self::Heat
                | Self::ReactiveEnergy
                | Self::ApparentEnergy
                | Self::Volume
                | Self::Mass
        )
    }
}

impl Unit {
    /// The canonical unit of this unit's dimension.
    pub const fn canonical(self) -> Unit {
        self.dimension().canonical()
    }

    /// `value` of this unit, in the canonical unit.
    ///
    /// Exact whenever the ratio has a finite decimal; minutes, seconds and joules per hour have none and come out
    /// at 28 digits (never billed, see [`Dimension::is_billed`]). `None` when the product overflows 96 bits.
    ///
    /// ```
    /// use metering::Unit;
    /// use rust_decimal::Decimal;
    /// let litres = Decimal::new(1_234_567, 0);
    /// assert_eq!(Unit::Litre.to_canonical(litres), Some(Decimal::new(1_234_567, 3)));
    /// assert_eq!(Unit::Litre.canonical(), Unit::CubicMetre);
    /// ```
    pub fn to_canonical(self, value: Decimal) -> Option<Decimal> {
        match self.ratio() {
            (1, 1) => Some(value),
            (num, 1) => value.checked_mul(Decimal::from(num)),
            (num, den) => {
                let product = if num == 1 { value } else { value.checked_mul(Decimal::from(num))? };
                product.checked_div(Decimal::from(den))
            }
        }
    }
}

/// Why a value of one unit is none of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConvertError {
    /// They measure different things.
    Mismatch,
    /// The result has no finite decimal, or more than 28 digits: a kWh meter may count in MJ, seldom the other way.
    Inexact,
    /// The result does not fit into 96 bits.
    Overflow,
}

impl Unit {
    /// `value` of this unit in another, exactly or not at all. Energy and heat are one quantity here: 1 kWh = 3.6 MJ.
    ///
    /// ```
    /// use metering::{ConvertError, Unit};
    /// use rust_decimal::Decimal;
    /// let convert = |value: i64, from: Unit, to| from.convert(Decimal::from(value), to);
    /// assert_eq!(convert(10, Unit::KiloWattHour, Unit::MegaJoule), Ok(Decimal::from(36)));
    /// assert_eq!(convert(9, Unit::MegaJoule, Unit::KiloWattHour), Ok(Decimal::new(25, 1)));
    /// assert_eq!(convert(10, Unit::MegaJoule, Unit::KiloWattHour), Err(ConvertError::Inexact));
    /// assert_eq!(convert(10, Unit::Litre, Unit::KiloWattHour), Err(ConvertError::Mismatch));
    /// ```
    pub fn convert(self, value: Decimal, to: Self) -> Result<Decimal, ConvertError> {
        let (num, den) = self.factor(to).ok_or(ConvertError::Mismatch)?;
        if num == den {
            return Ok(value);
        }
        // In integers: the decimal's own division rounds at 28 digits and does not say so.
        let mut dividend = value.mantissa().checked_mul(num.into()).ok_or(ConvertError::Overflow)?;
        let mut scale = value.scale();
        while dividend.checked_rem(den.into()) != Some(0) {
            dividend = dividend.checked_mul(10).ok_or(ConvertError::Inexact)?;
            scale = scale.checked_add(1).filter(|scale| *scale <= 28).ok_or(ConvertError::Inexact)?;
        }
        let quotient = dividend.checked_div(den.into()).ok_or(ConvertError::Overflow)?;
        let converted = Decimal::try_from_i128_with_scale(quotient, scale);
        converted.map(|converted| converted.normalize()).map_err(|_| ConvertError::Overflow)
    }

    /// How many of another unit one of this is, as numerator and denominator.
    fn factor(self, to: Self) -> Option<(i64, i64)> {
        // Most values come in a unit of the register's own dimension and go into its canonical one.
        if to.canonical() == to && self.dimension() == to.dimension() {
            return Some(self.ratio());
        }
        let between = match (self.dimension(), to.dimension()) {
            (Dimension::Energy, Dimension::Heat) => (18, 5),
            (Dimension::Heat, Dimension::Energy) => (5, 18),
            (from, to) if from == to => (1, 1),
            _ => return None,
        };
        let ((a, b), (c, d)) = (self.ratio(), to.ratio());
        // At most 41,868,000,000 x 10,000,000 x 18: inside 64 bits once reduced, and inside 128 before.
        let product = |x: i64, y: i64, z: i64| i128::from(x).checked_mul(y.into())?.checked_mul(z.into());
        let (num, den) = (product(a, d, between.0)?, product(b, c, between.1)?);
        let divisor = gcd(num, den);
        let reduced = |n: i128| i64::try_from(n.checked_div(divisor)?).ok();
        Some((reduced(num)?, reduced(den)?))
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    match a.checked_rem(b) {
        None => a,
        Some(rest) => gcd(b, rest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_symbol_reads_back() {
        for unit in Unit::ALL {
            assert_eq!(unit.symbol().parse(), Ok(*unit));
        }
        assert!("cubits".parse::<Unit>().is_err());
    }

    #[test]
    fn every_canonical_unit_is_its_own() {
        for unit in Unit::ALL {
            assert_eq!(unit.canonical().canonical(), unit.canonical());
            assert_eq!(unit.canonical().to_canonical(Decimal::TEN), Some(Decimal::TEN), "{unit}");
        }
    }

    #[test]
    fn a_unit_converts_exactly() {
        for (value, unit, canonical) in [
            ("1", Unit::GigaCalorie, "4186.8"),
            ("1", Unit::Joule, "0.000001"),
            ("0.5", Unit::MegaWattHour, "500"),
            ("25", Unit::LitrePerMinute, "1.5"),
            ("36", Unit::GigaJoulePerHour, "10000"),
            ("-1.5", Unit::Tonne, "-1500"),
            ("50", Unit::Percent, "0.5"),
        ] {
            let value: Decimal = value.parse().unwrap();
            assert_eq!(unit.to_canonical(value), Some(canonical.parse().unwrap()), "{value} {unit}");
        }
    }

    #[test]
    fn every_pair_of_one_quantity_has_a_factor() {
        for from in Unit::ALL {
            for to in Unit::ALL {
                let energies = [Dimension::Energy, Dimension::Heat];
                let one = from.dimension() == to.dimension()
                    || (energies.contains(&from.dimension()) && energies.contains(&to.dimension()));
                assert_eq!(from.factor(*to).is_some(), one, "{from} to {to}");
                if let (Some(there), Some(back)) = (from.factor(*to), to.factor(*from)) {
                    let [a, b, c, d] = [there.0, there.1, back.0, back.1].map(i128::from);
                    assert_eq!(a * c, b * d, "{from} to {to}");
                }
            }
        }
    }

    #[test]
    fn what_has_no_finite_decimal_is_refused() {
        for (value, from, to, expected) in [
            ("1", Unit::GigaCalorie, Unit::MegaJoule, Ok("4186.8")),
            ("1", Unit::GigaCalorie, Unit::KiloWattHour, Ok("1163")),
            ("0.5", Unit::MegaWattHour, Unit::GigaJoule, Ok("1.8")),
            ("1", Unit::GigaJoule, Unit::MegaWattHour, Err(ConvertError::Inexact)),
            ("90", Unit::Second, Unit::Minute, Ok("1.5")),
            ("1", Unit::Second, Unit::Hour, Err(ConvertError::Inexact)),
            (
                "0.0000000000000000000000000001",
                Unit::WattHour,
                Unit::KiloWattHour,
                Err(ConvertError::Inexact),
            ),
        ] {
            let value: Decimal = value.parse().unwrap();
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(from.convert(value, to), expected, "{value} {from} to {to}");
        }
        assert_eq!(Unit::GigaJoule.convert(Decimal::MAX, Unit::MegaJoule), Err(ConvertError::Overflow));
    }

    proptest! {
        /// There and back again is the same value, wherever both ways have a finite decimal.
        #[test]
        fn a_conversion_loses_nothing(raw: i64, from in 0..Unit::ALL.len(), to in 0..Unit::ALL.len()) {
            let (from, to) = (Unit::ALL[from], Unit::ALL[to]);
            let value = Decimal::new(raw, 6);
            if let Ok(converted) = from.convert(value, to) {
                prop_assert_eq!(to.convert(converted, from), Ok(value.normalize()), "{} to {}", from, to);
            }
        }
    }

    #[test]
    fn an_overflow_is_none() {
        assert_eq!(Unit::GigaJoule.to_canonical(Decimal::MAX), None);
    }
}
