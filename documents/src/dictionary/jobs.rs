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
    // Seals of the audit trail.
    ("changed", "被改动"),
    ("row_missing", "记录缺失"),
    ("link_missing", "封印缺失"),
];
