//! What a utility supplies and bills.

use crate::closed_list;

closed_list! {
    /// What a utility supplies and bills. A medium is what flows through a meter; a service is what an agreement is about.
    pub enum Service: "service" {
        /// Drinking and other water.
        Water = "water",
        /// Heat, from a network.
        Heat = "heat",
        /// Electricity.
        Electricity = "electricity",
    }
}
