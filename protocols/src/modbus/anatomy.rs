//! The parts of an answer with registers, an exception or a request.

use std::ops::Range;

use super::body::Body;
use super::profile::Profile;
use super::read::{Block, digits};
use super::{Request, builtin, rtu, tcp};
use crate::anatomy::{Field, Knife};
use crate::{Format, Options};

/// Cuts frame after frame: a request in the same buffer says what the answer behind it answers.
pub(crate) struct Frames {
    profile: Option<&'static Profile>,
    start: Option<u16>,
    asked: Option<Request>,
    /// Whether a header stands before the unit, and no check behind the content.
    is_tcp: bool,
}

impl Frames {
    /// Read with these options.
    pub(crate) fn new(format: Format, options: &Options<'_>) -> Self {
        let is_tcp = format == Format::ModbusTcp;
        Self { profile: options.profile.and_then(builtin), start: options.start, asked: None, is_tcp }
    }

    /// Cuts a frame that was read.
    pub(crate) fn dissect(&mut self, knife: &mut Knife<'_>) -> Option<()> {
        let frame = knife.rest();
        let (_, body) = if self.is_tcp { tcp::parse(frame)? } else { rtu::parse(frame)? };
        if self.is_tcp {
            // The transaction's number and the protocol's.
            knife.cut(4, Field::Data)?;
            knife.cut(2, Field::Length)?;
        }
        knife.cut(1, Field::Address)?;
        knife.cut(1, Field::Function)?;
        match body {
            Body::Request(request) => {
                self.asked = Some(request);
                knife.cut(2, Field::Identifier)?;
                knife.cut(2, Field::Length)?;
            }
            Body::Registers { function, registers } => {
                knife.cut(1, Field::Length)?;
                let asked = self.asked.take().filter(|asked| asked.function == function);
                let start = self.start.or(asked.map(|asked| asked.start));
                match (self.profile, start) {
                    (Some(profile), Some(start)) => {
                        points(knife, profile, Block { function, start, registers: &registers })?;
                    }
                    _ => {
                        (0..registers.len())
                            .try_for_each(|at| knife.cut(2, Field::Record(at)).map(|_| ()))?;
                    }
                }
            }
            Body::Exception(_) => {
                knife.cut(1, Field::Data)?;
            }
            // Its check is known, its fields are not.
            Body::Command => {
                let check = if self.is_tcp { 0 } else { rtu::CHECK };
                knife.cut(knife.rest().len().checked_sub(check)?, Field::Data)?;
            }
        }
        if self.is_tcp { Some(()) } else { knife.cut(rtu::CHECK, Field::Check).map(|_| ()) }
    }
}

/// The registers of each value, and those that no value has.
fn points(knife: &mut Knife<'_>, profile: &Profile, block: Block<'_>) -> Option<()> {
    let begin = knife.offset();
    let end = begin.checked_add(block.registers.len().checked_mul(2)?)?;
    let read = profile.points.iter().filter(|point| digits(point, &[block]).is_some());
    let mut places: Vec<(Range<usize>, usize)> = read
        .enumerate()
        .filter_map(|(record, point)| {
            let register = |address: u16| usize::from(address.checked_sub(block.start)?).checked_mul(2);
            let start = begin.checked_add(register(point.source.at)?)?;
            let bytes = usize::from(point.source.kind.registers()).checked_mul(2)?;
            Some((start..start.checked_add(bytes)?, record))
        })
        .collect();
    places.sort_by_key(|(place, _)| place.start);
    for (place, record) in places {
        // Two values of the same registers: the first has them.
        if place.start >= knife.offset() && place.end <= end {
            knife.cut_to(place.start, Field::Data)?;
            knife.cut_to(place.end, Field::Record(record))?;
        }
    }
    knife.cut_to(end, Field::Data)
}
