//! The closed list of formats.

metering::closed_list! {
    /// A format of the wire, in the order of the tables in README.md and `docs/protocols.md`.
    pub enum Format: "format" {
        /// M-Bus, EN 13757-2/-3, wired.
        Mbus = "mbus",
        /// Wireless M-Bus and OMS, EN 13757-4.
        Wmbus = "wmbus",
        /// DL/T 645-2007.
        Dlt645V2007 = "dlt645-2007",
        /// DL/T 645-1997.
        Dlt645V1997 = "dlt645-1997",
        /// CJ/T 188-2004 and -2018.
        Cjt188 = "cjt188",
        /// Vendors' pushes that look like CJ/T 188 and are not.
        Cjt188VendorPush = "cjt188-vendor-push",
        /// The push of CAT-1 and NB modules, 68 … 97H.
        Cat1NbPush = "cat1-nb-push",
        /// Modbus RTU frames, read with a register map.
        ModbusRtu = "modbus-rtu",
        /// Modbus TCP frames, read with a register map.
        ModbusTcp = "modbus-tcp",
        /// P1 telegrams (DSMR and its relatives).
        P1 = "p1",
        /// DLMS/COSEM data notifications.
        DlmsPush = "dlms-push",
        /// SenML in JSON, RFC 8428.
        SenmlJson = "senml-json",
        /// SenML in CBOR, RFC 8428.
        SenmlCbor = "senml-cbor",
        /// LwM2M TLV and SenML payloads of the metering objects.
        Lwm2m = "lwm2m",
        /// China Telecom's CTWing push.
        Ctwing = "ctwing",
        /// Huawei's IoTDA push.
        Iotda = "iotda",
        /// China Mobile's OneNET push.
        Onenet = "onenet",
        /// ChirpStack v4 uplink events.
        ChirpstackV4 = "chirpstack-v4",
        /// What wmbusmeters prints.
        WmbusmetersJson = "wmbusmeters-json",
        /// The plain JSON of Meterline's own front door.
        Json = "json",
    }
}

/// What a decoder may need besides the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The key of an encrypted frame.
    pub key: Option<&'a [u8]>,
    /// The payload was already decrypted although its header says otherwise. Never guessed.
    pub plaintext: bool,
    /// Earlier frames of the same meter, oldest first (compact frames need their full frame).
    pub prior: &'a [Vec<u8>],
    /// The name of a meter model's profile (register map, valve bits, decimals).
    pub profile: Option<&'a str>,
    /// The wire address of the first register in a Modbus answer, which does not say what it answers.
    pub start: Option<u16>,
    /// When the frame was received. Some formats tell their times relative to it (SenML); without it such a time
    /// is left out, with a warning.
    pub received: Option<jiff::Timestamp>,
    /// The format of the bytes that an envelope carries (ChirpStack, CTWing …); without it, what can be told apart.
    pub inner: Option<Format>,
}
