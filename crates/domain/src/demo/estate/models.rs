//! Which machines there are.

/// A machine of the demo.
pub(super) struct Machine {
    /// Index of its place.
    pub(super) place: usize,
    pub(super) name: &'static str,
    pub(super) chassis: &'static str,
    pub(super) maker: &'static str,
    pub(super) model: &'static str,
    /// Index of its system.
    pub(super) system: usize,
    /// Programs by which somebody can take it over.
    pub(super) remote: &'static [&'static str],
}

/// An operating system.
pub(super) struct System {
    pub(super) name: &'static str,
    pub(super) full_name: &'static str,
    pub(super) version: &'static str,
    pub(super) kernel: &'static str,
    pub(super) revision: &'static str,
    /// Nobody looks after it any more.
    pub(super) old: bool,
}

/// Something that only the network knows.
pub(super) struct Device {
    pub(super) name: &'static str,
    /// Beginning of its card's address, its maker's.
    pub(super) card: &'static str,
    pub(super) vendor: &'static str,
    pub(super) ports: &'static [(u16, &'static str)],
}

const fn machine(
    place: usize,
    name: &'static str,
    chassis: &'static str,
    maker: &'static str,
    model: &'static str,
    system: usize,
    remote: &'static [&'static str],
) -> Machine {
    Machine { place, name, chassis, maker, model, system, remote }
}

const fn system(
    name: &'static str,
    full_name: &'static str,
    version: &'static str,
    kernel: &'static str,
    revision: &'static str,
    old: bool,
) -> System {
    System { name, full_name, version, kernel, revision, old }
}

const fn device(
    name: &'static str,
    card: &'static str,
    vendor: &'static str,
    ports: &'static [(u16, &'static str)],
) -> Device {
    Device { name, card, vendor, ports }
}

#[rustfmt::skip]
pub(super) const SYSTEMS: [System; 18] = [
    system("Windows", "Microsoft Windows 7 Professionnel", "", "6.1.7601", "7601.24214", true),
    system("Windows", "Microsoft Windows 10 Professionnel", "22H2", "10.0.19045", "19045.6456", true),
    system("Windows", "Microsoft Windows 10 Professionnel", "21H2", "10.0.19044", "19044.2965", true),
    system("Windows", "Microsoft Windows 11 Professionnel", "23H2", "10.0.22631", "22631.6060", true),
    system("Windows", "Microsoft Windows 11 Professionnel", "24H2", "10.0.26100", "26100.7171", false),
    system("Windows", "Microsoft Windows 11 Professionnel", "25H2", "10.0.26200", "26200.7171", false),
    system("Windows", "Microsoft Windows 10 Entreprise LTSC", "21H2", "10.0.19044", "19044.6456", false),
    system("Windows", "Microsoft Windows Server 2012 R2 Standard", "", "6.3.9600", "9600.20778", true),
    system("Windows", "Microsoft Windows Server 2016 Standard", "1607", "10.0.14393", "14393.8519", false),
    system("Windows", "Microsoft Windows Server 2019 Standard", "1809", "10.0.17763", "17763.7919", false),
    system("Windows", "Microsoft Windows Server 2022 Standard", "21H2", "10.0.20348", "20348.4405", false),
    system("Debian", "Debian GNU/Linux 12 (bookworm)", "12", "6.1.0-40-amd64", "", false),
    system("Ubuntu", "Ubuntu", "22.04.5 LTS", "5.15.0-160-generic", "", false),
    system("Android", "Android 13", "13", "", "", false),
    system("Android", "Android 15", "15", "", "", false),
    system("iPadOS", "iPadOS 15.8.4", "15.8.4", "", "", false),
    system("iPadOS", "iPadOS 18.7.1", "18.7.1", "", "", false),
    system("macOS", "macOS", "13.7.8", "22.6.0", "", false),
];

#[rustfmt::skip]
pub(super) const FLEET: [Machine; 50] = [
    machine(0, "TIL-SOIN-01", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(0, "TIL-SOIN-02", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(0, "TIL-SOIN-03", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(0, "TIL-SOIN-04", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(0, "TIL-SOIN-05", "Desktop", "HP", "ProDesk 400 G6", 3, &[]),
    machine(0, "TIL-SOIN-06", "Desktop", "HP", "ProDesk 400 G6", 3, &[]),
    machine(0, "TIL-SOIN-07", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(0, "TIL-SOIN-08", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(0, "TIL-ADM-01", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(0, "TIL-ADM-02", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(0, "TIL-ADM-03", "Desktop", "HP", "ProDesk 400 G6", 4, &[]),
    machine(0, "TIL-ADM-04", "Desktop", "HP", "ProDesk 400 G6", 1, &[]),
    machine(0, "TIL-ADM-05", "Desktop", "HP", "ProDesk 400 G6", 2, &["teamviewer"]),
    machine(0, "TIL-DIR", "Notebook", "Lenovo", "ThinkPad L14", 5, &[]),
    machine(0, "TIL-PHARMA", "Desktop", "Dell Inc.", "OptiPlex 3060", 6, &[]),
    machine(0, "TIL-APPEL", "Desktop", "Dell Inc.", "OptiPlex 3060", 0, &["anydesk"]),
    machine(0, "TIL-BORNE", "Desktop", "Dell Inc.", "OptiPlex 3060", 4, &[]),
    machine(0, "SRV-TIL-AD", "Rack Mount Chassis", "Dell Inc.", "PowerEdge T340", 9, &[]),
    machine(0, "SRV-TIL-FIC", "Rack Mount Chassis", "Dell Inc.", "PowerEdge T340", 7, &["anydesk"]),
    machine(0, "SRV-TIL-SAUV", "Rack Mount Chassis", "Dell Inc.", "PowerEdge T340", 11, &[]),
    machine(0, "TIL-TAB-01", "Tablet", "Samsung", "Galaxy Tab A8", 13, &[]),
    machine(0, "TIL-TAB-02", "Tablet", "Samsung", "Galaxy Tab A8", 13, &[]),
    machine(0, "TIL-TAB-03", "Tablet", "Samsung", "Galaxy Tab A8", 13, &[]),
    machine(0, "TIL-TAB-04", "Tablet", "Samsung", "Galaxy Tab A8", 14, &[]),
    machine(0, "TIL-TAB-05", "Tablet", "Apple", "iPad (9th generation)", 15, &[]),
    machine(0, "TIL-TAB-06", "Tablet", "Apple", "iPad (9th generation)", 16, &[]),
    machine(1, "CLA-POSTE-01", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(1, "CLA-POSTE-02", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(1, "CLA-POSTE-03", "Desktop", "Dell Inc.", "OptiPlex 3060", 1, &[]),
    machine(1, "CLA-POSTE-04", "Desktop", "HP", "ProDesk 400 G6", 3, &[]),
    machine(1, "CLA-POSTE-05", "Desktop", "HP", "ProDesk 400 G6", 4, &[]),
    machine(1, "CLA-POSTE-06", "Desktop", "HP", "ProDesk 400 G6", 4, &[]),
    machine(1, "CLA-POSTE-07", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(1, "CLA-POSTE-08", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(1, "CLA-PORT-01", "Notebook", "Lenovo", "ThinkPad L14", 1, &[]),
    machine(1, "CLA-PORT-02", "Notebook", "Lenovo", "ThinkPad L14", 4, &[]),
    machine(1, "CLA-PORT-03", "Notebook", "Lenovo", "ThinkPad L14", 5, &[]),
    machine(1, "SRV-CLA", "Rack Mount Chassis", "Dell Inc.", "PowerEdge T340", 8, &[]),
    machine(1, "CLA-TAB-01", "Tablet", "Samsung", "Galaxy Tab A8", 13, &[]),
    machine(1, "CLA-TAB-02", "Tablet", "Apple", "iPad (9th generation)", 16, &[]),
    machine(2, "PAS-POSTE-01", "Desktop", "HP", "ProDesk 400 G6", 1, &[]),
    machine(2, "PAS-POSTE-02", "Desktop", "HP", "ProDesk 400 G6", 1, &[]),
    machine(2, "PAS-POSTE-03", "Desktop", "HP", "ProDesk 400 G6", 4, &[]),
    machine(2, "PAS-POSTE-04", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(2, "PAS-POSTE-05", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(2, "PAS-POSTE-06", "Desktop", "HP", "ProDesk 400 G6", 5, &[]),
    machine(2, "PAS-PORT-01", "Notebook", "Lenovo", "ThinkPad L14", 4, &[]),
    machine(2, "PAS-PORT-02", "Notebook", "Lenovo", "ThinkPad L14", 5, &[]),
    machine(2, "SRV-PAS", "Rack Mount Chassis", "Dell Inc.", "PowerEdge T340", 12, &[]),
    machine(2, "PAS-MAC", "Desktop", "Apple", "iMac (24 pouces)", 17, &[]),
];

#[rustfmt::skip]
pub(super) const DEVICES: [Device; 10] = [
    device("imp-accueil", "00:68:eb", "HP Inc.", &[(80, "http"), (9100, "jetdirect")]),
    device("imp-infirmerie", "00:68:eb", "HP Inc.", &[(80, "http"), (9100, "jetdirect")]),
    device("imp-etage", "00:1b:a9", "Brother Industries", &[(80, "http"), (515, "printer")]),
    device("imp-administration", "00:26:73", "Ricoh", &[(443, "https"), (9100, "jetdirect")]),
    device("nas", "00:11:32", "Synology Incorporated", &[(5001, "https"), (445, "microsoft-ds")]),
    device("camera-hall", "ac:cc:8e", "Axis Communications", &[(80, "http")]),
    device("camera-parking", "ac:cc:8e", "Axis Communications", &[(80, "http"), (23, "telnet")]),
    device("commutateur-1", "00:1e:c1", "Hewlett Packard", &[(22, "ssh"), (161, "snmp")]),
    device("standard", "00:80:9f", "ALE International", &[(443, "https")]),
    device("borne-wifi-1", "24:5a:4c", "Ubiquiti", &[(22, "ssh")]),
];

/// Login, name, days since the last sign-in, whether it is enabled, groups: accounts that nobody closed, and one that was.
#[rustfmt::skip]
pub(super) const OLD_ACCOUNTS: &[(&str, &str, i64, &str, &str)] = &[
    ("p.delorme", "Patrick Delorme", 210, "True", "G_AS"),
    ("s.nicot", "Sandra Nicot", 95, "True", "G_AS"),
    ("soins1", "Soins1", 1, "True", "G_AS"),
    ("editeur-dui", "Telemaintenance", 22, "True", "Domain Admins"),
    ("l.faure", "Lucie Faure", 400, "False", "G_IDE"),
];
