//! Kinds of number that are given out in one length.

/// Whose number it is. A spreadsheet takes such a number for a quantity; its length shows what was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// 户号
    Account,
    /// Of a service agreement: 用户号.
    Service,
    /// What is printed on a meter: 表号.
    Serial,
}
