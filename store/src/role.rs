//! What a user is. What each role may do stands in `office`.

metering::closed_list! {
    /// What a user is.
    pub enum UserRole: "role" {
        /// Keeps master data and tariffs, runs bills.
        Clerk = "clerk",
        /// Approves, cancels, decides conflicts, closes months.
        Supervisor = "supervisor",
        /// Takes payments.
        Cashier = "cashier",
        /// Keeps meters and their connections going.
        Operator = "operator",
        /// Sees everything, changes nothing.
        Auditor = "auditor",
        /// Keeps users; in a small utility also stands in for the others.
        Admin = "admin",
    }
}
