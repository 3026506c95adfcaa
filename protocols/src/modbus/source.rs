//! Where a number stands in a meter's registers.

use super::read::Block;
use super::value::{Coding, Number, Order};

/// A number's place, size and order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// 3 or 4.
    pub(crate) function: u8,
    /// The wire address of its first register (a manual's 30001 or 40001 is wire address 0).
    pub(crate) at: u16,
    /// What its bits are.
    pub(crate) kind: Coding,
    /// In which order they stand.
    pub(crate) order: Order,
    /// The bits by which this meter says "no value", besides those of the kind itself.
    pub(crate) absent: Vec<u64>,
}

impl Source {
    /// The registers of this number, where the blocks hold all of them.
    pub(crate) fn registers<'a>(&self, blocks: &[Block<'a>]) -> Option<&'a [u16]> {
        blocks.iter().filter(|block| block.function == self.function).find_map(|block| {
            let from = usize::from(self.at.checked_sub(block.start)?);
            block.registers.get(from..from.saturating_add(self.kind.registers().into()))
        })
    }

    /// The number, where the blocks hold it.
    pub(crate) fn number(&self, blocks: &[Block<'_>]) -> Option<Number> {
        let bits = self.order.bits(self.registers(blocks)?);
        Some(if self.absent.contains(&bits) { Number::Absent } else { self.kind.read(bits) })
    }
}
