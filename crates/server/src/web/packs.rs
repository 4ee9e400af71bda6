//! The pack of a unit: for each person what a night needs, on pages that any machine opens and prints, without the server.
//!
//! Treatments and allergies are there whatever their level, by their name and dose only; of the rest, nothing above level 2.

use super::dates;
use super::identity::Identity;
use super::person::synthesis::dosage;
use super::strip::StripView;
use super::summary;
use super::words;
use app::downtime::pack::{self, New, Sealer, Wish};
use app::downtime::{Spot, spots};
use app::person::{self, Synthesis};
use app::{App, Cx, Damage, Names, Origin, Version, people};
use askama::Template;
use confidentiality::{Level, Purpose};

#[derive(Template)]
#[template(path = "pack.html")]
struct Pack {
    unit: String,
    place: String,
    now: String,
    code: String,
    /// What is said of persons who could not be read.
    damaged: Option<String>,
    persons: Vec<Sheet>,
}

/// A person.
struct Sheet {
    who: Identity,
    strip: StripView,
    /// The same, of what is about this one.
    damaged: Option<String>,
    consignes: Vec<String>,
    treatments: Vec<(String, Option<String>)>,
    ahead: Vec<(String, String)>,
    relatives: Vec<String>,
    writings: Vec<(String, String, String)>,
}

/// A pack that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackWritten {
    /// The file.
    pub file: String,
    /// People in it.
    pub persons: usize,
}

/// Writes the pack of every unit into a folder, in place of those of the day before, and keeps that they were written. A unit that was
/// renamed or is no more leaves none.
///
/// # Errors
/// A folder that cannot be written; the store's.
pub async fn write_packs(app: &App, request: &str, wish: &Wish) -> app::Result<Vec<PackWritten>> {
    let origin = Origin { request: request.to_owned(), reason: Some("dossier de secours".into()), device: None };
    let cx = Cx::operator(app, None, Level::VerySensitive, Purpose::Export, origin);
    let (names, sealer) = (app.names().await?, Sealer::new(&wish.passphrase)?);
    let (mut report, mut new) = (Vec::new(), Vec::new());
    for spot in spots(app).await? {
        let code = pack::new_code()?;
        let pack = made(&cx, &spot, &code, &names).await?;
        let text = pack.render().map_err(|error| app::Error::Bug(error.to_string()))?;
        let file = file_name(&spot);
        sealer.write(&wish.to, &file, &text)?;
        report.push(PackWritten { file: file.clone(), persons: pack.persons.len() });
        new.push(New { unit: spot.unit, code, file });
    }
    for stale in pack::written(app, &new).await? {
        match std::fs::remove_file(wish.to.join(&stale)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(stale, %error, "a pack of a former unit could not be removed");
            }
            _ => {}
        }
    }
    Ok(report)
}

/// `les-tilleuls-mimosas-12.secours`: letters and figures only; the number tells alike names apart.
fn file_name(spot: &Spot) -> String {
    let plain = |text: &str| {
        let text = fhir::search::normalise(text);
        let words: Vec<&str> =
            text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.join("-")
    };
    format!("{}-{}-{}.secours", plain(&spot.place), plain(&spot.name), spot.unit.unsigned_abs())
}

async fn made(cx: &Cx, spot: &Spot, code: &str, names: &Names) -> app::Result<Pack> {
    let damage = Damage::default();
    let residents = people::list(&cx.clone().noting(damage.clone()), Some(spot.unit), "").await?.persons;
    let damaged = words::damaged(&damage);
    let mut persons = Vec::with_capacity(residents.len());
    for resident in &residents {
        let damage = Damage::default();
        let mut found = person::synthesis(&cx.clone().noting(damage.clone()), resident.id()).await?;
        leave_out(&mut found);
        persons.push(Sheet { damaged: words::damaged(&damage), ..sheet(&found, names, cx.now()) });
    }
    let (unit, place) = (spot.name.clone(), spot.place.clone());
    Ok(Pack { unit, place, now: dates::exact(cx.now()), code: code.to_owned(), damaged, persons })
}

/// What is above level 2 stays inside, but for the name of a drug and of an allergy, and for what is to be done.
fn leave_out(found: &mut Synthesis) {
    let usual = |item: &Version| item.level <= Level::Standard;
    let strip = &mut found.strip;
    for part in [&mut strip.alerts, &mut strip.consents, &mut found.writings, &mut found.ahead, &mut found.relatives] {
        part.retain(usual);
    }
}

fn sheet(found: &Synthesis, names: &Names, now: i64) -> Sheet {
    let today = dates::local(now).date();
    let strip = StripView::of(&found.strip, today);
    let treatment = |item: &Version| (drug(item), dosage(item));
    let consigne = |one: super::strip::Consigne| format!("{} ({})", one.text, one.day);
    let writing = |item: &Version| {
        let who = names.get(&item.author).cloned().unwrap_or_default();
        (dates::exact(item.moment), who, summary::line(&item.resource))
    };
    Sheet {
        who: Identity::of(&found.strip.resident.patient.resource, today),
        consignes: super::strip::consignes(found.strip.safety.iter()).into_iter().map(consigne).collect(),
        treatments: found.treatments.iter().map(treatment).collect(),
        ahead: found.ahead.iter().map(|item| (dates::exact(item.moment), summary::line(&item.resource))).collect(),
        relatives: found.relatives.iter().map(super::person::synthesis::relative).collect(),
        writings: found.writings.iter().map(writing).collect(),
        damaged: None,
        strip,
    }
}

/// The drug, with what turns its meaning round (« Suspendu »), and nothing else of its source.
fn drug(item: &Version) -> String {
    let named = ["medicationCodeableConcept", "code"].iter().find_map(|key| item.resource.get(&[key]));
    let name = named.and_then(summary::concept).unwrap_or_else(|| "Médicament sans nom".to_owned());
    match summary::warning(&item.resource) {
        Some(warning) => format!("{name} ({warning})"),
        None => name,
    }
}
