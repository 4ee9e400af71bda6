//! The repository's own chores: `cargo xtask ci`, `dictionary`, `elements`, `ends-of-life`, `failover`, `label-score`, `pg`, `search-params`, `sizing`, `torture`, `weigh`.
//!
//! Never shipped, never imported by the product. Everything runs from the root of the checkout.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command-line tool reports on its terminal")]

mod ci;
mod command;
mod dictionary;
pub mod elements;
mod failover;
mod files;
mod label_score;
mod layers;
pub mod outlines;
mod packages;
mod pg;
pub mod search_params;
mod sizing;
mod tables;
mod torture;
mod weigh;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND
  ci                     everything a change must pass, tests apart
  dictionary             train the compression dictionary of the store anew, from the demo's invented people
  elements               generate the tables of elements, codes, summaries and compartments anew (needs SOCLE_DEFINITIONS)
  ends-of-life           generate the table of ends of life anew (needs SOCLE_SAMPLES)
  failover               a database under Patroni dies while programs write (needs patroni, etcd)
  label-score FILE… [--wrong]
                         scores of the shipped labeler on files of cases (JSONL)
  pg -- COMMAND…         run COMMAND with SOCLE_TEST_PG set to a throw-away PostgreSQL
  search-params          generate the table of search parameters anew (needs SOCLE_SAMPLES)
  sizing                 write the sizing of docs/SCALE.md anew, from the figures in docs/figures
  torture [--cycles N]   kill -9 during a write storm, N times (1000), in release
  weigh                  count the weights of words of the labeler anew, over texts whose level is known
  torture --minutes N    every fault on both engines, N minutes in all, in release (--debug: not)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["ci"] => ci::run(),
        ["pg", "--", command @ ..] | ["pg", command @ ..] if !command.is_empty() => pg::run(command),
        ["dictionary"] => dictionary::write(),
        ["elements"] => tables::write_elements(),
        ["ends-of-life"] => tables::write_ends_of_life(),
        ["failover"] => failover::run(),
        ["label-score", ..] if words.len() > 1 => label_score::run(arguments.get(1..).unwrap_or_default()),
        ["search-params"] => tables::write(),
        ["sizing"] => sizing::write(),
        ["weigh"] => weigh::run(),
        ["torture"] => torture::cycles("1000"),
        ["torture", "--cycles", count] => torture::cycles(count),
        ["torture", "--minutes", count] => torture::minutes(count, true),
        ["torture", "--minutes", count, "--debug"] => torture::minutes(count, false),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
