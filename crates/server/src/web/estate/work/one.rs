//! One list: two hundred rows a page, filtered and sorted, and the whole as a table for spreadsheets.

use super::{LISTS, List, Of, detail};
use crate::trouble::Trouble;
use crate::web::dates;
use crate::web::frame::{Frame, Menu, framed, show};
use crate::web::pager::Pager;
use crate::web::params::{Id, Params};
use crate::web::session::Visit;
use crate::web::sheets;
use app::{assets, measures};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use domain::agreement::{agreed, shown};
use domain::governance::estate::{Asset, Estate};
use domain::governance::obsolescence::Facts;

#[derive(Template)]
#[template(path = "work_list.html")]
struct Page<'a> {
    head: Frame,
    list: List,
    words: &'a str,
    unknown: bool,
    sorts: Vec<(&'static str, &'static str, bool)>,
    count: String,
    others: usize,
    rows: Vec<Row>,
    pager: Pager,
    filtered: bool,
    measures: Vec<&'static str>,
    /// Rules have looked at something.
    seen: bool,
}

struct Row {
    link: Option<String>,
    name: String,
    detail: String,
    place: String,
    holder: String,
    seen: String,
    /// When it was last seen, to sort by.
    last: i64,
}

framed!(Page<'_>);

const SORTS: [(&str, &str); 4] =
    [("nom", "Nom"), ("vue", "Vue le plus anciennement"), ("lieu", "Lieu"), ("detail", "Constat")];

pub(crate) async fn page(visit: Visit, Id(code): Id, params: Params) -> Result<Response, Trouble> {
    let list = find(&code)?;
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let unknown = params.text("etat") == "inconnu";
    let words = params.text("q");
    let rows = rows(&visit, list, &list.names(&board, unknown), &params).await?;
    let sort = params.text("tri");
    let query = [("q", words), ("tri", sort), ("etat", params.text("etat"))];
    let path = format!("/parc/a-traiter/{}", list.code);
    let pager = Pager::new(&path, &query, params.number("page"), rows.len());
    let page = Page {
        count: match rows.len() {
            0 => "Rien".to_owned(),
            many => format!("{} {}", shown(many), agreed(many, "ligne")),
        },
        others: list.names(&board, !unknown).len(),
        sorts: SORTS.map(|(code, name)| (code, name, code == sort)).to_vec(),
        filtered: !words.is_empty(),
        seen: list.evidence(&board).next().is_some(),
        measures: list.measures.to_vec(),
        rows: pager.cut(rows),
        pager,
        list,
        words,
        unknown,
        head: visit.frame(Menu::Estate),
    };
    Ok(show(StatusCode::OK, &page, &visit.request))
}

/// The whole list, as it is filtered and sorted.
pub(crate) async fn csv(visit: Visit, Id(code): Id, params: Params) -> Result<Response, Trouble> {
    let list = find(&code)?;
    let board = measures::board(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let rows = rows(&visit, list, &list.names(&board, params.text("etat") == "inconnu"), &params).await?;
    let head = match list.of {
        Of::Machines => ["Machine", "Constat", "Lieu", "Utilisateur", "Vue"],
        Of::Accounts => ["Compte", "Dernière connexion", "Groupes", "Nom", "Vu"],
    };
    let cells = |row: Row| vec![row.name, row.detail, row.place, row.holder, row.seen];
    Ok(sheets::csv(&format!("{}.csv", list.code), &head.map(str::to_owned), rows.into_iter().map(cells)))
}

fn find(code: &str) -> Result<List, Trouble> {
    LISTS.into_iter().find(|list| list.code == code).ok_or_else(Trouble::absent)
}

async fn rows(visit: &Visit, list: List, names: &[&str], params: &Params) -> Result<Vec<Row>, Trouble> {
    let estate = assets::estate(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let facts = measures::facts(&visit.cx).await.map_err(|error| visit.trouble(error))?;
    let mut rows: Vec<Row> = match list.of {
        Of::Machines => {
            let found = estate.assets.iter().filter(|asset| names.binary_search(&asset.name.as_str()).is_ok());
            found.map(|asset| machine(visit, list, asset, &facts)).collect()
        }
        Of::Accounts => accounts(visit, names, &estate),
    };
    let words = params.text("q").to_lowercase();
    let says = |row: &Row| {
        let told = [&row.name, &row.detail, &row.place, &row.holder];
        words.is_empty() || told.iter().any(|text| text.to_lowercase().contains(&words))
    };
    rows.retain(says);
    match params.text("tri") {
        "vue" => rows.sort_by(|a, b| a.last.cmp(&b.last).then_with(|| a.name.cmp(&b.name))),
        "lieu" => rows.sort_by(|a, b| a.place.cmp(&b.place).then_with(|| a.name.cmp(&b.name))),
        "detail" => rows.sort_by(|a, b| a.detail.cmp(&b.detail).then_with(|| a.name.cmp(&b.name))),
        _ => rows.sort_by_key(|row| row.name.to_lowercase()),
    }
    Ok(rows)
}

fn machine(visit: &Visit, list: List, asset: &Asset, facts: &Facts) -> Row {
    let at = (assets::today(&visit.cx), visit.cx.now());
    Row {
        link: Some(format!("/parc/machines/{}", asset.key)),
        name: asset.name.clone(),
        detail: detail::of_machine(list.code, asset, facts, at),
        place: asset.facts.location.clone().unwrap_or_default(),
        holder: asset.facts.holder.clone().unwrap_or_default(),
        seen: dates::day(asset.last, at.1),
        last: asset.last,
    }
}

fn accounts(visit: &Visit, names: &[&str], estate: &Estate) -> Vec<Row> {
    let now = visit.cx.now();
    let found = estate.accounts.iter().filter(|one| names.binary_search(&one.told.login.as_str()).is_ok());
    let row = |one: &domain::governance::estate::Seen<domain::governance::estate::Account>| Row {
        link: None,
        name: one.told.login.clone(),
        detail: detail::of_account(&one.told, now),
        place: one.told.groups.join(", "),
        holder: one.told.display.clone().unwrap_or_default(),
        seen: dates::day(one.source.at, now),
        last: one.told.last_seen.unwrap_or(0),
    };
    found.map(row).collect()
}
