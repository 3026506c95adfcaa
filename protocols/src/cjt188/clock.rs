//! The seven bytes of date and time.

use jiff::civil::DateTime;

use crate::bcd;

/// What the clock field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// A civil time.
    Set(DateTime),
    /// All bits set, or all clear: the meter has no clock, or it was never set.
    Absent,
    /// No date and time.
    Invalid,
}

/// `ss mm hh DD MM YY CC`, two digits each.
#[inline]
pub(crate) fn read(bytes: [u8; 7]) -> Clock {
    if bytes == [0; 7] || bytes == [0xFF; 7] {
        return Clock::Absent;
    }
    let [second, minute, hour, day, month, year, century] = bytes;
    let time = || {
        let year =
            i16::from(bcd::digits(century)?).wrapping_mul(100).wrapping_add(i16::from(bcd::digits(year)?));
        let (month, day) = (bcd::digits(month)?, bcd::digits(day)?);
        let (hour, minute, second) = (bcd::digits(hour)?, bcd::digits(minute)?, bcd::digits(second)?);
        DateTime::new(year, month, day, hour, minute, second, 0).ok()
    };
    time().map_or(Clock::Invalid, Clock::Set)
}

/// The seven bytes of a time, zeros for none.
pub(crate) fn write(time: Option<DateTime>) -> [u8; 7] {
    let Some(time) = time else { return [0; 7] };
    let two = |number: i8| bcd::packed(number.unsigned_abs());
    let [year, century] = bcd::write::<2>(u64::from(time.year().unsigned_abs()));
    [
        two(time.second()),
        two(time.minute()),
        two(time.hour()),
        two(time.day()),
        two(time.month()),
        year,
        century,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_time_is_read_or_it_is_none() {
        let bytes = [0x31, 0x01, 0x22, 0x11, 0x05, 0x15, 0x20];
        let time = date(2015, 5, 11).at(22, 1, 31, 0);
        assert_eq!(read(bytes), Clock::Set(time));
        assert_eq!(write(Some(time)), bytes);
        assert_eq!(read([0xFF; 7]), Clock::Absent);
        assert_eq!(read(write(None)), Clock::Absent);
        assert_eq!(read([0x60, 0x20, 0x20, 0, 0, 0, 0]), Clock::Invalid);
        assert_eq!(read([0, 0, 0, 0x30, 0x02, 0x24, 0x20]), Clock::Invalid);
        assert_eq!(read([0, 0, 0, 0x0A, 0x02, 0x24, 0x20]), Clock::Invalid);
    }
}
