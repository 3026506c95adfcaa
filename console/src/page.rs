//! What pages have in common: the frame, the list that is shown in parts, times as people read them.

use jiff::Timestamp;
use metering::Zone;
use store::pages::{PAGE, Slice};

use crate::problem::{Problem, Wanted};
use crate::reader::{Reader, Theme};
use crate::visit::Visit;

/// The largest number of rows that a page may ask for.
const MOST_ROWS: i64 = 200;

/// The furthest page of a list that is counted by pages.
const FURTHEST: i64 = 1000;

/// What stands around a page.
pub(crate) struct Frame {
    /// The entry of the menu that is open.
    pub(crate) here: &'static str,
    /// This address in the other language.
    pub(crate) switch: String,
    pub(crate) theme: Theme,
    /// Who reads; `None`: nobody has logged in.
    pub(crate) who: Option<String>,
    /// What forms carry; `None`: the frame has no form.
    pub(crate) form_token: Option<String>,
    /// Where a form of the frame leads back to.
    pub(crate) back: String,
}

impl Frame {
    pub(crate) fn of(
        reader: &Reader,
        here: &'static str,
        form_token: Option<String>,
        who: Option<String>,
    ) -> Self {
        let other = reader.language.pick("zh", "en");
        Self {
            here,
            switch: reader.link(&[("lang", Some(other))]),
            theme: reader.theme,
            form_token,
            who,
            back: reader.link(&[("lang", None)]),
        }
    }
}

/// One part of a list.
pub(crate) struct Paged<T> {
    pub(crate) rows: Vec<T>,
    /// To the beginning, where this is not it.
    pub(crate) first: Option<String>,
    /// To the part before, in a list that is counted by pages.
    pub(crate) previous: Option<String>,
    /// To the part after, where there is one.
    pub(crate) next: Option<String>,
}

impl<T> Paged<T> {
    /// Of a list by a key, of which one row more than a page holds was asked for. `key` is the row's, as the address
    /// carries it.
    pub(crate) fn by_key(visit: &Visit, size: Size, mut found: Vec<T>, key: impl Fn(&T) -> String) -> Self {
        let more = size.cut(&mut found);
        let after = found.last().filter(|_| more).map(key);
        Self {
            next: after.map(|after| visit.link(&[("after", Some(&after))])),
            first: visit.given("after").map(|_| visit.link(&[("after", None)])),
            previous: None,
            rows: found,
        }
    }

    /// Of a short list without a key, likewise.
    pub(crate) fn by_number(visit: &Visit, size: Size, number: i64, mut found: Vec<T>) -> Self {
        let more = size.cut(&mut found) && number < FURTHEST;
        let link = |number: i64| match number {
            0 => visit.link(&[("page", None)]),
            number => visit.link(&[("page", Some(&number.to_string()))]),
        };
        Self {
            next: more.then(|| link(number.saturating_add(1))),
            first: (number > 1).then(|| link(0)),
            previous: (number > 0).then(|| link(number.saturating_sub(1))),
            rows: found,
        }
    }

    /// The same part, shown in another way.
    pub(crate) fn map<U>(self, show: impl FnMut(T) -> U) -> Paged<U> {
        let Self { rows, first, previous, next } = self;
        Paged { rows: rows.into_iter().map(show).collect(), first, previous, next }
    }
}

/// How many rows a page holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(i64);

impl Size {
    /// `size` of the address, else as always.
    pub(crate) fn of(visit: &Visit, field: &'static str) -> Result<Self, Problem> {
        Ok(Self(visit.number(field, 1, MOST_ROWS)?.unwrap_or(PAGE)))
    }

    /// One more row than the page holds, after a key: whether there is a next page is known, not guessed.
    pub(crate) fn after<K>(self, after: Option<K>) -> Slice<K> {
        Slice { after, most: self.0.saturating_add(1) }
    }

    /// Rows on the page.
    pub(crate) fn rows(self) -> i64 {
        self.0
    }

    /// Takes off the row that is one too many; whether there was one.
    pub(crate) fn cut<T>(self, found: &mut Vec<T>) -> bool {
        let rows = usize::try_from(self.0).unwrap_or(usize::MAX);
        let more = found.len() > rows;
        found.truncate(rows);
        more
    }
}

/// The number of a page, from 0.
pub(crate) fn number(visit: &Visit) -> Result<i64, Problem> {
    Ok(visit.number("page", 0, FURTHEST)?.unwrap_or(0))
}

/// The key of a list by numbers.
pub(crate) fn after_id(visit: &Visit) -> Result<Option<i64>, Problem> {
    let Some(given) = visit.given("after") else { return Ok(None) };
    let id = given.parse().ok().filter(|id| *id >= 0);
    id.map(Some).ok_or_else(|| Problem::invalid("after", given, Wanted::Cursor))
}

/// A civil date and time for people, to the minute.
pub(crate) fn at(zone: &Zone, instant: Timestamp) -> String {
    zone.civil(instant).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same, or a dash.
pub(crate) fn at_or_dash(zone: &Zone, instant: Option<Timestamp>) -> String {
    instant.map_or_else(|| "–".to_owned(), |instant| at(zone, instant))
}
