//! `demand` (基本电费): by installed capacity, by the highest demand, or by contract.
//!
//! - `capacity`: line = `attrs[attr]` x `price`
//! - `actual`: line = `qty` x `price`
//! - `contract`: kW = max(`qty`, contract x `min_share`) + max(0, `qty` - contract x `over_ratio`) x (`over_multiple` - 1)
//!
//! Contract 100 kW, 120 drawn: the 15 above 105 % count twice.
//!
//! ```
//! # use billing::tariff::worked;
//! let demand = r#"{"type": "demand", "code": "demand", "basis": "contract", "qty": "max_kw",
//!     "contract_attr": "contract_kw", "min_share": "0.4", "price": "40"}"#;
//! let bill = |kw| worked(demand, &format!(r#"{{"attrs": {{"contract_kw": "100"}}, "qty": {{"max_kw": "{kw}"}}}}"#));
//! assert_eq!(bill("120"), ["demand 135 kW x 40 = 5400.00"]);
//! assert_eq!(bill("105"), ["demand 105 kW x 40 = 4200.00"]);
//! assert_eq!(bill("25"), ["demand 40 kW x 40 = 1600.00"]);
//! ```

use rust_decimal::Decimal;

use crate::rating::{Made, Run, Slot, Trouble, number};
use crate::tariff::{Compiler, Fields, Key, Kind, Refused, Step, not_negative};

pub(crate) const MEANING: &str = "installed capacity, highest demand, or demand by contract, times a price";

pub(crate) const KEYS: &[Key] = &[
    Key::must("basis", Kind::OneOf(&["capacity", "actual", "contract"]), "what is charged"),
    Key::must("price", Kind::Number, "money per kW or kVA"),
    Key::may("attr", Kind::Text, "capacity: the fact, such as kva"),
    Key::may("qty", Kind::Text, "actual, contract: the highest demand"),
    Key::may("contract_attr", Kind::Text, "contract: the fact, such as contract_kw"),
    Key::may("over_ratio", Kind::Number, "contract: what is above contract x this costs more; default 1.05"),
    Key::may("over_multiple", Kind::Number, "contract: and this many times as much; default 2"),
    Key::may("min_share", Kind::Number, "contract: at least contract x this; default 0"),
];

#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) name: Box<str>,
    /// Whether it is a fact that is priced, not a quantity.
    pub(crate) by_capacity: bool,
    slot: Slot,
    pub(crate) price: Decimal,
    pub(crate) contract: Option<Contract>,
}

#[derive(Debug)]
pub(crate) struct Contract {
    slot: Slot,
    pub(crate) attr: Box<str>,
    pub(crate) over_ratio: Decimal,
    pub(crate) over_multiple: Decimal,
    pub(crate) min_share: Decimal,
}

impl Demand {
    pub(crate) fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let basis = fields.need_text("basis")?;
        let unwanted: &[&str] = match basis {
            "capacity" => &["qty", "contract_attr", "over_ratio", "over_multiple", "min_share"],
            "actual" => &["attr", "contract_attr", "over_ratio", "over_multiple", "min_share"],
            _ => &["attr"],
        };
        if let Some(key) = unwanted.iter().find(|key| fields.has(key)) {
            return Err(fields.refuse(key, format!("means nothing for basis {basis}")));
        }
        let (name, slot) = if basis == "capacity" {
            let attr = fields.need_text("attr")?;
            (attr, compiler.attr(attr))
        } else {
            let qty = fields.need_text("qty")?;
            (qty, compiler.quantity(qty))
        };
        let contract = match basis {
            "contract" => Some(Contract::read(fields, compiler)?),
            _ => None,
        };
        let by_capacity = basis == "capacity";
        Ok(Self { name: name.into(), by_capacity, slot, price: fields.need_number("price")?, contract })
    }

    pub(crate) fn rate<'t>(&'t self, step: &'t Step, run: &mut Run<'_, 't>) -> Result<(), Trouble> {
        let measured = run.value(self.slot)?;
        let (kw, contract) = match &self.contract {
            None => (measured, None),
            Some(contract) => {
                let agreed = run.value(contract.slot)?;
                (contract.charged(measured, agreed)?, Some(agreed))
            }
        };
        let kw = run.of_period(kw)?;
        run.priced(step, &step.code, kw, self.price, || Made::Demand { measured, contract })
    }
}

impl Contract {
    fn read(fields: &Fields<'_>, compiler: &mut Compiler) -> Result<Self, Refused> {
        let attr = fields.need_text("contract_attr")?;
        Ok(Self {
            slot: compiler.attr(attr),
            attr: attr.into(),
            over_ratio: not_negative(fields, "over_ratio")?
                .unwrap_or(Decimal::from_parts(105, 0, 0, false, 2)),
            over_multiple: not_negative(fields, "over_multiple")?.unwrap_or(Decimal::TWO),
            min_share: not_negative(fields, "min_share")?.unwrap_or_default(),
        })
    }

    fn charged(&self, measured: Decimal, agreed: Decimal) -> Result<Decimal, Trouble> {
        let over = number::sub(measured, number::mul(agreed, self.over_ratio)?)?;
        let over = number::max(Decimal::ZERO, over);
        let again = number::mul(over, number::sub(self.over_multiple, Decimal::ONE)?)?;
        number::add(number::max(measured, number::mul(agreed, self.min_share)?), again)
    }
}

#[cfg(test)]
mod tests {
    use crate::tariff::worked;

    #[test]
    fn each_basis_charges_its_own() {
        let capacity =
            r#"{"type": "demand", "code": "d", "basis": "capacity", "attr": "kva", "price": "30"}"#;
        assert_eq!(worked(capacity, r#"{"attrs": {"kva": "400"}}"#), ["d 400 kVA x 30 = 12000.00"]);
        let actual = r#"{"type": "demand", "code": "d", "basis": "actual", "qty": "max_kw", "price": "40"}"#;
        assert_eq!(worked(actual, r#"{"qty": {"max_kw": "25.5"}}"#), ["d 25.5 kW x 40 = 1020.00"]);
        let told = worked(actual, "{}");
        assert!(told[0].starts_with(r#"d: needs quantity "max_kw""#), "{told:?}");
    }
}
