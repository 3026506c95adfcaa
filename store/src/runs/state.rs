//! Where runs and their chunks stand.

metering::closed_list! {
    /// Where a run stands.
    pub enum RunState: "state of a run" {
        /// Its inputs are frozen; bills are being made.
        Frozen = "frozen",
        /// All bills are made: someone must look at them.
        Review = "review",
        /// Another person has approved.
        Approved = "approved",
        /// Bills are being issued.
        Issuing = "issuing",
        /// Done.
        Issued = "issued",
        /// Given up; it left nothing.
        Aborted = "aborted",
    }
}

metering::closed_list! {
    /// What a run is for.
    pub enum RunKind: "kind of run" {
        /// Bills of a period.
        Regular = "regular",
        /// One document that takes back or mends another.
        Correction = "correction",
    }
}

metering::closed_list! {
    /// Where a chunk of a run stands.
    pub enum ChunkState: "state of a chunk" {
        /// Nothing is done.
        Open = "open",
        /// Its trial bills stand.
        Trial = "trial",
        /// Its bills were rated again at the issue: they wait for another approval.
        Returned = "returned",
        /// Its bills are documents.
        Issued = "issued",
    }
}
