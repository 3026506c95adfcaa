//! Which formats may speak for a meter that was imported with another.

/// Formats that share one kind of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// CJ/T 188 and its vendors' variants.
    Cjt188,
    /// DL/T 645.
    Dlt645,
    /// M-Bus, wired and wireless, and what prints it.
    Mbus,
    /// DLMS and P1.
    Dlms,
    /// Modbus: the line and the unit name the meter.
    Modbus,
    /// Platforms and documents that carry any meter's readings.
    Carrier,
}

impl Family {
    /// The family of a format's name; a name that is none could be anything's.
    pub(crate) fn of(format: &str) -> Self {
        match format {
            "cjt188" | "cjt188-vendor-push" | "cat1-nb-push" => Self::Cjt188,
            "dlt645-2007" | "dlt645-1997" => Self::Dlt645,
            "mbus" | "wmbus" | "wmbusmeters-json" => Self::Mbus,
            "dlms-push" | "p1" => Self::Dlms,
            "modbus-rtu" | "modbus-tcp" => Self::Modbus,
            _ => Self::Carrier,
        }
    }

    /// Whether a frame of this family may belong to a meter of that one.
    pub(crate) fn fits(self, meter: Self) -> bool {
        self == meter || self == Self::Carrier || meter == Self::Carrier
    }
}
