//! What an inventory says about one thing, as it says it.

/// What kind of thing was observed: the same name may be an operating system, a program or a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// An operating system, or the firmware that a firewall, a NAS, a printer or a phone runs.
    #[default]
    System,
    /// An installed program or a database service.
    Software,
    /// The machine itself, by maker and model: what its maker still repairs.
    Device,
}

/// One thing observed. Every text is as the inventory wrote it, empty when it did not say; nothing needs to be
/// normalised by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Observed<'a> {
    /// What it is.
    pub kind: Kind,
    /// Publisher of a program, vendor of a firmware: « Microsoft Corporation », « Fortinet ».
    pub publisher: &'a str,
    /// Name in full, the longest there is: « Microsoft Windows 10 Professionnel », « Debian GNU/Linux 12 (bookworm) »,
    /// « Mozilla Firefox ESR (x64 fr) », model of a device.
    pub name: &'a str,
    /// Version as displayed: « 22H2 », « 12 », « 140.4.0 », « 10.0.19045.3803 ».
    pub version: &'a str,
    /// Kernel or build: « 10.0.19045 », « 19045 », « 6.1.0-40-amd64 ».
    pub build: &'a str,
    /// Edition when it is apart from the name: « Professionnel », « IoTEnterpriseS ».
    pub edition: &'a str,
    /// Service pack: « Service Pack 1 », or build and revision « 19045.6456 ».
    pub service_pack: &'a str,
    /// « 64-bit », « amd64 ».
    pub arch: &'a str,
    /// Maker of the machine: « Samsung », « Apple ».
    pub maker: &'a str,
    /// Model of the machine: « Galaxy Tab A8 ».
    pub model: &'a str,
    /// CPE 2.2 or 2.3 when the inventory has one (nmap, CycloneDX).
    pub cpe: &'a str,
    /// Package URL when the inventory has one (CycloneDX).
    pub purl: &'a str,
}
