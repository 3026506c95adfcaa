//! What a record of a frame measures: a closed list in the trade's terms.

use std::fmt;
use std::str::FromStr;

macro_rules! quantities {
    ($($variant:ident $name:literal;)*) => {
        /// What a record measures. Closed: `docs/protocols.md` prints the list, a test compares the two.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names are the trade's terms and say what they are")]
        pub enum Quantity { $($variant,)* }

        impl Quantity {
            /// Every quantity.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in JSON and in `x:` register names.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for Quantity {
            type Err = UnknownQuantity;
            fn from_str(text: &str) -> Result<Self, UnknownQuantity> {
                match text { $($name => Ok(Self::$variant),)* _ => Err(UnknownQuantity(text.to_owned())) }
            }
        }
    };
}

quantities! {
    Energy "energy";
    EnergyExport "energy_export";
    EnergyCombined "energy_combined";
    HeatEnergy "heat_energy";
    CoolingEnergy "cooling_energy";
    ReactiveEnergy "reactive_energy";
    ReactiveEnergyExport "reactive_energy_export";
    ApparentEnergy "apparent_energy";
    Volume "volume";
    ReverseVolume "reverse_volume";
    Mass "mass";
    Power "power";
    PowerExport "power_export";
    PowerDemand "power_demand";
    ReactivePower "reactive_power";
    ApparentPower "apparent_power";
    PowerFactor "power_factor";
    VolumeFlow "volume_flow";
    MassFlow "mass_flow";
    FlowTemperature "flow_temperature";
    ReturnTemperature "return_temperature";
    TemperatureDifference "temperature_difference";
    ExternalTemperature "external_temperature";
    Temperature "temperature";
    Pressure "pressure";
    Humidity "humidity";
    Voltage "voltage";
    Current "current";
    NeutralCurrent "neutral_current";
    PhaseAngle "phase_angle";
    Frequency "frequency";
    OnTime "on_time";
    OperatingTime "operating_time";
    ErrorTime "error_time";
    AveragingDuration "averaging_duration";
    ActualityDuration "actuality_duration";
    Duration "duration";
    Time "time";
    Date "date";
    HeatCostAllocation "heat_cost_allocation";
    FabricationNumber "fabrication_number";
    Identification "identification";
    BusAddress "bus_address";
    Manufacturer "manufacturer";
    Model "model";
    Version "version";
    Medium "medium";
    AccessNumber "access_number";
    Status "status";
    ErrorFlags "error_flags";
    ErrorMask "error_mask";
    DigitalInput "digital_input";
    DigitalOutput "digital_output";
    ParameterSet "parameter_set";
    Customer "customer";
    Password "password";
    BaudRate "baud_rate";
    ResponseDelay "response_delay";
    Credit "credit";
    Debit "debit";
    Balance "balance";
    ResetCounter "reset_counter";
    CumulationCounter "cumulation_counter";
    EventCount "event_count";
    IntervalUsage "interval_usage";
    Pulses "pulses";
    BatteryVoltage "battery_voltage";
    BatteryLevel "battery_level";
    BatteryTime "battery_time";
    SignalStrength "signal_strength";
    SignalQuality "signal_quality";
    StorageInterval "storage_interval";
    TariffPeriod "tariff_period";
    Tariff "tariff";
    Limit "limit";
    Ratio "ratio";
    Text "text";
    Dimensionless "dimensionless";
    ManufacturerSpecific "manufacturer_specific";
    Unknown "unknown";
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A quantity's text that is not in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownQuantity(String);

impl fmt::Display for UnknownQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown quantity {:?}", self.0)
    }
}

impl std::error::Error for UnknownQuantity {}
