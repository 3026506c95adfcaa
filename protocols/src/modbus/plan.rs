//! Which requests read a whole profile.

use super::profile::Profile;

/// A request to read registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Request {
    /// 3 (holding registers) or 4 (input registers).
    pub function: u8,
    /// The wire address of the first register.
    pub start: u16,
    /// How many.
    pub count: u16,
}

/// As few requests as read every value of the profile: none longer than the profile allows, none across registers
/// that the meter may refuse, no value in two of them.
///
/// Values are taken in the order of their addresses, each joined to the request before as long as that stays
/// within the limits. For stretches on a line this greedy choice is the least number.
pub fn plan(profile: &Profile) -> Vec<Request> {
    let mut stretches: Vec<(u8, u32, u32)> = profile
        .stretches()
        .map(|(function, at, count)| (function, u32::from(at), u32::from(at).saturating_add(count.into())))
        .collect();
    stretches.sort_unstable();
    let mut requests: Vec<(u8, u32, u32)> = Vec::new();
    for (function, start, end) in stretches {
        match requests.last_mut() {
            Some((same, from, to))
                if *same == function
                    && end.max(*to).saturating_sub(*from) <= u32::from(profile.max_registers)
                    && (start <= *to || profile.answers_whole(function, *to, start)) =>
            {
                *to = end.max(*to);
            }
            _ => requests.push((function, start, end)),
        }
    }
    requests
        .into_iter()
        .filter_map(|(function, from, to)| {
            Some(Request {
                function,
                start: u16::try_from(from).ok()?,
                count: u16::try_from(to.saturating_sub(from)).ok()?,
            })
        })
        .collect()
}
