//! How many packages the default binary links: each is code that somebody must trust.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::command;

const BUDGET: usize = 450;

/// Refuses a binary that links more packages than the budget.
pub(crate) fn check() -> Result<()> {
    let arguments = ["tree", "--locked", "-p", "socle", "-e", "normal,no-proc-macro", "--prefix", "none"];
    let count = count(&command::capture(&mut command::cargo(&arguments))?);
    eprintln!("{count} linked packages (budget {BUDGET})");
    if count == 0 || count > BUDGET {
        bail!("{count} linked packages, budget {BUDGET}");
    }
    Ok(())
}

fn count(tree: &str) -> usize {
    let packages: BTreeSet<&str> =
        tree.lines().map(|line| line.trim_end_matches(" (*)").trim()).filter(|line| !line.is_empty()).collect();
    packages.len()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_a_repeated_package_once_and_two_versions_twice() {
        assert_eq!(count("socle v0.1.0 (path)\nserde v1.0.1\nbase64 v0.22.1\nbase64 v0.21.0\nserde v1.0.1 (*)\n\n"), 4);
    }
}
