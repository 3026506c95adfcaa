//! What a device says of itself besides its readings: a closed list, each kind with its usual severity.

use std::fmt;
use std::str::FromStr;

use crate::UnknownName;

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident $name:literal $severity:ident;)*) => {
        crate::closed_list! {
            /// A device event. The list is closed: a vendor's bit that fits none is a warning with its bytes.
            pub enum EventKind: "event" { $($(#[$doc])* $variant = $name,)* }
        }

        impl EventKind {
            /// How grave it usually is.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

events! {
    /// The battery is near its end.
    BatteryLow "battery_low" Warning;
    /// The supply voltage fails.
    PowerLow "power_low" Warning;
    /// The valve is closed.
    ValveClosed "valve_closed" Info;
    /// The valve neither opens nor closes.
    ValveFault "valve_fault" Critical;
    /// The device was opened or manipulated.
    Tamper "tamper" Critical;
    /// A strong magnetic field.
    MagneticField "magnetic_field" Critical;
    /// The meter was taken off its place.
    Removed "removed" Critical;
    /// Flow against the arrow.
    ReverseFlow "reverse_flow" Warning;
    /// Water runs without pause.
    Leak "leak" Warning;
    /// Flow far above the usual.
    Burst "burst" Critical;
    /// The pipe is empty, there is air in it.
    EmptyPipe "empty_pipe" Warning;
    /// No usage for long.
    Dry "dry" Info;
    /// Flow above the permitted.
    Overload "overload" Warning;
    /// A flow sensor fails.
    FlowSensorFault "flow_sensor_fault" Critical;
    /// A temperature sensor fails.
    TemperatureSensorFault "temperature_sensor_fault" Critical;
    /// The device may freeze.
    Frost "frost" Warning;
    /// A pressure outside its limits.
    PressureAlarm "pressure_alarm" Warning;
    /// A temperature outside its limits.
    TemperatureAlarm "temperature_alarm" Warning;
    /// Supply was interrupted.
    PowerFailure "power_failure" Warning;
    /// A phase is missing.
    PhaseLoss "phase_loss" Critical;
    /// The phases turn the wrong way.
    PhaseReversal "phase_reversal" Warning;
    /// The voltage is too high.
    OverVoltage "over_voltage" Warning;
    /// The voltage is too low.
    UnderVoltage "under_voltage" Warning;
    /// The current is too high.
    OverCurrent "over_current" Warning;
    /// The terminal or meter cover is open.
    CoverOpen "cover_open" Critical;
    /// The relay is open: no supply.
    RelayOpen "relay_open" Info;
    /// The clock is wrong or was set.
    ClockFault "clock_fault" Warning;
    /// The memory or program fails.
    MemoryFault "memory_fault" Critical;
    /// An error that stays until it is repaired.
    PermanentError "permanent_error" Critical;
    /// An error that may pass.
    TemporaryError "temporary_error" Warning;
    /// Any alarm that the device raises without saying more.
    Alarm "alarm" Warning;
    /// The application is busy.
    Busy "busy" Info;
    /// The device restarted.
    Restart "restart" Info;
    /// The radio is weak.
    SignalWeak "signal_weak" Info;
}

crate::closed_list! {
    /// How grave an event or alarm is.
    pub enum Severity: "severity" {
        /// Worth knowing.
        Info = "info",
        /// To be looked at in working hours.
        Warning = "warning",
        /// To be looked at now.
        Critical = "critical",
    }
}

/// What an alarm is about: what a device says of itself, or what is seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmKind {
    /// The device says so.
    Device(EventKind),
    /// Nothing is heard of it.
    Silent,
}

impl AlarmKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        EventKind::ALL.iter().map(|event| Self::Device(*event)).chain([Self::Silent])
    }

    /// The name in JSON and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device(event) => event.name(),
            Self::Silent => "silent",
        }
    }

    /// What the device says, where it is the device that says it.
    pub const fn device(self) -> Option<EventKind> {
        match self {
            Self::Device(event) => Some(event),
            Self::Silent => None,
        }
    }
}

impl FromStr for AlarmKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        if text == Self::Silent.name() { Ok(Self::Silent) } else { text.parse().map(Self::Device) }
    }
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
