//! Money that comes and goes.

pub mod refund;
pub mod reverse;
pub mod take;

pub use refund::refund;
pub use reverse::reverse;
pub use take::take;

use metering::refusal::{Refusal, Why};
use metering::{Identifier, IdentifierError};
use rust_decimal::Decimal;
use serde_json::json;
use store::payments::{self, Kind, Payment, Receipt};
use store::{UserRole, policies};

use crate::metrics::measured;
use crate::{Action, Caller, Deed, Office, Scope, Traced, day};

/// The deed of a kind of payment.
pub const fn action(kind: Kind) -> Action {
    match kind {
        Kind::Pay | Kind::Deposit => Action::TakePayment,
        Kind::Refund => Action::Refund,
        Kind::Reversal => Action::ReversePayment,
    }
}

/// Takes, refunds or reverses, by the kind of the payment.
pub async fn record(
    office: &Office,
    caller: &Caller,
    payment: &Payment<'_>,
    reason: &str,
) -> Result<Receipt, Refusal> {
    match payment.kind {
        Kind::Pay | Kind::Deposit => take(office, caller, payment, reason).await,
        Kind::Refund => refund(office, caller, payment, reason).await,
        Kind::Reversal => reverse(office, caller, payment, reason).await,
    }
}

/// What the three have in common. A payment is known by its channel, reference and line for ever: the same again is the
/// first receipt and leaves no trace.
async fn recorded(
    office: &Office,
    caller: &Caller,
    payment: &Payment<'_>,
    reason: &str,
) -> Result<Receipt, Refusal> {
    let action = action(payment.kind);
    measured(action, async {
        let mut desk = office.desk().await?;
        let mut deed = desk.open(caller, action, Scope::All).await?;
        let wish = wish(payment);
        deed.repeated(&wish).await?;
        check(office, &deed, payment, reason)?;
        let rules = policies::settlement_rules(deed.change().transaction()).await?;
        let receipt = payments::record(deed.change(), office.zone(), &rules, payment).await?;
        if receipt.repeated {
            deed.leave().await?;
            return Ok(receipt);
        }
        let mut after = wish;
        after["payment"] = json!(receipt.payment);
        after["paid_at"] = json!(payment.paid_at.to_string());
        after["to_prepaid"] = json!(receipt.to_prepaid.to_string());
        if !reason.trim().is_empty() {
            after["reason"] = json!(reason);
        }
        let traced = Traced::of(format!("{} {}", payment.channel, payment.channel_ref)).after(after);
        deed.finish_with(traced, json!({ "payment": receipt.payment })).await?;
        Ok(receipt)
    })
    .await
}

/// What is asked of every payment before it is recorded, at the counter and in a file: that whoever brings it may do this
/// kind, names in their one form, a day that is not in the future and not far back, an amount that is no slip.
pub(crate) fn check(
    office: &Office,
    deed: &Deed<'_>,
    payment: &Payment<'_>,
    reason: &str,
) -> Result<(), Refusal> {
    deed.may_also(action(payment.kind), "kind")?;
    is_name("channel", payment.channel, Identifier::channel)?;
    is_name("channel_ref", payment.channel_ref, Identifier::reference)?;
    if let Some(reference) = payment.reverses_ref {
        is_name("reverses_ref", reference, Identifier::reference)?;
    }
    day::check(deed, office.settings(), "paid_at", office.zone().date(payment.paid_at), reason)?;
    let most = Decimal::from(office.settings().most_payment);
    if payment.amount > most && deed.role() != Some(UserRole::Supervisor) {
        let refusal = Refusal::new(Why::AmountTooLarge, "amount");
        return Err(refusal.with("amount", payment.amount).with("most", most));
    }
    Ok(())
}

/// Two that look the same are the same: what stands in the books has the one form of its kind.
fn is_name(
    field: &'static str,
    given: &str,
    form: fn(&str) -> Result<Identifier, IdentifierError>,
) -> Result<(), Refusal> {
    let rule = match form(given) {
        Ok(name) if name.as_str() == given => return Ok(()),
        Ok(_) => "form",
        Err(why) => why.kind(),
    };
    Err(Refusal::new(Why::Name, field).with("value", given).with("rule", rule))
}

/// What is wanted, as it is compared under an idempotency key: whoever asks again "now" wants the same.
fn wish(payment: &Payment<'_>) -> serde_json::Value {
    json!({
        "channel": payment.channel, "channel_ref": payment.channel_ref, "line": payment.line,
        "account_no": payment.account_no, "amount": payment.amount.to_string(),
        "kind": payment.kind.name(),
        "reverses_ref": payment.reverses_ref, "bill_no": payment.bill_no, "tender": payment.tender,
    })
}
