//! Reads the rule files, refuses damaged ones, and leaves them in one compact document for the labeler to embed.

use std::{env, error::Error, fs, path::Path};

#[path = "src/labeler/rules/shapes.rs"]
#[expect(unreachable_pub, dead_code, reason = "a public module of the crate, used here only to check")]
mod shapes;

const FOLDERS: [&str; 3] = ["", "codes", "text"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data/rules");
    println!("cargo::rerun-if-changed=src/labeler/rules/shapes.rs");
    println!("cargo::rerun-if-changed=src/labeler/rules/reading.rs");
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(Path::new("data/rules").join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let name = if folder.is_empty() { file } else { format!("{folder}/{file}") };
                files.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    let rules = shapes::read(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("rules.json"), serde_json::to_string(&rules)?)?;
    fs::write(Path::new(&out).join("version.rs"), format!("{}", rules.version))?;
    Ok(())
}
