//! What the pages say, in Chinese and in English. The compiler holds both whole.

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    /// `zh` or `en`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// From `zh` or `en`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    pub(crate) const fn text(self) -> &'static Text {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }
}

macro_rules! texts {
    ($($key:ident: $zh:literal, $en:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub(crate) struct Text { pub(crate) lang: &'static str, $(pub(crate) $key: &'static str,)* }
        const ZH: Text = Text { lang: "zh", $($key: $zh,)* };
        const EN: Text = Text { lang: "en", $($key: $en,)* };
    };
}

texts! {
    home: "首页", "Home";
    bills: "账单", "Bills";
    bill: "账单", "Bill";
    arrears: "欠费", "Arrears";
    alarms: "告警", "Alarms";
    meters: "表具", "Meters";
    meter: "表具", "Meter";
    other_language: "English", "中文";
    other_lang: "en", "zh";
    reading_progress: "本月抄表", "Reading progress";
    reading_progress_of: "只表已抄", "meters heard this month";
    latest_run: "最近开账", "Latest bill run";
    no_run: "还没有开账", "no run yet";
    due: "应开", "due";
    billed: "已开", "billed";
    parked: "挂起/排除", "parked or excluded";
    receivable: "应收余额", "Receivable";
    overdue: "其中逾期", "of it overdue";
    received: "本月实收", "Received this month";
    open_alarms: "未恢复告警", "Open alarms";
    critical: "严重", "critical";
    rejections: "待处理的拒收报文", "Rejected frames waiting";
    conflicts: "待裁决的冲突读数", "Conflicts waiting";
    bill_no: "账单号", "Bill no.";
    account_no: "户号", "Account no.";
    name: "户名", "Name";
    service_no: "用户服务号", "Agreement";
    service: "业务", "Service";
    period: "账期", "Period";
    kind: "类型", "Kind";
    state: "状态", "State";
    total: "合计", "Total";
    open: "未缴", "Open";
    due_on: "应缴日期", "Due on";
    issued_on: "开账日期", "Issued on";
    address: "地址", "Address";
    service_dates: "用量期间", "Service dates";
    tariff: "价格", "Tariff";
    item: "项目", "Item";
    quantity: "数量", "Quantity";
    unit: "单位", "Unit";
    price: "单价", "Price";
    amount: "金额", "Amount";
    payee: "代收方", "Payee";
    how: "这张账单是怎么来的", "How this bill came about";
    read: "抄见", "What was read";
    register: "计量项", "Register";
    from: "起", "From";
    to: "止", "To";
    opening: "起码", "Opening";
    closing: "止码", "Closing";
    multiplier: "倍率", "Multiplier";
    rollover: "翻转", "rolled over";
    counters: "阶梯累计", "Tier counters";
    year: "年度", "Year";
    before: "开账前", "Before";
    moved: "本次", "This bill";
    ledger: "记账", "Ledger";
    posting_date: "记账日", "Posting date";
    value_date: "业务日", "Value date";
    debit: "借", "Debit";
    credit: "贷", "Credit";
    frames: "原始报文", "Frames";
    frame_none: "没有报文：读数来自导入、人工或安装起码", "no frame: the index was imported, entered by hand, or is the opening index of the installation";
    closing_frame: "止码报文", "Frame of the closing index";
    opening_frame: "起码报文", "Frame of the opening index";
    received_at: "收到", "Received";
    meter_time: "表时间", "Meter time";
    format: "规约", "Format";
    serial: "表号", "Serial";
    medium: "介质", "Medium";
    protocol: "规约", "Protocol";
    wire_address: "通信地址", "Wire address";
    last_heard: "最近通信", "Last heard";
    silent: "失联", "silent";
    model: "厂家型号", "Maker and model";
    place: "地点", "Place";
    severity: "级别", "Severity";
    began: "开始", "Began";
    ended: "结束", "Ended";
    acked_by: "确认人", "Acknowledged by";
    now: "当前", "Now";
    past: "历史", "Past";
    search: "查询", "Search";
    all: "全部", "All";
    only_open: "只看未缴", "only with something open";
    only_silent: "只看失联", "only silent ones";
    next: "下一页", "Next";
    previous: "上一页", "Previous";
    nothing: "没有记录", "nothing here";
    readings: "读数", "Readings";
    daily_usage: "日用量", "Usage a day";
    value: "读数", "Value";
    quality: "质量", "Quality";
    source: "来源", "Source";
    installed: "安装", "Installed";
    removed: "拆除", "Removed";
    days_overdue: "逾期天数", "Days overdue";
    bucket: "账龄", "Age";
    principal: "本金", "Principal";
    late_fee: "违约金", "Late fee";
    area: "片区", "Area";
    book: "册本", "Book";
    as_of: "截止", "As of";
    not_found: "没有找到", "there is no such thing here";
    no_database: "数据库没有应答，请稍后再试；若仍不行，请运维运行 meterline doctor", "The database did not answer. Try again; if it stays so, operations should run meterline doctor";
}
