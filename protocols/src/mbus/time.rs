//! Dates and times on the wire: data types F, G, I and J.
//!
//! ```text
//! EN 13757-3, annex A. Low byte first; bit fields within it:
//!
//! G, 2 bytes  day 0-4 | year low 5-7 ; month 0-3 | year high 4-7
//! F, 4 bytes  minute 0-5, bit 7 invalid ; hour 0-4, hundreds of the year 5-6, bit 7 summer time ; as G
//! I, 6 bytes  second 0-5 ; minute 0-5, bit 7 invalid ; hour 0-4 ; day, month, year as G ; week
//! J, 3 bytes  second ; minute ; hour
//! ```
//!
//! A year of two digits is 1981 to 2080. All bits set, or all clear, is "none", of F and I also where that is so of
//! the date alone; but of J all clear is midnight. The summer-time bit is not carried on: the time is the one that the
//! meter's clock shows.
//!
//! Deliberately absent: types K (rules of summer time), L (listening windows) and M (times of variable length): no text
//! of the standard is public that has their bits. Their records are handed on as numbers, as hex, and as unknown with
//! the bytes in a warning. Recurring times ("every month", month 15) are not instants and come out as unknown.

use jiff::civil::{Date, DateTime, Time};
use smol_str::format_smolstr;

use super::value::Reading;
use crate::{DeviceTime, State, Value};

/// The reading of 2, 3, 4 or 6 bytes; `None` for any other length.
pub(super) fn read(bytes: &[u8]) -> Option<Reading> {
    match *bytes {
        [0xFF, 0xFF, 0xFF]
        | [0, 0]
        | [0xFF, 0xFF]
        | [_, _, 0, 0]
        | [_, _, 0xFF, 0xFF]
        | [_, _, _, 0, 0, _]
        | [_, _, _, 0xFF, 0xFF, _] => Some(Reading::ABSENT),
        [day, month] => Some(date(day, month, 0).map_or(Reading::UNKNOWN, |d| valid(DeviceTime::Date(d)))),
        [second, minute, hour] => Some(time_of_day(second, minute, hour)),
        [minute, hour, day, month] => {
            let hundreds = hour >> 5 & 0x03;
            Some(instant(date(day, month, hundreds), hour, minute, 0))
        }
        [second, minute, hour, day, month, _week] => Some(instant(date(day, month, 0), hour, minute, second)),
        _ => None,
    }
}

fn valid(time: DeviceTime) -> Reading {
    Reading { time: Some(time), ..Reading::new(Value::None, State::Valid) }
}

fn instant(date: Option<Date>, hour: u8, minute: u8, second: u8) -> Reading {
    let time = Time::new(
        (hour & 0x1F).cast_signed(),
        (minute & 0x3F).cast_signed(),
        (second & 0x3F).cast_signed(),
        0,
    );
    let (Some(date), Ok(time)) = (date, time) else {
        return Reading::UNKNOWN;
    };
    let invalid = minute & 0x80 != 0;
    Reading {
        time: Some(DeviceTime::Civil(DateTime::from_parts(date, time))),
        ..Reading::new(Value::None, if invalid { State::Error } else { State::Valid })
    }
}

fn date(day: u8, month: u8, hundreds: u8) -> Option<Date> {
    let year = i16::from(day >> 5 | (month >> 4 & 0x0F) << 3);
    if year > 99 {
        return None;
    }
    let century = match (hundreds, year) {
        (0, ..=80) => 2000,
        (0, _) => 1900,
        (hundreds, _) => i16::from(hundreds).wrapping_mul(100).wrapping_add(1900),
    };
    Date::new(year.wrapping_add(century), (month & 0x0F).cast_signed(), (day & 0x1F).cast_signed()).ok()
}

/// A time without a date names no instant; it is handed on as text.
fn time_of_day(second: u8, minute: u8, hour: u8) -> Reading {
    let (hour, minute, second) = (hour & 0x1F, minute & 0x3F, second & 0x3F);
    match Time::new(hour.cast_signed(), minute.cast_signed(), second.cast_signed(), 0) {
        Ok(time) => Reading::new(Value::Text(format_smolstr!("{time}")), State::Valid),
        Err(_) => Reading::UNKNOWN,
    }
}

/// Type G of a date between 1981 and 2080.
pub(crate) fn encode_date(date: Date) -> Option<[u8; 2]> {
    let year = two_digits(date.year())?;
    let day = date.day().cast_unsigned() | (year & 0x07) << 5;
    let month = date.month().cast_unsigned() | (year >> 3 & 0x0F) << 4;
    Some([day, month])
}

/// Type F of a time between 1981 and 2080, in whole minutes.
pub(crate) fn encode_minutes(civil: DateTime) -> Option<[u8; 4]> {
    if civil.second() != 0 || civil.subsec_nanosecond() != 0 {
        return None;
    }
    let [day, month] = encode_date(civil.date())?;
    Some([civil.minute().cast_unsigned(), civil.hour().cast_unsigned(), day, month])
}

/// Type I of a time between 1981 and 2080, in whole seconds.
pub(crate) fn encode_seconds(civil: DateTime) -> Option<[u8; 6]> {
    if civil.subsec_nanosecond() != 0 {
        return None;
    }
    let [day, month] = encode_date(civil.date())?;
    let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
    Some([second.cast_unsigned(), minute.cast_unsigned(), hour.cast_unsigned(), day, month, 0])
}

fn two_digits(year: i16) -> Option<u8> {
    match year {
        1981..=1999 => u8::try_from(year.wrapping_sub(1900)).ok(),
        2000..=2080 => u8::try_from(year.wrapping_sub(2000)).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> (String, State) {
        let reading = read(bytes).unwrap();
        (reading.time.map(|t| t.to_string()).unwrap_or_default(), reading.state)
    }

    #[test]
    fn types_f_g_and_i() {
        assert_eq!(shown(&[0x5F, 0x2C]), ("2018-12-31".into(), State::Valid));
        assert_eq!(shown(&[0x2D, 0x0E, 0xDE, 0x27]), ("2022-07-30T14:45:00".into(), State::Valid));
        assert_eq!(shown(&[0xAD, 0x0E, 0xDE, 0x27]).1, State::Error);
        assert_eq!(shown(&[0x11, 0x2D, 0x0E, 0xDE, 0x27, 0]), ("2022-07-30T14:45:17".into(), State::Valid));
    }

    #[test]
    fn none_is_absent_and_nonsense_unknown() {
        // A clock that runs without a date is none either.
        for bytes in
            [&[0, 0][..], &[0xFF, 0xFF], &[0; 4], &[0xFF; 6], &[30, 12, 0, 0], &[9, 30, 12, 0xFF, 0xFF, 0]]
        {
            assert_eq!(read(bytes), Some(Reading::ABSENT));
        }
        // The thirtieth of February; every year; hour 25.
        for bytes in [&[0x5E, 0x22][..], &[0xFF, 0xFC], &[0x00, 0x19, 0x41, 0x21]] {
            assert_eq!(read(bytes), Some(Reading::UNKNOWN));
        }
        assert_eq!(read(&[0; 5]), None);
    }

    #[test]
    fn the_hundreds_of_the_year() {
        // Hundreds 1: 2000 to 2099; without them 81 is 1981.
        assert_eq!(shown(&[0x00, 0x20, 0x21, 0xA1]).0, "2081-01-01T00:00:00");
        assert_eq!(shown(&[0x00, 0x00, 0x21, 0xA1]).0, "1981-01-01T00:00:00");
    }

    #[test]
    fn a_time_of_day_is_text() {
        assert_eq!(read(&[5, 30, 23]).unwrap().value, Value::Text("23:30:05".into()));
        assert_eq!(read(&[0, 0, 0]).unwrap().value, Value::Text("00:00:00".into()));
        assert_eq!(read(&[0xFF; 3]), Some(Reading::ABSENT));
    }

    #[test]
    fn what_is_written_reads_back() {
        let civil = jiff::civil::datetime(2049, 12, 31, 23, 59, 0, 0);
        assert_eq!(shown(&encode_minutes(civil).unwrap()).0, civil.to_string());
        assert_eq!(shown(&encode_seconds(civil).unwrap()).0, civil.to_string());
        assert_eq!(encode_date(jiff::civil::date(2081, 1, 1)), None);
    }
}
