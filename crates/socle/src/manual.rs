//! `docs/CLI.md`, from the program itself.

use crate::args::Cli;
use clap::CommandFactory as _;
use std::fmt::Write as _;

const HEAD: &str = "# Commandes de Socle\n\nPage produite par le programme : `cargo test -p socle` vérifie qu'elle est \
à jour, `SOCLE_UPDATE=1 cargo test -p socle` la récrit.\n";

/// The manual, as Markdown.
pub(crate) fn markdown() -> String {
    let mut text = HEAD.to_owned();
    let mut command = Cli::command();
    command.build();
    let _ = write!(text, "\n{}\n", command.get_after_help().map(ToString::to_string).unwrap_or_default());
    for sub in command.get_subcommands_mut() {
        describe(sub, &mut text);
    }
    text
}

fn describe(command: &mut clap::Command, text: &mut String) {
    if command.has_subcommands() {
        command.get_subcommands_mut().for_each(|sub| describe(sub, text));
        return;
    }
    let help = command.render_long_help().to_string();
    let help: Vec<&str> = help.trim().lines().map(str::trim_end).collect();
    let _ =
        write!(text, "\n## `{}`\n\n```text\n{}\n```\n", command.get_bin_name().unwrap_or_default(), help.join("\n"));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_manual_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CLI.md");
        let text = super::markdown();
        if std::env::var_os("SOCLE_UPDATE").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text, "SOCLE_UPDATE=1 cargo test -p socle");
    }

    #[test]
    fn every_command_line_is_coherent() {
        use clap::CommandFactory as _;
        super::Cli::command().debug_assert();
    }
}
