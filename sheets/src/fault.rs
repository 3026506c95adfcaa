//! The rules that a cell can break, each with what a clerk is told.

use metering::moment::MomentError;
use metering::{Identifier, IdentifierError, Language};

/// One cell that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row as a spreadsheet counts it: the header is row 1.
    pub row: i32,
    /// The column as the file's header names it.
    pub column: String,
    /// What stands there, cut after [`VALUE_LONGEST`] characters.
    pub value: String,
    /// Which rule it breaks.
    pub rule: Rule,
}

/// Characters of a cell that a fault shows: enough to find it, however long the cell.
pub const VALUE_LONGEST: usize = 200;

impl Fault {
    /// With as much of the value as is shown.
    pub fn new(row: i32, column: impl Into<String>, value: &str, rule: Rule) -> Self {
        let value = match value.char_indices().nth(VALUE_LONGEST) {
            Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
            None => value.to_owned(),
        };
        Self { row, column: column.into(), value, rule }
    }
}

/// The rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A required cell is empty.
    Required,
    /// More cells than the header has.
    TooManyCells,
    /// 1.23E+11: a spreadsheet shortened a long number.
    Exponent,
    /// 12345.0: a spreadsheet took a number of digits for a quantity.
    PointZero,
    /// Shorter than the others, and without the zeros that it began with.
    LostZeros {
        /// How long the others are.
        length: usize,
    },
    /// Longer than 15 digits and zeros from the 16th on: a spreadsheet keeps no more.
    LostDigits,
    /// #REF!, #N/A, ####.
    SpreadsheetError,
    /// Not one of the words.
    OneOf(&'static [&'static str]),
    /// No plain decimal.
    Decimal,
    /// A decimal that must not be negative.
    Negative,
    /// A decimal that must be more than zero.
    NotPositive,
    /// More than six decimal places in a quantity, or more than the amount has.
    TooFine {
        /// How many there may be.
        places: u32,
    },
    /// Does not fit.
    TooLarge,
    /// No whole number, or outside its bounds.
    Integer {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// No civil date.
    Date,
    /// A spreadsheet's day number in the place of a date.
    DayNumber,
    /// No instant and no civil date and time.
    Instant,
    /// Lies in the future.
    Future,
    /// An end that is not after its beginning, which stands in that column.
    NotAfter(&'static str),
    /// An end before its beginning, which stands in that column.
    Before(&'static str),
    /// No unit, or none of the register's kind.
    Unit,
    /// The register's unit is not known from its name.
    UnitNeeded,
    /// No OBIS code and no `x:` name.
    Register,
    /// No name of a dated fact.
    FactName,
    /// Only with another column filled.
    Needs(&'static str),
    /// Control characters, and others that nobody sees.
    Unprintable,
    /// Longer than anything of its kind.
    TooLong {
        /// The most characters.
        most: usize,
    },
    /// A name that is none, or that looks like another.
    Identifier(IdentifierError),
    /// A rule of the caller's: its name from the caller's closed list, and what a person reads.
    Said {
        /// For programs.
        name: &'static str,
        /// English
        en: String,
        /// 中文
        zh: String,
    },
}

impl From<MomentError> for Rule {
    fn from(error: MomentError) -> Self {
        match error {
            MomentError::DayNumber => Self::DayNumber,
            MomentError::Date => Self::Date,
            MomentError::Instant => Self::Instant,
        }
    }
}

impl Rule {
    /// From a closed list, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooManyCells => "too_many_cells",
            Self::Exponent => "exponent",
            Self::PointZero => "point_zero",
            Self::LostZeros { .. } => "lost_zeros",
            Self::LostDigits => "lost_digits",
            Self::SpreadsheetError => "spreadsheet_error",
            Self::OneOf(_) => "one_of",
            Self::Decimal => "decimal",
            Self::Negative => "negative",
            Self::NotPositive => "not_positive",
            Self::TooFine { .. } => "too_fine",
            Self::TooLarge => "too_large",
            Self::Integer { .. } => "integer",
            Self::Date => "date",
            Self::DayNumber => "day_number",
            Self::Instant => "instant",
            Self::Future => "future",
            Self::NotAfter(_) => "not_after",
            Self::Before(_) => "before",
            Self::Unit => "unit",
            Self::UnitNeeded => "unit_needed",
            Self::Register => "register",
            Self::FactName => "fact_name",
            Self::Needs(_) => "needs",
            Self::Unprintable => "unprintable",
            Self::TooLong { .. } => "too_long",
            Self::Identifier(_) => "identifier",
            Self::Said { name, .. } => name,
        }
    }

    /// What a person is told, and what to do.
    pub fn describe(&self, language: Language) -> String {
        let pick = |en: &str, zh: &str| language.pick(en, zh).to_owned();
        match self {
            Self::Required => pick("must not be empty", "不能为空"),
            Self::TooManyCells => pick("more cells than the header has columns", "单元格数多于表头列数"),
            Self::Exponent => pick(
                "a spreadsheet shortened the number: format the column as text and enter the number again",
                "数字被电子表格改成了科学计数：请把该列设为文本格式后重新填写",
            ),
            Self::PointZero => pick(
                "a spreadsheet took the number for a quantity: format the column as text",
                "编号被电子表格当成了数值：请把该列设为文本格式",
            ),
            Self::LostZeros { length } => match language {
                Language::En => format!(
                    "the others have {length} digits: a spreadsheet dropped the leading zeros; format the column as text \
                     and enter the number again (or import with --ragged if the lengths are meant)"
                ),
                Language::Zh => format!(
                    "其他编号为 {length} 位：前导零被电子表格去掉了；请把该列设为文本格式后重新填写（长度本来不同时用 --ragged）"
                ),
            },
            Self::LostDigits => pick(
                "a spreadsheet keeps 15 digits and wrote zeros for the rest: format the column as text and enter the number again",
                "电子表格只保留 15 位数字，其余写成了零：请把该列设为文本格式后重新填写",
            ),
            Self::SpreadsheetError => {
                pick("an error of the spreadsheet in the place of a value", "电子表格的错误值，不是数据")
            }
            Self::OneOf(words) => format!("{} {}", pick("one of", "应为"), words.join(", ")),
            Self::Decimal => pick(
                "a plain decimal such as 1234.5, without exponent, unit or thousands separators",
                "应为普通小数，如 1234.5，不带指数、单位和千位分隔符",
            ),
            Self::Negative => pick("must not be negative", "不能为负"),
            Self::NotPositive => pick("must be more than 0", "必须大于 0"),
            Self::TooFine { places } => match language {
                Language::En => format!("at most {places} decimal places"),
                Language::Zh => format!("最多 {places} 位小数"),
            },
            Self::TooLarge => pick("too large", "数值过大"),
            Self::Integer { least, most } => match language {
                Language::En => format!("a whole number from {least} to {most}"),
                Language::Zh => format!("应为 {least} 到 {most} 的整数"),
            },
            Self::Date => pick("a date such as 2026-10-01, year first", "应为日期，如 2026-10-01，年在前"),
            Self::DayNumber => pick(
                "a spreadsheet's day number: format the column as a date, year first (2026-10-01)",
                "这是电子表格的日期序号：请把该列设为日期格式，年在前（2026-10-01）",
            ),
            Self::Instant => pick(
                "a date, a date and time such as 2026-10-01 08:00, or RFC 3339 with its offset",
                "应为日期、日期时间（如 2026-10-01 08:00）或带时区的 RFC 3339 时间",
            ),
            Self::Future => pick("lies in the future", "时间在未来"),
            Self::NotAfter(column) => format!("{} {column}", pick("must be after", "必须晚于")),
            Self::Before(column) => format!("{} {column}", pick("must not be before", "不能早于")),
            Self::Unit => pick("not a unit, or not one of this register's kind", "不是该寄存器可用的单位"),
            Self::UnitNeeded => pick(
                "this register's unit is not known: fill the column unit",
                "该寄存器的单位未知：请填写单位列",
            ),
            Self::Register => pick(
                "an OBIS code such as 8-0:1.0.0, or x:<quantity>.<function>.<subunit>.<tariff>.<storage>",
                "应为 OBIS 码，如 8-0:1.0.0，或 x:<quantity>.<function>.<subunit>.<tariff>.<storage>",
            ),
            Self::FactName => pick(
                "a name of small letters, digits and _, such as persons",
                "名称只用小写字母、数字和 _，如 persons",
            ),
            Self::Needs(column) => format!("{} {column}", pick("only together with", "须同时填写")),
            Self::Unprintable => pick("holds a control or invisible character", "含有控制字符或看不见的字符"),
            Self::TooLong { most } => match language {
                Language::En => format!("longer than {most} characters"),
                Language::Zh => format!("超过 {most} 个字符"),
            },
            Self::Identifier(error) => identifier(*error, language),
            Self::Said { en, zh, .. } => pick(en, zh),
        }
    }
}

fn identifier(error: IdentifierError, language: Language) -> String {
    use IdentifierError as E;
    match (language, error) {
        (Language::En, error) => error.to_string(),
        (Language::Zh, E::Empty) => "不能为空".to_owned(),
        (Language::Zh, E::TooLong) => format!("超过 {} 个字符", Identifier::LONGEST),
        (Language::Zh, E::Hidden(c)) => format!("含有看不见的字符 {}", c.escape_unicode()),
        (Language::Zh, E::Wide(c)) => format!("{c:?} 是普通字符的另一种写法（如全角），请改用普通字符"),
        (Language::Zh, E::Sign(c)) => format!("不能含有 {c:?}：只用字母、数字、汉字和 . _ / -"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_the_beginning_of_a_long_cell() {
        let long = "户".repeat(1_000_000);
        let fault = Fault::new(2, "name", &long, Rule::TooLong { most: 500 });
        assert_eq!(fault.value.chars().count(), VALUE_LONGEST + 1);
        assert!(fault.value.ends_with('…'));
        assert_eq!(Fault::new(2, "name", "户", Rule::Required).value, "户");
    }
}
