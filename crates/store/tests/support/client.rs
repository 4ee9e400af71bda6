//! A call by a program of the legal entity.

use confidentiality::{Actor, ClientScope, Facts, Level, Matrix, Place, Purpose, Session, Strength};
use store::{Call, Origin};

/// Program number `actor`: up to `cap`, in one place or in all.
pub(crate) fn call(tenant: i64, now: i64, actor: i64, cap: Level, place: Option<Place>) -> Call {
    call_for(tenant, now, actor, cap, place, Purpose::Api)
}

/// The same, for this purpose.
pub(crate) fn call_for(tenant: i64, now: i64, actor: i64, cap: Level, place: Option<Place>, purpose: Purpose) -> Call {
    let facts = Facts {
        actor: Actor::new(actor),
        relations: Vec::new(),
        maskings: Vec::new(),
        session: Session { strength: Strength::Client, ..Session::none() },
        purpose,
        place_profiles: std::collections::BTreeMap::new(),
        client: Some(ClientScope { place, cap, write: true, chosen_ids: true }),
    };
    let clearance = confidentiality::clearance(&Matrix::default_shipped().unwrap(), &facts);
    Call { tenant, clearance, now, origin: Origin { verb: "test".into(), ..Origin::default() } }
}
