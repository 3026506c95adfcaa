//! What bills are, and where they stand.

metering::closed_list! {
    /// What a bill is.
    pub enum BillKind: "kind of bill" {
        /// Of a period, by a run.
        Regular = "regular",
        /// What a regular bill left out.
        Supplementary = "supplementary",
        /// It takes another one back.
        Reversal = "reversal",
        /// It mends another one.
        Correction = "correction",
        /// What the old system handed over as owed.
        Opening = "opening",
    }
}

metering::closed_list! {
    /// Where a bill stands.
    pub enum BillState: "state of a bill" {
        /// A draft: nobody's document yet.
        Trial = "trial",
        /// A document that stands.
        Issued = "issued",
        /// A document that another one has taken back.
        Cancelled = "cancelled",
    }
}
