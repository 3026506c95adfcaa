//! Payments: what channels report, each known by channel, reference and line.

use jiff::Timestamp;
use metering::Numbers;
use rust_decimal::Decimal;
use sheets::{Cells, Column, Rule};
use store::payments::Kind;

use crate::import::kind::Row;

/// A row of a file of payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct PaymentRow {
    pub(in crate::import) channel: String,
    pub(in crate::import) channel_ref: String,
    pub(in crate::import) line: i16,
    pub(in crate::import) account_no: String,
    pub(in crate::import) amount: Decimal,
    pub(in crate::import) paid_at: Timestamp,
    pub(in crate::import) kind: Kind,
    pub(in crate::import) reverses_ref: Option<String>,
    pub(in crate::import) bill_no: Option<String>,
    pub(in crate::import) tender: Option<String>,
    pub(in crate::import) cashier: Option<String>,
}

pub(in crate::import) const COLUMNS: &[Column] = &[
    Column::required(
        "channel",
        "渠道",
        ("counter, wechat, a bank …", "counter 柜台、wechat 微信、alipay 支付宝、银行等"),
        "wechat",
    )
    .channel(),
    Column::required(
        "channel_ref",
        "渠道流水号",
        ("the channel's own number of the payment", "渠道的交易流水号"),
        "4200002026100100000001",
    )
    .reference(),
    Column::optional("line", "行号", ("a part of a payment; else 1", "同一流水的第几行；默认 1"), "1"),
    Column::required("account_no", "户号", ("who pays", "缴费户号"), "0010000001").number(Numbers::Account),
    Column::required(
        "amount",
        "金额",
        ("above zero, at most 4 decimal places", "大于 0，最多 4 位小数"),
        "86.40",
    ),
    Column::required(
        "paid_at",
        "缴费时间",
        ("date or instant, not in the future", "日期或时间，不能在未来"),
        "2026-10-15 09:30",
    ),
    Column::optional(
        "kind",
        "类型",
        (
            "pay, deposit, refund or reversal; else pay",
            "pay 缴费、deposit 预存、refund 退款、reversal 冲正；默认 pay",
        ),
        "pay",
    ),
    Column::optional(
        "reverses_ref",
        "被冲正流水号",
        ("reference of the payment that a reversal takes back", "冲正所对应的原流水号"),
        "",
    )
    .reference(),
    Column::optional("bill_no", "账单号", ("the bill that is paid first", "优先销账的账单号"), "").digits(),
    Column::optional("tender", "支付方式", ("cash, card …", "cash 现金、card 刷卡等"), ""),
    Column::optional("cashier", "收费员", ("who took it", "收费员"), ""),
];

impl Row for PaymentRow {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn read(cells: &mut Cells<'_>) -> Self {
        let kind = cells.maybe_word("kind", &["pay", "deposit", "refund", "reversal"]);
        let kind = kind.and_then(|word| word.parse().ok()).unwrap_or(Kind::Pay);
        let amount = cells.maybe_parsed("amount", |cell| {
            let amount = sheets::decimal(cell)?;
            if amount <= Decimal::ZERO {
                Err(Rule::NotPositive)
            } else if amount.normalize().scale() > 4 {
                Err(Rule::TooFine { places: 4 })
            } else if amount >= Decimal::from(10_000_000_000_000_i64) {
                Err(Rule::TooLarge)
            } else {
                Ok(amount)
            }
        });
        let row = Self {
            channel: cells.text("channel"),
            channel_ref: cells.text("channel_ref"),
            line: cells.maybe_integer("line", 1, 32_767).unwrap_or(1),
            account_no: cells.text("account_no"),
            amount: amount.unwrap_or_else(|| cells.missing("amount")),
            paid_at: cells.past_instant("paid_at"),
            kind,
            reverses_ref: cells.maybe_text("reverses_ref"),
            bill_no: cells.maybe_text("bill_no"),
            tender: cells.maybe_text("tender"),
            cashier: cells.maybe_text("cashier"),
        };
        match (row.kind, &row.reverses_ref) {
            (Kind::Reversal, None) => cells.fault("reverses_ref", Rule::Required),
            (Kind::Reversal, Some(_)) | (_, None) => {}
            (_, Some(_)) => cells.fault("reverses_ref", Rule::OneOf(&["kind = reversal"])),
        }
        row
    }
}
