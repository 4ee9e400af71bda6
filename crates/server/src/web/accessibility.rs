//! *Accessibilité*: what is known of how far these pages can be used by everybody, by whom it was looked at, and what was not. The
//! same for everyone, signed in or not.

use super::frame::{framed, show};
use crate::request::RequestId;
use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::Response;

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Page;

framed!(Page, signed out);

pub(crate) async fn page(Extension(RequestId(request)): Extension<RequestId>) -> Response {
    show(StatusCode::OK, &Page, &request)
}
