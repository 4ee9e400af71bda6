//! Whether a list and the machine itself speak of the same release of the same system.
//!
//! A list is often vague (« Windows », « Linux ») and never wrong for that; it must not be outdone by an old inventory as soon
//! as it names another product, another release or another build.

use super::System;
use crate::governance::obsolescence::{system_name, windows_release};

/// Systems, by a word of their names: the first that is found decides.
const FAMILIES: [(&str, &str); 30] = [
    ("windows", "windows"),
    ("raspbian", "raspbian"),
    ("ubuntu", "ubuntu"),
    ("mint", "mint"),
    ("linuxmint", "mint"),
    ("proxmox", "proxmox"),
    ("debian", "debian"),
    ("fedora", "fedora"),
    ("centos", "centos"),
    ("rocky", "rocky"),
    ("almalinux", "alma"),
    ("alma", "alma"),
    ("rhel", "rhel"),
    ("hat", "rhel"),
    ("oracle", "oracle"),
    ("opensuse", "opensuse"),
    ("suse", "suse"),
    ("sles", "suse"),
    ("esxi", "esxi"),
    ("esx", "esxi"),
    ("freebsd", "freebsd"),
    ("android", "android"),
    ("ipados", "ipados"),
    ("ios", "ios"),
    ("macos", "mac"),
    ("mac", "mac"),
    ("osx", "mac"),
    ("darwin", "mac"),
    ("chromeos", "chromeos"),
    ("linux", "linux"),
];
/// Systems that are no Linux.
const OTHERS: [&str; 7] = ["windows", "esxi", "freebsd", "ipados", "ios", "mac", ""];

/// What is said of a system, as it is compared.
struct Said<'a> {
    system: &'a System,
    words: Vec<String>,
    family: &'static str,
}

/// Whether a list says nothing else of the product and of its release than the machine does.
pub(super) fn agrees(list: &System, machine: &System) -> bool {
    let (list, machine) = (Said::of(list), Said::of(machine));
    if list.family == "linux" {
        return !OTHERS.contains(&machine.family);
    }
    if list.family != machine.family || (list.family.is_empty() && list.words != machine.words) {
        return false;
    }
    if list.family == "windows" { windows(&list, &machine) } else { numbered(&list, &machine) }
}

/// Whether a system's build is told.
pub(super) fn tells_build(system: &System) -> bool {
    Said::of(system).build().is_some()
}

impl<'a> Said<'a> {
    fn of(system: &'a System) -> Self {
        let name = system_name(system.display());
        let words = name.split(|c: char| !c.is_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
        let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let found = FAMILIES.iter().find(|(word, _)| words.iter().any(|said| said == word));
        Self { system, family: found.map_or("", |(_, family)| family), words }
    }

    fn is_server(&self) -> bool {
        self.words.iter().any(|word| word.starts_with("serve"))
    }

    /// `10`, `7`, `2012 r2`: what stands behind the name of Windows.
    fn generation(&self) -> Option<String> {
        let mut behind = self.words.iter().skip_while(|word| *word != "windows").skip(1);
        let first = behind.find(|word| !word.starts_with("serve"))?;
        let named = first.starts_with(|c: char| c.is_ascii_digit()) || matches!(first.as_str(), "xp" | "vista");
        let second = behind.next().filter(|word| *word == "r2").map_or("", |_| " r2");
        named.then(|| format!("{first}{second}"))
    }

    fn version(&self) -> String {
        self.system.version.as_deref().unwrap_or_default().to_lowercase()
    }

    /// Releases of Windows that are told, in their order: `22h2` is of October 2022.
    fn releases(&self) -> Vec<String> {
        let version = self.version();
        let words = version.split(|c: char| !c.is_alphanumeric()).chain(self.words.iter().map(String::as_str));
        let is_release = |word: &&str| {
            let begins = word.starts_with("15") || word.starts_with("16") || word.starts_with("17");
            let old = begins || word.starts_with("18") || word.starts_with("19") || *word == "2004";
            word.len() == 4
                && ((old && word.bytes().all(|byte| byte.is_ascii_digit()))
                    || word.ends_with("h1")
                    || word.ends_with("h2"))
        };
        let mut found: Vec<String> = words.filter(is_release).map(dated).collect();
        found.sort();
        found.dedup();
        found
    }

    /// `19045`, of a Windows: the last of its kernel's numbers, which some write as its version.
    fn build(&self) -> Option<&str> {
        let System { kernel, version, .. } = self.system;
        let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let third = |text: &'a str| text.split('.').nth(2).filter(|part| part.len() >= 4 && is_number(part));
        let bare = version.as_deref().filter(|text| text.len() == 5 && is_number(text));
        kernel.as_deref().and_then(third).or_else(|| version.as_deref().and_then(third)).or(bare)
    }

    /// `6.1.0-21-amd64`, or what Darwin counts, which macOS never was: a kernel, which says nothing of the release.
    fn is_kernel(&self, text: &str) -> bool {
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (numbers, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let parts: Vec<u64> = numbers.split('.').filter_map(|part| part.parse().ok()).collect();
        if self.family == "mac" {
            return parts.first().is_some_and(|first| (16..26).contains(first));
        }
        !OTHERS.contains(&self.family)
            && parts.len() >= 3
            && rest.starts_with(|c: char| c.is_alphabetic() || "-+".contains(c))
    }

    /// The numbers of the version, else those of the name.
    fn numbers(&self) -> Vec<u64> {
        let version = self.version();
        let texts = std::iter::once(version.as_str()).chain(self.words.iter().map(String::as_str));
        let texts = texts.filter(|text| !self.is_kernel(text));
        let number = |text: &str| {
            let from = text.find(|c: char| c.is_ascii_digit())?;
            let rest = text.get(from..)?;
            let to = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            Some(rest.get(..to)?.split('.').map_while(|part| part.parse().ok()).collect())
        };
        texts.filter_map(number).next().unwrap_or_default()
    }
}

/// `22h2` as a number that comes in its turn.
fn dated(release: &str) -> String {
    release.replace("h1", "05").replace("h2", "10")
}

fn windows(list: &Said<'_>, machine: &Said<'_>) -> bool {
    // A Windows 11 goes on calling itself 10 in places: of clients the build decides.
    if !list.is_server() && !machine.is_server() && list.build().is_some() && list.build() == machine.build() {
        return true;
    }
    let told = list.generation();
    let vague = told.is_none() && !list.is_server();
    if !vague && (list.is_server() != machine.is_server() || told.is_some() && told != machine.generation()) {
        return false;
    }
    match (list.build(), machine.build()) {
        (Some(list), Some(machine)) => return list == machine,
        (Some(_), None) if list.system.kernel.is_none() => return false,
        _ => {}
    }
    let (told, mut own) = (list.releases(), machine.releases());
    if own.is_empty() {
        own.extend(machine.build().and_then(windows_release).map(dated));
    }
    match (told.first(), told.last()) {
        // From one release to another, or one of them.
        (Some(first), Some(last)) => own.iter().any(|own| first <= own && own <= last),
        _ => true,
    }
}

/// As far as the shorter of both goes: « 12 » and « 12.5 » are of one release.
fn numbered(list: &Said<'_>, machine: &Said<'_>) -> bool {
    if list.system.version.is_some() && list.system.version == machine.system.kernel {
        return true;
    }
    let (told, own) = (list.numbers(), machine.numbers());
    told.is_empty() || (!own.is_empty() && told.iter().zip(&own).all(|(told, own)| told == own))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// « name|version|kernel ».
    fn system(written: &str) -> System {
        let mut parts = written.split('|').map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
        let mut next = || parts.next().flatten();
        System { full_name: next(), version: next(), kernel: next(), ..System::default() }
    }

    #[test]
    fn a_list_that_says_no_more_than_the_machine_agrees_with_it() {
        for (list, machine) in [
            ("Windows 10 Pro", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Win10 Pro|22H2", "Microsoft Windows 10 Entreprise|22H2|10.0.19045"),
            ("Windows|10.0.19045.4046|10.0.19045", "Microsoft Windows 10 Entreprise|22H2|10.0.19045"),
            ("Windows 10|19045", "Microsoft Windows 10 Entreprise|22H2|10.0.19045"),
            ("Windows 11 Pro|24H2 - 25H2", "Microsoft Windows 11 Professionnel|25H2|10.0.26200"),
            ("Windows|10.0.26100.1|10.0.26100", "Microsoft Windows Server 2025 Standard||10.0.26100"),
            ("Windows Server 2012 R2", "Microsoft Windows Server 2012 R2 Standard||6.3.9600"),
            ("Windows 10|21H2", "Windows 10 Entreprise LTSC|10.0.19044"),
            ("Windows 10|21H2", "Microsoft Windows 10 Entreprise LTSC|10.0.19044|10.0.19044"),
            ("Windows 11 Pro||10.0.22631", "Windows 10 Pro|23H2|10.0.22631"),
            ("Windows 10 Pro|22631", "Microsoft Windows 11 Professionnel|23H2|10.0.22631"),
            ("Debian GNU/Linux|6.1.0-21-amd64", "Debian GNU/Linux 12 (bookworm)|12.5|6.1.0-18-amd64"),
            ("Ubuntu 22.04|5.15.0-105-generic", "Ubuntu 22.04.4 LTS|22.04.4 LTS|5.15.0-91-generic"),
            ("macOS|23.6.0", "macOS Sonoma|14.5|23.5.0"),
            ("Debian", "Debian GNU/Linux 12 (bookworm)|12.5|6.1.0-18-amd64"),
            ("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 12 (bookworm)|12.5|6.1.0-18-amd64"),
            ("Debian|6.1.0-18-amd64", "Debian GNU/Linux 12 (bookworm)|12.5|6.1.0-18-amd64"),
            ("Linux|6.1", "Ubuntu 22.04.4 LTS|22.04.4 LTS|5.15"),
            ("Mac OS X|14.5", "macOS Sonoma|14.5|23.5.0"),
            ("Système maison|3", "Système maison|3|1"),
        ] {
            assert!(agrees(&system(list), &system(machine)), "{list} / {machine}");
        }
    }

    #[test]
    fn a_list_that_says_something_else_does_not() {
        for (list, machine) in [
            ("Microsoft Windows 11 Professionnel|24H2", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Microsoft Windows 11 Professionnel", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Windows 10 Pro|22H2", "Microsoft Windows 10 Professionnel|21H2|10.0.19044"),
            ("Windows 10 Pro|22H2", "Microsoft Windows 10 Professionnel|10.0.19044|10.0.19044"),
            ("Windows 10 Pro|19045", "Microsoft Windows 10 Professionnel|21H2|10.0.19044"),
            ("Windows 11 Pro|22H2 - 23H2", "Microsoft Windows 11 Professionnel|21H2|10.0.22000"),
            ("Windows 11 Pro|24H2 - 25H2", "Microsoft Windows 11 Professionnel|26H1|10.0.28000"),
            ("Windows|10.0.26100|10.0.26100", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Windows 10 Pro||10.0.17763", "Microsoft Windows Server 2019 Standard||10.0.17763"),
            ("Windows Server 2012 R2", "Microsoft Windows Server 2012 Standard||6.2.9200"),
            ("Windows 7 Professionnel", "Microsoft Windows 11 Professionnel|24H2|10.0.26100"),
            ("Debian GNU/Linux 12 (bookworm)|12 (bookworm)", "Debian GNU/Linux 10 (buster)|10 (buster)|4.19"),
            ("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux||6.1"),
            ("Ubuntu 22.04", "Debian GNU/Linux 12 (bookworm)|12|6.1"),
            ("Ubuntu 24.04|6.8.0-31-generic", "Ubuntu 22.04.4 LTS|22.04.4 LTS|5.15.0-91-generic"),
            ("Proxmox VE|7.4-3", "Proxmox VE 8.1|8.1|6.5.13-1-pve"),
            ("Darwin|10.15.7", "macOS Sonoma|14.5|23.5.0"),
            ("Windows 10|21H2", "Windows 10 Entreprise LTSC|10.0.17763"),
            ("Ubuntu 22.04", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Linux", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Système maison|3", "Microsoft Windows 10 Professionnel|22H2|10.0.19045"),
            ("Système maison|3", "Autre système|3|1"),
        ] {
            assert!(!agrees(&system(list), &system(machine)), "{list} / {machine}");
        }
    }
}
