//! Rating: a tariff, quantities and facts in; lines and their total out, to the cent.
//!
//! **Promises** that the total is the sum of the lines, that the same input gives the same lines, that each line can
//! say what it was made of, and that nothing is guessed: what a component needs and does not find is an error that
//! names both.
//!
//! **Lacks** the document (`tariff`), the components' formulas (`components`) and any thought of what period it is
//! that is being billed.

mod change;
mod engine;
mod error;
mod explain;
mod input;
mod line;
pub(crate) mod number;
mod rounding;
mod split;

pub use change::{
    ChangeError, Dates, Piece, months_left, months_of_fact, piece_input, pieces, rate_pieces, share_usage,
};
pub(crate) use engine::Run;
pub use engine::{rate, rate_into, rate_untold_into};
pub use error::{Need, RateError};
pub(crate) use error::{Slot, Trouble};
pub use explain::explain;
pub(crate) use explain::{percent, rounded};
pub use input::{Fact, Input, Segment, Share};
pub use line::{Line, Made, Move, ROUNDING, Rated};
pub use rounding::{Mode, Rule, UnknownMode};
pub use split::{ClassUsage, Split, master_rest};
