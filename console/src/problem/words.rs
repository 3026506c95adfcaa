//! What a problem's page says: a title, what is so, and what helps; in Chinese and in English.

use metering::refusal::RefusalKind;

use super::{Part, Problem, Wanted};
use metering::Language;

impl Problem {
    /// The title.
    pub(crate) fn title(&self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Invalid { .. } | Self::Malformed => ("请求有误", "This cannot be read"),
            Self::Forged => ("已拒绝", "Refused"),
            Self::Unknown => ("没有找到", "There is no such thing here"),
            Self::Method => ("不支持的操作", "That cannot be done here"),
            Self::TooLarge => ("内容过大", "Too large"),
            Self::Misdirected => ("主机名不对", "Not under this name"),
            Self::TooMany => ("请求过多", "Too many requests"),
            Self::Crowded => ("系统繁忙", "Busy"),
            Self::NoDatabase(_) => ("数据库连接不上", "No database"),
            Self::Late(_) => ("超时", "It took too long"),
            Self::Fault(..) => ("系统故障", "A fault of ours"),
            Self::Refused(refusal) => match refusal.kind() {
                RefusalKind::Unsigned => ("请先登录", "Who is it?"),
                RefusalKind::Forbidden => ("无权办理", "Not allowed"),
                RefusalKind::Internal => ("系统故障", "A fault of ours"),
                _ => ("未能办理", "That was not done"),
            },
        };
        language.pick(en, zh)
    }

    /// What is so.
    pub(crate) fn detail(&self, language: Language) -> String {
        let (zh, en) = match self {
            Self::Invalid { field, value, wanted } => return invalid(field, value, wanted, language),
            Self::Refused(refusal) => return documents::refusal::say(refusal, language),
            Self::Malformed => (
                "请求不符合 HTTP 规范或不是本系统的表单。",
                "The request is not one that HTTP or our forms allow.",
            ),
            Self::Forged => (
                "这次提交不是从本系统当前打开的页面发出的，未作任何更改。",
                "This was not sent from a page of ours that is still current. Nothing was changed.",
            ),
            Self::Unknown => {
                ("这个地址下没有页面或单据。", "There is no page and no document under this address.")
            }
            Self::Method => ("这个地址不接受这种操作。", "This address does not take such a request."),
            Self::TooLarge => ("提交的内容超过上限。", "What was sent is larger than the limit."),
            Self::Misdirected => {
                ("本系统不以这个主机名提供服务。", "This console is not served under this host name.")
            }
            Self::TooMany => ("短时间内请求过多。", "Too many requests in a short time."),
            Self::Crowded => {
                ("同时处理的请求已到上限。", "As many requests as the limit allows are being answered.")
            }
            Self::NoDatabase(_) => (
                "与数据库没有连接，没有显示任何数据。",
                "There is no connection to the database, so nothing is shown.",
            ),
            Self::Late(_) => (
                "在规定时间内没有得到结果，查询已停止。",
                "There was no result within the time allowed; the query was stopped.",
            ),
            Self::Fault(Part::Query, _) => (
                "数据库在正常应答，但这个页面的查询出错。",
                "The database answers, but the query of this page failed.",
            ),
            Self::Fault(Part::Bill, _) => (
                "数据库正常，但这张账单冻结的数据或价格无法读取。",
                "The database is well, but the frozen inputs or the tariff of this bill cannot be read.",
            ),
            Self::Fault(Part::Policy, _) => (
                "数据库正常，但已发布的一份业务规则无法读取。",
                "The database is well, but a published policy cannot be read.",
            ),
            Self::Fault(Part::Page, _) => {
                ("数据库正常，但页面无法生成。", "The database is well, but the page could not be made.")
            }
            Self::Fault(Part::Program, _) => {
                ("程序出错，这次请求没有完成。", "The program failed; this request was not completed.")
            }
        };
        language.pick(en, zh).to_owned()
    }

    /// What helps; empty where the detail has said it.
    pub(crate) fn mend(&self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Invalid { .. } | Self::Malformed | Self::TooLarge => {
                ("请改正后再试。", "Correct it and try again.")
            }
            Self::Forged => ("请返回、刷新页面后重新提交。", "Go back, reload the page and send it again."),
            Self::Unknown | Self::Method => ("请从首页查找。", "Look for it from the first page."),
            Self::Misdirected => (
                "请使用本系统的正式地址；新的主机名由运维写入 [console] hosts。",
                "Use its own address. Operations add a further name in [console] hosts.",
            ),
            Self::TooMany | Self::Crowded => ("请稍后再试。", "Try again in a moment."),
            Self::NoDatabase(_) => (
                "请稍后再试；若仍不行，请运维运行 meterline doctor。",
                "Try again; if it stays so, operations should run meterline doctor.",
            ),
            Self::Late(_) => ("请缩小查询范围后再试。", "Ask for less and try again."),
            // Its sentence has said it.
            Self::Refused(_) => ("", ""),
            Self::Fault(..) => {
                ("原因已写入日志，请联系运维。", "The cause is in the log: please call operations.")
            }
        };
        language.pick(en, zh)
    }
}

fn invalid(field: &str, value: &str, wanted: &Wanted, language: Language) -> String {
    let expected = match (wanted, language) {
        (Wanted::Number(from, to), Language::Zh) => format!("应为 {from} 至 {to} 的整数"),
        (Wanted::Number(from, to), Language::En) => format!("expected a whole number from {from} to {to}"),
        (Wanted::Day, Language::Zh) => "应为日期，如 2026-10-31".to_owned(),
        (Wanted::Day, Language::En) => "expected a day such as 2026-10-31".to_owned(),
        (Wanted::DayUntil(last), Language::Zh) => format!("最晚为 {last}"),
        (Wanted::DayUntil(last), Language::En) => format!("expected a day that is not after {last}"),
        (Wanted::Month, Language::Zh) => "应为月份，如 2026-10".to_owned(),
        (Wanted::Month, Language::En) => "expected a month such as 2026-10".to_owned(),
        (Wanted::Text(most), Language::Zh) => format!("应为不含控制字符、至多 {most} 个字符的文字"),
        (Wanted::Text(most), Language::En) => {
            format!("expected at most {most} characters without control characters")
        }
        (Wanted::OneOf(names), Language::Zh) => format!("应为以下之一：{}", names.join("、")),
        (Wanted::OneOf(names), Language::En) => format!("expected one of {}", names.join(", ")),
        (Wanted::Nothing, Language::Zh) => "没有这个参数".to_owned(),
        (Wanted::Nothing, Language::En) => "there is no such parameter".to_owned(),
        (Wanted::Cursor, Language::Zh) => "应为上一页给出的 next".to_owned(),
        (Wanted::Cursor, Language::En) => "expected the next of an earlier page".to_owned(),
    };
    match language {
        Language::Zh => format!("参数 {field}（{value}）有误：{expected}。"),
        Language::En => format!("The parameter {field} ({value}) cannot be used: {expected}."),
    }
}
