//! Pages.
use crate::state::Server;
use axum::Router;
pub(crate) fn routes(_: &Server) -> Router<Server> {
    Router::new()
}
