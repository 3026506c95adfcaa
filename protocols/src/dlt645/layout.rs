//! What stands behind a data identifier: the vocabulary of the two editions' tables.

use metering::{Function, Obis, Quantity, Unit};

/// A number on the wire: packed digits, least significant byte first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Bytes.
    pub(crate) len: usize,
    /// Digits behind the point.
    pub(crate) decimals: u32,
    /// Whether the top bit of the last byte is a minus sign.
    pub(crate) signed: bool,
    /// Whether five bytes of time stand behind it: when a maximum occurred.
    pub(crate) timed: bool,
}

impl Form {
    pub(crate) const fn plain(len: usize, decimals: u32) -> Self {
        Self { len, decimals, signed: false, timed: false }
    }

    pub(crate) const fn signed(len: usize, decimals: u32) -> Self {
        Self { len, decimals, signed: true, timed: false }
    }

    /// Bytes with the time.
    pub(crate) const fn whole(self) -> usize {
        self.len.saturating_add(if self.timed { 5 } else { 0 })
    }
}

/// What changes from one number of a block to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progression {
    /// There is one number.
    None,
    /// Total, tariff 1, tariff 2, …
    Tariff,
    /// Now, one settlement day back, two, …
    Storage,
    /// Phase by phase.
    Phase,
}

/// One number, or a block of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) form: Form,
    pub(crate) quantity: Quantity,
    pub(crate) unit: Option<Unit>,
    pub(crate) function: Function,
    /// OBIS groups C (of the sum over the phases) and D of a current value; 0: there is no code.
    pub(crate) c: u8,
    pub(crate) d: u8,
    /// 0 the sum, 1 to 3 a phase: 20 is added to group C for each.
    pub(crate) phase: u8,
    pub(crate) tariff: u8,
    /// Settlement days or freezes back.
    pub(crate) storage: u8,
    /// Which freeze (DI2 + 1 of the 2007 edition), event or setting (its own identifier's byte); 0 for none.
    pub(crate) freeze: u8,
    pub(crate) step: Progression,
}

impl Series {
    /// One current number without an OBIS code.
    pub(crate) const fn one(form: Form, quantity: Quantity, unit: Option<Unit>) -> Self {
        Self {
            form,
            quantity,
            unit,
            function: Function::Instantaneous,
            c: 0,
            d: 0,
            phase: 0,
            tariff: 0,
            storage: 0,
            freeze: 0,
            step: Progression::None,
        }
    }

    /// The same as one of a group: what tells an event or a setting from others of its quantity.
    pub(crate) const fn among(self, group: u8, number: u8) -> Self {
        Self { freeze: group, phase: number, ..self }
    }

    /// The same with OBIS groups C and D.
    pub(crate) const fn coded(self, c: u8, d: u8) -> Self {
        Self { c, d, ..self }
    }

    /// The series of the block's `index`-th number.
    pub(crate) fn at(self, index: usize) -> Self {
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        match self.step {
            Progression::None => self,
            Progression::Tariff => Self { tariff: self.tariff.saturating_add(index), ..self },
            Progression::Storage => Self { storage: self.storage.saturating_add(index), ..self },
            Progression::Phase => Self { phase: self.phase.saturating_add(index), ..self },
        }
    }

    const fn group_c(self) -> u8 {
        self.c.saturating_add(self.phase.saturating_mul(20))
    }

    /// The OBIS code of a current value.
    pub(crate) const fn obis(self) -> Option<Obis> {
        match (self.c, self.storage) {
            (1.., 0) => Some(Obis::new(1, 0, self.group_c(), self.d, self.tariff)),
            _ => None,
        }
    }

    /// What tells a value without OBIS code from its neighbours of the same quantity: a thousand times the freeze,
    /// plus group C where that isn't the quantity's own (a quadrant, a phase), or the phase alone.
    pub(crate) fn subunit(self) -> u16 {
        if self.obis().is_some() {
            return 0;
        }
        let own = match self.quantity {
            Quantity::Energy | Quantity::PowerDemand | Quantity::Power => 1,
            Quantity::EnergyExport => 2,
            Quantity::EnergyCombined => 15,
            Quantity::ReactiveEnergy | Quantity::ReactivePower => 3,
            Quantity::ReactiveEnergyExport => 4,
            Quantity::ApparentEnergy | Quantity::ApparentPower => 9,
            _ => 0,
        };
        let place = match self.c {
            0 => self.phase,
            _ if self.group_c() == own => 0,
            _ => self.group_c(),
        };
        u16::from(self.freeze).saturating_mul(1_000).saturating_add(place.into())
    }
}

/// What stands behind an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Numbers.
    Series(Series),
    /// Three series one behind the other, such as a freeze of powers: each a block of four.
    Powers {
        /// Of the active power; the reactive follows in the same form.
        active: Series,
    },
    /// `WW DD MM YY`.
    Date,
    /// `ss mm hh`.
    TimeOfDay,
    /// `ss mm hh WW DD MM YY`.
    DateTime,
    /// `mm hh DD MM YY`: when a freeze was taken, how many back.
    FreezeTime {
        /// Which freeze.
        freeze: u8,
        /// How many back.
        storage: u8,
    },
    /// `mm hh DD MM`, a time of the 1997 edition, which leaves the year out: one, or a block.
    YearlessTimes(Series),
    /// How often something happened and how many minutes it lasted, three bytes each, of each phase or of all.
    Occurrences {
        /// Which event: DI2.
        event: u8,
        /// Whether each phase has its own.
        by_phase: bool,
    },
    /// `ss mm hh DD MM YY` twice, then what the standard adds: when an event began and ended.
    EventTimes(u8),
    /// Packed digits that are a name.
    Digits(Quantity),
    /// ASCII, last character first.
    Text(Quantity),
    /// Status words of two bytes, from this number on.
    StatusWords(u8),
    /// Records of the load profile, of this class (0: all six).
    LoadProfile(u8),
    /// The 1997 edition's meter state and grid state, one byte.
    OldState(u8),
}
