//! To where a register is billed, and what was freed before: counted from bills alone, to be held against what the database
//! keeps of it.

use jiff::Timestamp;

use crate::content::RegisterEnd;

/// The bills of one register, as far as their time goes. However many there are, they touch: it stays small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    /// Time that a bill bills which stands: in order, not touching.
    live: Vec<Stretch>,
    /// Time of bills that were taken back.
    taken_back: Vec<Stretch>,
    last: Option<(RegisterEnd, i64)>,
    overlap: Option<i64>,
}

/// `[from, to)`.
pub type Stretch = (Timestamp, Timestamp);

impl Frontier {
    /// Adds a bill that stands.
    pub fn stands(&mut self, end: RegisterEnd, bill: i64) {
        if self.live.iter().any(|(from, to)| *from < end.to && end.from < *to) {
            self.overlap = Some(bill);
        }
        add(&mut self.live, (end.from, end.to));
        if self.last.is_none_or(|(last, _)| last.to < end.to) {
            self.last = Some((end, bill));
        }
    }

    /// Adds a bill that was taken back.
    pub fn taken_back(&mut self, end: RegisterEnd) {
        add(&mut self.taken_back, (end.from, end.to));
    }

    /// The last stretch that is billed, and by which bill; none where nothing is.
    pub const fn end(&self) -> Option<(RegisterEnd, i64)> {
        self.last
    }

    /// A bill that bills time which another one bills.
    pub const fn overlap(&self) -> Option<i64> {
        self.overlap
    }

    /// Time before the end that was billed and is not any more, in order.
    pub fn gaps(&self) -> Vec<Stretch> {
        let Some((last, _)) = self.last else { return Vec::new() };
        let mut gaps = Vec::new();
        for (from, to) in &self.taken_back {
            let mut from = *from;
            let to = (*to).min(last.to);
            for (live_from, live_to) in &self.live {
                if *live_from < to && from < *live_to {
                    if from < *live_from {
                        gaps.push((from, *live_from));
                    }
                    from = from.max(*live_to);
                }
            }
            if from < to {
                gaps.push((from, to));
            }
        }
        gaps
    }
}

/// Stretches in order that do not touch, from any.
pub fn merged(stretches: impl IntoIterator<Item = Stretch>) -> Vec<Stretch> {
    let mut merged = Vec::new();
    for stretch in stretches {
        add(&mut merged, stretch);
    }
    merged
}

/// Adds a stretch to those in order, joined to those that it touches.
fn add(stretches: &mut Vec<Stretch>, (from, to): Stretch) {
    let first = stretches.partition_point(|(_, end)| *end < from);
    let after = stretches.partition_point(|(start, _)| *start <= to);
    let joined = stretches.get(first..after).unwrap_or_default();
    let from = joined.first().map_or(from, |(start, _)| from.min(*start));
    let to = joined.last().map_or(to, |(_, end)| to.max(*end));
    stretches.splice(first..after.max(first), [(from, to)]);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

    use metering::Quality;
    use proptest::prelude::*;

    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_second(n * 86_400).unwrap()
    }

    fn end(from: i64, to: i64) -> RegisterEnd {
        let (from, to) = (day(from), day(to));
        RegisterEnd { from, to, open: 0, close: 1, quality: Quality::Actual, rolled: false }
    }

    fn gaps(frontier: &Frontier) -> Vec<(i64, i64)> {
        let days = |at: Timestamp| at.as_second() / 86_400;
        frontier.gaps().into_iter().map(|(from, to)| (days(from), days(to))).collect()
    }

    #[test]
    fn a_bill_that_was_taken_back_leaves_a_gap_only_before_the_end() {
        let mut frontier = Frontier::default();
        frontier.stands(end(0, 30), 1);
        frontier.taken_back(end(30, 61));
        assert_eq!(gaps(&frontier), []);
        frontier.stands(end(61, 92), 3);
        assert_eq!(gaps(&frontier), [(30, 61)]);
        assert_eq!(frontier.end().map(|(_, bill)| bill), Some(3));
        // Billed again, to another day.
        frontier.stands(end(30, 60), 4);
        assert_eq!(gaps(&frontier), [(60, 61)]);
        assert_eq!(frontier.overlap(), None);
        frontier.stands(end(59, 61), 5);
        assert_eq!(frontier.overlap(), Some(5));
    }

    #[test]
    fn nothing_is_billed_where_all_was_taken_back() {
        let mut frontier = Frontier::default();
        frontier.taken_back(end(0, 30));
        assert_eq!((frontier.end(), gaps(&frontier)), (None, vec![]));
    }

    proptest! {
        /// A day is a gap just where a bill of it was taken back, none stands, and a later one does.
        #[test]
        fn days_tell_the_gaps(bills in prop::collection::vec((0_i64..40, 1_i64..12, any::<bool>()), 0..12)) {
            let mut frontier = Frontier::default();
            for ((from, days, stands), bill) in bills.iter().zip(1..) {
                let end = end(*from, from + days);
                if *stands { frontier.stands(end, bill) } else { frontier.taken_back(end) }
            }
            let covered = |of: bool, day: i64| {
                bills.iter().any(|(from, days, stands)| *stands == of && (*from..from + days).contains(&day))
            };
            let last = bills.iter().filter(|bill| bill.2).map(|(from, days, _)| from + days).max().unwrap_or(0);
            let found = frontier.gaps();
            for n in 0..60 {
                let is_gap = found.iter().any(|(from, to)| (*from..*to).contains(&day(n)));
                prop_assert_eq!(is_gap, covered(false, n) && !covered(true, n) && n < last, "day {}", n);
            }
            prop_assert_eq!(frontier.end().map_or(day(0), |(end, _)| end.to), day(last));
        }
    }
}
