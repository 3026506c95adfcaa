//! Civil calendars: which days are worked, and in which band of the day (尖 峰 平 谷 深谷) an interval lies.
//!
//! **Promises** that every instant of every day has exactly one band: bands are written by their starts alone, and days
//! of 23 and 25 hours are ordinary.
//!
//! **Lacks** holidays of its own: they are data, given with the calendar.

mod bands;
mod registers;
mod working;

pub use bands::{BandCalendar, BandSum};
pub use registers::{BandMap, BandMapError, RegisterBand};
pub use working::WorkingDays;
