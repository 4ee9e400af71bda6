//! Allergies and treatments: their forms, their pages, and what ends them.

pub(crate) mod ending;
pub(crate) mod form;
pub(crate) mod level;
pub(crate) mod reading;
mod sheet;
pub(crate) mod submit;

use crate::state::Server;
use axum::Router;
use axum::routing::{get, post};
use domain::care::health::Topic;
use fhir::ResourceType;

/// Where the pages of a topic begin.
pub(crate) fn base(topic: Topic) -> &'static str {
    match topic {
        Topic::Allergy => "/allergies",
        Topic::Treatment => "/traitements",
    }
}

/// The page of an item, when it is one of ours.
pub(crate) fn link(kind: ResourceType, id: &str) -> Option<String> {
    Topic::of(kind).filter(|_| fhir::is_id(id)).map(|topic| format!("{}/{id}", base(topic)))
}

pub(crate) fn routes() -> Router<Server> {
    let of = |topic: Topic, new: &str| {
        let at = |rest: &str| format!("{}{rest}", base(topic));
        Router::new()
            .route(&at(""), post(async move |visit, fields| submit::create(visit, topic, fields).await))
            .route(&at(new), get(async move |visit, params| form::new(visit, topic, params).await))
            .route(&at("/apercu"), post(async move |visit, fields| form::preview(visit, topic, fields).await))
            .route(&at("/{id}"), get(async move |visit, id| reading::page(visit, topic, id).await))
            .route(
                &at("/{id}/corriger"),
                get(async move |visit, id| form::correct(visit, topic, id).await)
                    .post(async move |visit, id, fields| submit::correct(visit, topic, id, fields).await),
            )
            .route(
                &at("/{id}/terminer"),
                get(async move |visit, id| ending::form(visit, topic, id).await)
                    .post(async move |visit, id, fields| ending::submit(visit, topic, id, fields).await),
            )
            .route(
                &at("/{id}/annuler"),
                post(async move |visit, id, fields| ending::undo(visit, topic, id, fields).await),
            )
            .route(
                &at("/{id}/niveau"),
                get(async move |visit, id| level::page(visit, topic, id).await)
                    .post(async move |visit, id, fields| level::submit(visit, topic, id, fields).await),
            )
    };
    of(Topic::Allergy, "/nouvelle")
        .merge(of(Topic::Treatment, "/nouveau"))
        .route("/allergies/aucune", post(submit::deny))
}
