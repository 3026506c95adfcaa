//! What a refusal says, in Chinese and English. A sentence names the facts of its [`Why`] in braces.

use metering::Language;
use metering::refusal::{Mend, Refusal, Why};

use crate::dictionary::word;
use crate::terminal::printable;

/// The sentence of a refusal, and of what helps.
pub fn say(refusal: &Refusal, language: Language) -> String {
    let (zh, en) = sentence(refusal.why);
    let mut text = fill(language.pick(en, zh), refusal, language);
    for mend in refusal.mends() {
        let (zh, en) = mend_words(*mend);
        text.push_str(language.pick("; ", "；"));
        text.push_str(language.pick(en, zh));
    }
    text
}

/// Each refusal's sentence, without what helps.
const fn sentence(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Unsigned => ("{action} 须由具名用户办理", "{action} needs a person's name"),
        Why::Unproven => (
            "用户 {name} 已设密码，须验证身份",
            "the user {name} has a password: the name alone is not enough",
        ),
        Why::WrongPassword => ("用户名或密码不正确", "the name or the password is wrong"),
        Why::SessionEnded => ("{name} 的登录已失效", "the session of {name} has ended"),
        Why::TooManyTries => (
            "{name} 的密码错误次数过多，{until} 后再试",
            "too many wrong passwords for {name}; the next is looked at after {until}",
        ),
        Why::Forbidden => (
            "{name} 的角色是{role}，不能办理 {action}：须由{roles}办理",
            "{name} is {role} and may not do {action}: that takes {roles}",
        ),
        Why::Disabled => ("用户 {name} 已停用", "the user {name} is disabled"),
        Why::FourEyes => {
            ("{name} 发起了批次 {run}，不能自行审批", "{name} started run {run} and cannot approve it")
        }
        Why::MadeByStarter => (
            "批次 {run} 发起后，{starter} 添加或修改过用户 {name}，该用户不能审批此批次",
            "{starter} added or changed the user {name} since run {run} was started, so {name} cannot approve it",
        ),
        Why::LastAdministrator => {
            ("{name} 是最后一名有效的管理员", "{name} is the last active administrator")
        }
        Why::Unknown => ("没有{field} {value}", "there is no {field} {value}"),
        Why::Exists => ("{field} {value} 已存在", "there is a {field} {value} already"),
        Why::State => (
            "{field} {value} 的状态是{state}，不能{step}",
            "the {field} {value} is {state}: it cannot be followed by {step}",
        ),
        Why::Invalid => ("{field} {value} 不可用：{detail}", "{field} {value} cannot be used: {detail}"),
        Why::Name => ("{field} {value} 不可用：{rule}", "{field} {value} cannot be used: {rule}"),
        Why::UserName => (
            "{name} 不能作为用户名：须以小写字母开头，其后至多 31 个 a-z 0-9 _ . -",
            "{name} cannot be a user's name: a small letter first, then up to 31 of a-z 0-9 _ . -",
        ),
        Why::PasswordTooShort => ("密码至少 8 个字符", "a password has at least 8 characters"),
        Why::NoReason => ("缺少原因", "a reason is missing"),
        Why::Document => ("文件未通过：{detail}", "the document does not come out: {detail}"),
        Why::Overlap => (
            "{code}：与 {from} 起、{to} 止的版本日期重叠；新版本只能接续最后一个未终止的版本",
            "{code}: the version from {from} to {to} would share days with this one; a new version closes only the last, open one",
        ),
        Why::PaymentDiffers => (
            "缴费 {identity} 已登记为{kind} {amount}，户号 {account}",
            "the payment {identity} is recorded as {kind} of {amount} for account {account}",
        ),
        Why::KeyTaken => ("幂等键 {key} 下已办理过另一项业务", "under the key {key} something else was done"),
        Why::NothingToReverse => (
            "该渠道没有可冲正的、金额相同的缴费 {value}",
            "there is no payment {value} of this channel and amount that is not taken back yet",
        ),
        Why::Short => ("预存余额只有 {balance}", "only {balance} is prepaid"),
        Why::Amount => (
            "{amount} 不是有效金额：须大于零，至多四位小数",
            "{amount} is no amount: above zero, with at most four decimals",
        ),
        Why::AmountTooLarge => {
            ("{amount} 超过单笔上限 {most}", "{amount} is more than the {most} that one payment may be")
        }
        Why::NoCompany => (
            "户号 {account} 没有用水用热用电合同，无法确定收款公司",
            "the account {account} has no agreement, so no company can take its money",
        ),
        Why::CancellationWaits => {
            ("账单 {bill} 已有待审批的冲红", "a cancellation of bill {bill} waits for approval already")
        }
        Why::TrialWaits => {
            ("同一用户号的试算账单在批次 {run} 中", "a trial bill of the same agreement waits in run {run}")
        }
        Why::FutureDay => ("{day} 晚于今天（{today}）", "{day} lies in the future (today is {today})"),
        Why::PastDay => ("{day} 早于允许追溯的 {most} 天", "{day} lies more than {most} days back"),
        Why::NotApproved => {
            ("批次 {run} 的账单与审批时不同", "the bills of run {run} are not those that were approved")
        }
        Why::ClosedMonth => ("{month} 已结账", "the month {month} is closed"),
        Why::MonthNotOver => ("{month} 尚未结束", "the month {month} has not ended"),
        Why::EarlierMonthOpen => ("{month} 有账而未结账", "the month {month} holds postings and is open"),
        Why::Acknowledged => {
            ("告警 {alarm} 已由 {by} 于 {at} 确认", "alarm {alarm} was acknowledged by {by} at {at}")
        }
        Why::Busy => ("数据库暂时无法应答：{detail}", "the database cannot answer now: {detail}"),
        Why::Overflow => ("数值过大", "a number is too large"),
        _ => of_the_house(why),
    }
}

/// The house's own faults, and what keeps a command or ingest from starting; nothing of any other.
const fn of_the_house(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::Settings => ("设置有误：{detail}", "a setting cannot be used: {detail}"),
        Why::Stored => ("无法读取：{detail}", "what is stored cannot be read: {detail}"),
        Why::Totals => ("控制总数不一致：{detail}", "the control totals do not agree: {detail}"),
        Why::Database => ("数据库拒绝：{detail}", "the database refuses: {detail}"),
        Why::NoServer => {
            ("没有指定{field}，也没有自带的在运行", "no {field} is named, and no private one runs")
        }
        Why::ServerAddress => {
            ("{field}的地址不可用：{detail}", "the address of the {field} cannot be used: {detail}")
        }
        Why::NoDatabase => {
            ("无法连接数据库（{target}）：{detail}", "no connection to the database at {target}: {detail}")
        }
        Why::DatabaseLogin => {
            ("数据库（{target}）拒绝登录：{detail}", "the database at {target} refuses the log-in: {detail}")
        }
        Why::DatabaseMissing => {
            ("服务器上没有数据库 {target}：{detail}", "there is no database {target}: {detail}")
        }
        Why::Schema => (
            "数据库的结构与本程序不符：{detail}",
            "the database is there, but its schema is not this program's: {detail}",
        ),
        Why::NoBroker => {
            ("无法连接消息服务器（{target}）：{detail}", "no connection to the broker at {target}: {detail}")
        }
        Why::BrokerDrops => (
            "消息服务器丢弃已确认的消息：为离线会话存 {of} 条，只留下 {kept} 条",
            "the broker drops messages that it has acknowledged: of {of} for a session that was away it kept {kept}",
        ),
        Why::Spool => ("暂存目录 {folder} 不可用：{detail}", "the spool {folder} cannot be used: {detail}"),
        Why::Door => ("接入口 {door} 无法打开：{detail}", "the {door} door cannot be opened: {detail}"),
        _ => ("", ""),
    }
}

const fn mend_words(mend: Mend) -> (&'static str, &'static str) {
    match mend {
        Mend::NameYourself => ("请说明办理人", "say who you are"),
        Mend::SignIn => ("请登录", "sign in"),
        Mend::OtherRole => ("请由相应角色的用户办理", "ask someone of that role"),
        Mend::OtherPerson => ("请由他人办理", "it takes another person"),
        Mend::LookUp => ("请查看列表", "the list shows what is there"),
        Mend::OtherName => ("请换一个名称或编号", "choose another name or reference"),
        Mend::OtherDay => ("请另选日期", "choose another day"),
        Mend::GiveReason => ("请填写原因", "give a reason"),
        Mend::Supervisor => ("或由主管说明原因后办理", "or a supervisor does it, with a reason"),
        Mend::OtherAmount => ("请核对金额", "check the amount"),
        Mend::EndRun => ("请先开出或撤销该批次", "issue or abort that run first"),
        Mend::CorrectDocument => ("请更正后重试", "correct it and try again"),
        Mend::Settings => ("请更正设置", "correct the settings"),
        Mend::StartServer => ("请确认该服务器已启动", "see that it is up"),
        Mend::NameServer => ("请核对地址、用户和密码", "check address, user and password"),
        Mend::MakeDatabase => ("请建立该数据库", "make it"),
        Mend::Migrate => ("请升级数据库结构", "bring the schema up to date"),
        Mend::BrokerQueues => (
            "请取消队列上限：Mosquitto 设 max_queued_messages 0 和 max_queued_bytes 0，EMQX 调大 max_mqueue_len",
            "unbind its queues: Mosquitto by max_queued_messages 0 and max_queued_bytes 0, EMQX by a larger max_mqueue_len",
        ),
        Mend::EarlierMonth => ("请先结该月", "close that month first"),
        Mend::Again => ("请稍后再试", "try again in a moment"),
        Mend::Operator => ("请联系运行人员", "ask whoever runs the program; its log has more"),
    }
}

/// The nouns of [`Refusal::field`] in Chinese, and the English ones where they differ from the field's name.
const NOUNS: &[(&str, &str)] = &[
    ("account", "户号"),
    ("alarm", "告警"),
    ("amount", "金额"),
    ("bill", "账单"),
    ("book", "册本"),
    ("broker", "消息服务器"),
    ("channel", "渠道"),
    ("channel_ref", "渠道流水号"),
    ("conflict", "冲突"),
    ("database", "数据库"),
    ("file", "文件"),
    ("job", "任务"),
    ("key", "幂等键"),
    ("kind", "类型"),
    ("month", "月份"),
    ("name", "名称"),
    ("on", "日期"),
    ("paid_at", "缴费时间"),
    ("period", "账期"),
    ("policy", "政策"),
    ("rejection", "拒收报文"),
    ("reverses_ref", "原缴费流水号"),
    ("run", "批次"),
    ("service", "服务"),
    ("tariff", "价格"),
    ("user", "用户"),
];

/// Facts that are words of closed lists.
const WORDS: &[&str] = &["role", "state", "step", "kind"];

/// What is wrong with a name, by the kind of [`metering::IdentifierError`], in Chinese and English. The last: it is written in
/// another way than it is kept, as `Counter` for `counter`.
const NAME_RULES: &[(&str, &str, &str)] = &[
    ("empty", "不能为空", "it must not be empty"),
    ("too_long", "过长", "it is too long"),
    ("hidden", "含有看不见的字符", "it holds an invisible character"),
    ("wide", "含有全角等变体字符", "it holds another form of an ordinary character"),
    ("sign", "含有不允许的符号", "it holds a sign that such names do not have"),
    ("form", "须按入账的写法填写", "it is kept in another form"),
];

fn fill(template: &str, refusal: &Refusal, language: Language) -> String {
    let mut text = String::with_capacity(template.len().saturating_add(32));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        text.push_str(before);
        text.push_str(&value(name, refusal, language));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn value(name: &str, refusal: &Refusal, language: Language) -> String {
    if name == "field" {
        let zh = NOUNS.iter().find(|(field, _)| *field == refusal.field).map(|(_, zh)| *zh);
        let en = refusal.field.replace('_', " ");
        return match language {
            Language::Zh => zh.map_or(en, str::to_owned),
            Language::En => en,
        };
    }
    let facts = refusal.facts.iter().filter(|(fact, _)| *fact == name);
    let words = facts.map(|(_, value)| {
        if WORDS.contains(&name) {
            word(language, value).into_owned()
        } else if let Some((_, zh, en)) = NAME_RULES.iter().find(|(rule, ..)| name == "rule" && rule == value)
        {
            language.pick(en, zh).to_string()
        } else if name == "roles" {
            let roles: Vec<_> = value.split(", ").map(|role| word(language, role)).collect();
            roles.join(language.pick(" or ", "或"))
        } else {
            printable(value).into_owned()
        }
    });
    let words: Vec<_> = words.collect();
    debug_assert!(!words.is_empty(), "{refusal}: its sentence names {name}");
    match words.as_slice() {
        [one] => one.clone(),
        // What is wrong with a document: a line each.
        several => several.iter().fold(String::new(), |text, word| text + "\n  " + word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in braces of a sentence.
    fn braces(text: &str) -> Vec<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn a_sentence_names_the_facts_of_its_refusal_and_no_others_in_both_languages() {
        for why in Why::ALL {
            let (zh, en) = sentence(*why);
            for text in [zh, en] {
                for name in braces(text) {
                    assert!(name == "field" || why.facts().contains(&name), "{why}: {name} in {text}");
                }
            }
            assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) && en.is_ascii(), "{why}");
        }
    }

    #[test]
    fn every_refusal_is_a_whole_sentence_in_both_languages() {
        for why in Why::ALL {
            let fact = |name: &str| format!("<{name}>");
            let bare = Refusal::new(*why, "run");
            let refusal = why.facts().iter().fold(bare, |refusal, name| refusal.with(name, fact(name)));
            for language in [Language::Zh, Language::En] {
                let text = say(&refusal, language);
                assert!(!text.contains(['{', '}']) && !text.ends_with([':', '：']), "{why}: {text}");
                let (zh, en) = sentence(*why);
                for name in braces(language.pick(en, zh)).into_iter().filter(|name| *name != "field") {
                    // What is a word of a closed list, or several of them, is said in other words.
                    let shown = WORDS.contains(&name) || name == "roles" || text.contains(&fact(name));
                    assert!(shown, "{why}: {name} in {text}");
                }
                let mends = text.matches(language.pick("; ", "；")).count();
                assert!(mends >= why.mends().len(), "{why}: {text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_name_is_said_in_both_languages() {
        let names = ["", &"x".repeat(65), "a\u{200b}", "１", "=1"];
        for (name, (rule, zh, en)) in names.into_iter().zip(NAME_RULES) {
            let kind = metering::Identifier::new(name).unwrap_err().kind();
            assert_eq!(kind, *rule);
            let refusal = Refusal::new(Why::Name, "channel").with("value", "x").with("rule", kind);
            assert!(say(&refusal, Language::Zh).starts_with(&format!("渠道 x 不可用：{zh}")));
            assert!(say(&refusal, Language::En).starts_with(&format!("channel x cannot be used: {en}")));
        }
    }

    #[test]
    fn no_sentence_is_a_command_line_or_a_statement() {
        let texts =
            Why::ALL.iter().map(|why| sentence(*why)).chain(Mend::ALL.iter().map(|mend| mend_words(*mend)));
        for (zh, en) in texts {
            for text in [zh, en] {
                assert!(!text.contains("meterline") && !text.contains('`') && !text.contains("--"), "{text}");
            }
        }
    }

    #[test]
    fn a_refusal_is_said_in_the_readers_language() {
        let refusal = Refusal::unknown("run", 99);
        assert_eq!(say(&refusal, Language::En), "there is no run 99; the list shows what is there");
        assert_eq!(say(&refusal, Language::Zh), "没有批次 99；请查看列表");
        let refusal = Refusal::new(Why::Forbidden, "")
            .with("name", "li")
            .with("role", "clerk")
            .with("action", "run.approve")
            .with("roles", "supervisor, admin");
        assert_eq!(
            say(&refusal, Language::En),
            "li is clerk and may not do run.approve: that takes supervisor or admin; ask someone of that role"
        );
        assert!(say(&refusal, Language::Zh).contains("主管"), "{}", say(&refusal, Language::Zh));
    }
}
