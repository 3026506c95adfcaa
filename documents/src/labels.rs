//! What headings, fields and buttons of pages are called, in Chinese and in English. The compiler holds both whole.

use std::borrow::Cow;

use metering::Language;

use crate::dictionary;

macro_rules! labels {
    ($($key:ident: $zh:literal, $en:literal;)*) => {
        /// The labels of one language.
        #[derive(Debug)]
        pub struct Labels { language: Language, $(#[doc = $en] pub $key: &'static str,)* }
        const ZH: Labels = Labels { language: Language::Zh, $($key: $zh,)* };
        const EN: Labels = Labels { language: Language::En, $($key: $en,)* };
    };
}

impl Labels {
    /// Those of a language.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::Zh => &ZH,
            Language::En => &EN,
        }
    }

    /// Of the page's `lang`.
    pub const fn lang(&self) -> &'static str {
        self.language.name()
    }

    /// Which language it is.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// What people say for a word of a closed list.
    pub fn word<'a>(&self, word: &'a str) -> Cow<'a, str> {
        dictionary::word(self.language, word)
    }

    /// Why an agreement got no bill.
    pub fn reason<'a>(&self, name: &'a str) -> &'a str {
        dictionary::reason(self.language, name)
    }
}

labels! {
    home: "首页", "Home";
    bills: "账单", "Bills";
    bill: "账单", "Bill";
    arrears: "欠费", "Arrears";
    alarms: "告警", "Alarms";
    meters: "表具", "Meters";
    meter: "表具", "Meter";
    other_language: "English", "中文";
    reading_progress: "本月抄表", "Reading progress";
    reading_progress_of: "只表已抄", "meters heard this month";
    latest_run: "最近开账", "Latest bill run";
    no_run: "还没有开账", "no run yet";
    runs: "开账", "Bill runs";
    run: "开账批次", "Bill run";
    started_by: "发起人", "Started by";
    approved_by: "审批人", "Approved by";
    control_totals: "核对", "Control totals";
    agree: "平", "they agree";
    disagree: "不平", "they do not agree";
    excluded: "排除", "excluded";
    parked_only: "挂起", "parked";
    total_of_lines: "明细合计", "sum of the lines";
    in_the_ledger: "总账", "in the ledger";
    why: "原因", "Reason";
    detail: "说明", "Detail";
    to_review: "需要看的账单", "Bills to look at";
    outcome: "结果", "Outcome";
    payments: "缴费", "Payments";
    paid_at: "缴费时间", "Paid at";
    channel: "渠道", "Channel";
    channel_ref: "渠道流水号", "Channel's number";
    recorded_by: "经办", "Entered by";
    month: "月份", "Month";
    at_byte: "位置", "At byte";
    message: "说明", "Message";
    stored_value: "已入库", "Stored";
    other_value: "另一个值", "The other";
    decide: "由主管裁决：", "A supervisor decides: ";
    replay: "修好原因后重放：", "Once the cause is mended, take them in again: ";
    without_accrued_fee: "不含未入账违约金", "without late fees that still accrue";
    without_late_fee: "不含违约金", "without late fees";
    due: "应开", "due";
    billed: "已开", "billed";
    parked: "挂起/排除", "parked or excluded";
    receivable: "应收余额", "Receivable";
    overdue: "其中逾期", "of it overdue";
    received: "本月实收", "Received this month";
    open_alarms: "未恢复告警", "Open alarms";
    critical: "严重", "critical";
    rejections: "待处理的拒收报文", "Rejected frames waiting";
    menu_rejections: "拒收", "Rejected";
    menu_conflicts: "冲突", "Conflicts";
    conflicts: "待裁决的冲突读数", "Conflicts waiting";
    bill_no: "账单号", "Bill no.";
    account_no: "户号", "Account no.";
    name: "户名", "Name";
    service_no: "用户号", "Agreement";
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
    cancelled_by: "本账单已冲销，冲销单：", "This bill was cancelled. What takes it back:";
    cancel_waits: "本账单的冲销待审批，冲销单：", "A cancellation of this bill waits for approval:";
    takes_back: "本单冲销账单：", "This document takes back the bill";
    visitor: "未登录 · 只读", "not logged in · reading only";
    to_first: "第一页", "First";
    skip: "跳到正文", "Skip to the content";
    pages: "分页", "Pages";
    menu: "菜单", "Menu";
    theme: "颜色", "Colours";
    system: "跟随系统", "as the system";
    light: "浅色", "light";
    dark: "深色", "dark";
}
