//! *Niveau et raisons* of an allergy or a treatment: the page of every item.

use crate::trouble::Trouble;
use crate::web::fields::Fields;
use crate::web::params::Id;
use crate::web::session::Visit;
use crate::web::transmissions::label::{self, About};
use axum::http::StatusCode;
use axum::response::Response;
use domain::care::health::Topic;

pub(crate) async fn page(visit: Visit, topic: Topic, Id(id): Id) -> Result<Response, Trouble> {
    label::answer(&visit, StatusCode::OK, (About::Health(topic), id), None).await
}

pub(crate) async fn submit(visit: Visit, topic: Topic, Id(id): Id, fields: Fields) -> Result<Response, Trouble> {
    label::change(visit, (About::Health(topic), id), fields).await
}
