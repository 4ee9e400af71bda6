//! Every table and every index that the migrations have made is there.

use super::Check;
use crate::engine::{self, Db, Piece};
use crate::error::Result;
use crate::store::Store;

/// Names those that are not.
pub(super) async fn check(store: &Store, check: &mut Check) -> Result<()> {
    for db in Db::ALL {
        let name = db.name();
        let there = store.engine().pieces(db).await;
        let part = (format!("{name}: schema"), format!("ce dont {name} est fait"));
        let Some(there) = check.note((&part.0, &part.1), there)? else { continue };
        for piece in engine::made(db)?.difference(&there) {
            let (en, fr) = match piece {
                Piece::Table(table) => (format!("table {table}"), format!("il manque la table « {table} »")),
                Piece::Index(index) => (format!("index {index}"), format!("il manque l'index « {index} »")),
            };
            check.find("schema", format!("{name}: {en} is not there"), format!("{name} : {fr}."));
        }
    }
    Ok(())
}
