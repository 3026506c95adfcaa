//! The ledger, payments, payees, channels.

pub(super) const ZH: &[(&str, &str)] = &[
    // Classes of ledger accounts.
    ("receivable", "应收"),
    ("income", "本公司收入"),
    ("agency", "代收"),
    ("late_fee", "违约金"),
    ("bank", "实收"),
    ("subsidy", "补贴应收"),
    ("write_off", "坏账核销"),
    // Kinds of payment.
    ("pay", "缴费"),
    ("deposit", "预存款"),
    ("refund", "退款"),
    // Channels and means that most utilities have; others are called as their owners call them.
    ("counter", "柜台"),
    ("cash", "现金"),
    ("card", "刷卡"),
    ("wechat", "微信"),
    ("alipay", "支付宝"),
    ("transfer", "转账"),
    ("bank_file", "银行代扣"),
];

/// Whether a class has an account for each payee, channel or payer: `agency:sewage`.
pub(super) fn has_names(class: &str) -> bool {
    matches!(class, "agency" | "bank" | "subsidy")
}
