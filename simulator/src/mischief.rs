//! What meters and lines do wrong, and how often.

/// Once in so many frames; 0 is never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mischief {
    /// The same frame again.
    pub duplicate_one_in: u64,
    /// A frame that overtakes others by up to this many places.
    pub disorder: u64,
    /// A copy with one flipped bit before the good frame.
    pub corrupt_one_in: u64,
    /// The same time again with another value.
    pub conflict_one_in: u64,
    /// A frame of a meter that nobody knows.
    pub stranger_one_in: u64,
    /// A copy whose clock is a day ahead of the fleet's end.
    pub future_one_in: u64,
}

impl Mischief {
    /// All goes well.
    pub const NONE: Self = Self {
        duplicate_one_in: 0,
        disorder: 0,
        corrupt_one_in: 0,
        conflict_one_in: 0,
        stranger_one_in: 0,
        future_one_in: 0,
    };

    /// An ordinary bad day.
    pub const USUAL: Self = Self {
        duplicate_one_in: 50,
        disorder: 40,
        corrupt_one_in: 400,
        conflict_one_in: 2_500,
        stranger_one_in: 1_500,
        future_one_in: 4_000,
    };
}
