//! People and what runs by itself.

pub(super) const ZH: &[(&str, &str)] = &[
    // Roles.
    ("clerk", "收费员"),
    ("supervisor", "主管"),
    ("cashier", "出纳"),
    ("operator", "运行"),
    ("auditor", "审计"),
    ("admin", "管理员"),
    // States of jobs.
    ("waiting", "等待"),
    ("running", "运行中"),
    ("done", "完成"),
    ("failed", "失败"),
    // Kinds of jobs.
    ("bill_trial", "试算"),
    ("bill_issue", "开账"),
    ("bill_pickup", "续办批次"),
    ("alarm_report", "告警上报"),
    ("outbox_spread", "消息分派"),
    ("outbox_send", "消息发送"),
    ("audit_seal", "审计封存"),
    ("retention", "清理"),
    ("without_schedule", "无定时"),
    // Facts of events.
    ("kind", "类型"),
    ("severity", "级别"),
    ("meter", "表号"),
    ("began_at", "开始"),
    ("run", "批次"),
    ("period", "账期"),
    ("posting_date", "开账日期"),
    ("bills", "账单数"),
    ("total", "合计"),
    ("by", "办理人"),
    // Seals of the audit trail.
    ("sealed", "已封存"),
    ("unsealed", "未封存"),
    ("head", "链首"),
    ("kept_head", "留存的链首"),
    ("holds", "一致"),
    ("does_not_hold", "不一致"),
    ("broken", "断裂"),
    ("seal", "封印"),
    ("changed", "被改动"),
    ("row_missing", "记录缺失"),
    ("link_missing", "封印缺失"),
];
