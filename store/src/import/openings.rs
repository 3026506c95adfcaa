//! Go-live: what the old system knew of a service. Money becomes a bill of kind `opening`, or is prepaid, and stands
//! in the ledger against the account `opening`.

use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};

use super::{FindingKind, Plan, Planned, Staged};

metering::closed_list! {
    /// What the old system knew of a service.
    pub enum OpeningItem: "item of an opening" {
        /// What was owed. Money.
        Receivable = "receivable",
        /// What was paid ahead. Money.
        Prepaid = "prepaid",
        /// What a tier counter had counted. A quantity.
        TierCounter = "tier_counter",
        /// The index up to which it had billed. A quantity.
        LastBilledIndex = "last_billed_index",
    }
}

/// A row of a file of openings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningRow {
    /// Whose.
    pub service_no: String,
    /// An [`OpeningItem`].
    pub item: String,
    /// A plain decimal: money, or a quantity.
    pub amount: String,
    /// The day that it is true of.
    pub as_of: Date,
    /// When a receivable is or was due.
    pub due_on: Option<Date>,
    /// The old system's number of it; the name of a tier counter.
    pub reference: Option<String>,
}

impl Staged for OpeningRow {
    const COLUMNS: &'static [(&'static str, Type)] = &[
        ("service_no", Type::TEXT),
        ("item", Type::TEXT),
        ("amount", Type::TEXT),
        ("as_of", Type::DATE),
        ("due_on", Type::DATE),
        ("ref", Type::TEXT),
    ];

    fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.service_no, &self.item, &self.amount, &self.as_of, &self.due_on, &self.reference]
    }
}

impl Planned for OpeningRow {
    const PLAN: Plan = Plan {
        checks: &[
            include_str!("../../sql/import/unknown_service.sql"),
            "select row_no, 'item', item, 'twice', first::text from ( \
               select row_no, item, min(row_no) over (partition by service_no, item, coalesce(ref, '')) as first \
               from incoming) r where row_no > first",
        ],
        known: "incoming i join agreements a using (service_no) \
                join openings t on t.agreement_id = a.id and t.item = i.item and t.ref = coalesce(i.ref, '')",
        key: "i.service_no || ' ' || i.item || ' ' || coalesce(i.ref, '')",
        pairs: "('amount', trim_scale(i.amount::numeric)::text, trim_scale(t.amount)::text), \
                ('as_of', i.as_of::text, t.as_of::text), ('due_on', i.due_on::text, t.due_on::text)",
        // An opening is posted: what was wrong is corrected by an adjustment, not by another file.
        fixed: &[
            ("amount", FindingKind::Fixed),
            ("as_of", FindingKind::Fixed),
            ("due_on", FindingKind::Fixed),
        ],
        add: &[include_str!("../../sql/import/opening_add.sql")],
        ..Plan::of("opening")
    };
}
