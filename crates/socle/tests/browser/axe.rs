//! Accessibility, as far as a program can tell: axe-core, whose script `SOCLE_AXE` names and which the repository never
//! holds.

use crate::browser::Browser;
use crate::driver::skip;
use serde_json::{Value, json};
use std::sync::OnceLock;
use std::{env, fs};

static AXE: OnceLock<Option<String>> = OnceLock::new();

const TAGS: [&str; 4] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
/// A page keeps the script until it is left.
const THERE: &str = "return typeof axe === 'object'";
const RUN: &str = "const [tags, done] = arguments;
     axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })
        .then((found) => done(found.violations), (error) => done(String(error)));";

impl Browser {
    /// Fails on each serious or critical violation of WCAG 2.1 A and AA, with where it is. Says nothing where pages run no
    /// script, which axe cannot do without; skips, aloud, without `SOCLE_AXE`.
    #[track_caller]
    pub(crate) fn check_accessibility(&self) -> &Self {
        let Some(axe) = AXE.get_or_init(load).as_ref().filter(|_| self.runs_script()) else { return self };
        if self.script(THERE, &[]) != json!(true) {
            self.script(&format!("{axe}\nwindow.axe = axe;"), &[]);
        }
        let found = self.settle().must("POST", "/execute/async", &json!({ "script": RUN, "args": [TAGS] }));
        let Some(violations) = found.as_array() else { panic!("axe on {}: {found}", self.path()) };
        let grave = violations.iter().filter(|found| found["impact"] == "serious" || found["impact"] == "critical");
        let said: Vec<String> = grave.flat_map(describe).collect();
        let (width, _) = self.size.get();
        assert!(said.is_empty(), "{} at {width} px is not accessible:\n{}", self.path(), said.join("\n"));
        self
    }
}

fn load() -> Option<String> {
    let script = env::var_os("SOCLE_AXE").and_then(|path| fs::read_to_string(path).ok());
    if script.is_none() {
        skip("axe", "SOCLE_AXE names no readable script, the accessibility of pages was not checked");
    }
    script
}

/// A line for each place of a violation.
fn describe(violation: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\n', " ");
    let rule = format!("{} {}: {}", text(&violation["impact"]), text(&violation["id"]), text(&violation["help"]));
    let places = violation["nodes"].as_array().into_iter().flatten();
    places.map(|node| format!("- {rule}\n  {} {}", node["target"], text(&node["failureSummary"]))).collect()
}
