//! What one row of each register becomes.

use super::Cells;
use crate::governance::estate::reading::Reason;
use crate::governance::estate::reading::parts::flag;
use crate::governance::estate::register::{
    Access, Advisory, Contract, Disposal, Entry, Grant, Job, Proofreading, Reentry, Ticket,
};

pub(super) fn access(cells: &Cells<'_>) -> Result<Entry, Reason> {
    // A recording is told by a yes, or by where it is.
    let recorded = cells.raw("Enregistrement").map(|said| flag(said).unwrap_or(true));
    let has = cells.register.columns.iter().any(|one| one.title == "Enregistrement" && cells.table.has(one.names));
    Ok(Entry::Access(Access {
        id: cells.text("Session"),
        account: cells.name("Compte")?,
        provider: cells.text("Prestataire"),
        target: cells.text("Cible"),
        protocol: cells.text("Protocole").map(|text| text.to_lowercase()),
        started: cells.at("Début")?.ok_or(Reason::Date)?,
        ended: cells.at("Fin")?,
        request: cells.text("Demande"),
        approved: cells.at("Approuvé le")?,
        until: cells.at("Valable jusqu’au")?,
        recorded: recorded.or(has.then_some(false)),
        reported: cells.day("Compte rendu reçu le")?,
    }))
}

pub(super) fn grant(cells: &Cells<'_>) -> Result<Entry, Reason> {
    let refused = cells.raw("État").is_some_and(|said| {
        let said = said.to_lowercase();
        !(said.starts_with("appr") || said.starts_with("accord"))
    });
    let approved = cells.at("Approuvé le")?.filter(|_| !refused);
    let seconds: Option<i64> = cells.raw("Durée en secondes").and_then(|text| text.parse().ok());
    let counted = approved.zip(seconds).and_then(|(at, seconds)| at.checked_add(seconds.checked_mul(1_000_000)?));
    let until = cells.at("Valable jusqu’au")?.or(counted);
    Ok(Entry::Grant(Grant { id: cells.name("Demande")?, account: cells.name("Compte")?, approved, until }))
}

pub(super) fn job(cells: &Cells<'_>) -> Result<Entry, Reason> {
    let said = cells.name("Résultat")?.to_lowercase();
    // A warning is a copy that is there.
    let ok = ["succ", "réus", "reus", "ok", "warn", "avert", "complet", "termin", "true", "oui"];
    let failed = ["fail", "éch", "ech", "err", "abort", "annul", "incompl", "cancel", "false", "non", "manqu", "miss"];
    // Of a run that goes on, or waits, nothing has come yet.
    let open = ["none", "running", "working", "start", "pending", "wait", "en cours", "en attente", "in progress"];
    let begins = |words: &[&str]| words.iter().any(|word| said.starts_with(word));
    let ok = match () {
        () if begins(&open) || matches!(said.as_str(), "aucun" | "aucune") => return Err(Reason::Running),
        () if matches!(said.trim_end_matches('.'), "aucune erreur" | "sans erreur" | "no error" | "no errors") => true,
        // « Aucune … » else: nobody knows of what there was none.
        () if begins(&["aucun"]) => return Err(Reason::Outcome),
        () if begins(&failed) || said.contains("erreur") || said.contains("error") => false,
        () if begins(&ok) => true,
        () => return Err(Reason::Outcome),
    };
    Ok(Entry::Job(Job {
        name: cells.name("Tâche")?,
        at: cells.at("Date")?.ok_or(Reason::Date)?,
        ok,
        told: cells.at("Alerte reçue le")?,
        repaired: cells.at("Réparé le")?,
        account: cells.text("Compte du dépôt"),
        second_factor: cells.flag("Double facteur"),
    }))
}

pub(super) fn advisory(cells: &Cells<'_>) -> Result<Entry, Reason> {
    Ok(Entry::Advisory(Advisory {
        id: cells.name("Bulletin")?,
        published: Some(cells.day("Publié le")?.ok_or(Reason::Date)?),
        machine: cells.name("Équipement")?,
        fixed: cells.text("Version corrigée"),
        corrected: cells.day("Corrigé le")?,
    }))
}

pub(super) fn disposal(cells: &Cells<'_>) -> Result<Entry, Reason> {
    let (name, serial) = (cells.text("Nom"), cells.text("Numéro de série"));
    if name.is_none() && serial.is_none() {
        return Err(Reason::Nameless);
    }
    let (on, erased) = (cells.day("Réformé le")?, cells.day("Effacé le")?);
    Ok(Entry::Disposal(Disposal { name, serial, on, erased, proof: cells.text("Attestation") }))
}

pub(super) fn contract(cells: &Cells<'_>) -> Result<Entry, Reason> {
    Ok(Entry::Contract(Contract {
        provider: cells.name("Prestataire")?,
        object: cells.name("Objet")?,
        reversible: cells.flag("Réversibilité prévue"),
        tried: cells.day("Export essayé le")?,
        ends: cells.end("Fin")?,
    }))
}

pub(super) fn ticket(cells: &Cells<'_>) -> Result<Entry, Reason> {
    Ok(Entry::Ticket(Ticket {
        id: cells.name("ID")?,
        opened: cells.at("Ouvert le")?.ok_or(Reason::Date)?,
        taken: cells.at("Pris en compte le")?,
    }))
}

fn number(cells: &Cells<'_>, title: &str) -> Result<u32, Reason> {
    cells.name(title)?.parse().map_err(|_| Reason::Outcome)
}

pub(super) fn proofreading(cells: &Cells<'_>) -> Result<Entry, Reason> {
    Ok(Entry::Proofreading(Proofreading {
        on: Some(cells.day("Relu le")?.ok_or(Reason::Date)?),
        function: cells.name("Fonction")?,
        looked: number(cells, "Dossiers relus")?,
        right: number(cells, "Dossiers conformes")?,
    }))
}

pub(super) fn reentry(cells: &Cells<'_>) -> Result<Entry, Reason> {
    Ok(Entry::Reentry(Reentry {
        unit: cells.name("Unité")?,
        over: cells.at("Fin de la panne")?.ok_or(Reason::Date)?,
        sheets: number(cells, "Fiches écrites")?,
        typed: number(cells, "Fiches ressaisies")?,
        done: cells.at("Ressaisie finie le")?,
    }))
}
