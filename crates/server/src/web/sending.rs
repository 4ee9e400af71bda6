//! A form that is sent twice does once what it says: by a second click before the first is answered, or by a page that is loaded
//! anew. And whatever becomes of it, what was typed in it is not lost ([`super::typed`]).
//!
//! Every page has a number of its own in the token of its forms. The last form that a session sent to an address is
//! remembered for a while by what it held, and by where its answer led; sent again, it leads there again. A form that was not
//! kept is remembered by nothing: sent again, it is tried again. This is a server's memory, not the store's: what must hold
//! across servers and restarts has a number in the store besides (transmissions, actions, requests).

use super::fields::{Fields, LARGEST, same_origin};
use super::session;
use super::transmissions::KEY;
use super::typed;
use crate::headers;
use crate::incoming;
use crate::request;
use crate::state::Server;
use crate::trouble::Trouble;
use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a form is remembered, microseconds.
const KEPT: i64 = 600_000_000;
/// Forms remembered at most.
const MOST: usize = 20_000;
/// What is answered again.
const AGAIN: [HeaderName; 2] = [header::LOCATION, header::SET_COOKIE];

/// Put on an answer that can be given once only: where a second sending leads.
#[derive(Debug, Clone)]
pub(crate) struct Again(pub(crate) String);

type Digest = [u8; 32];
type Answer = Arc<tokio::sync::Mutex<Option<HeaderMap>>>;

/// The forms that this server remembers.
#[derive(Default)]
pub(crate) struct Sendings(Mutex<HashMap<Digest, Sending>>);

struct Sending {
    /// What it held.
    form: Digest,
    at: i64,
    /// Held while the form is being answered.
    answer: Answer,
}

/// A form of one of our pages: the session and the address, and what it holds.
#[derive(Clone, Copy)]
struct Key {
    whence: Digest,
    form: Digest,
}

impl Sendings {
    /// Where the answer to this form is, or will be.
    fn of(&self, key: Key, now: i64) -> Answer {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&key.whence).filter(|one| one.form == key.form && one.at + KEPT > now) {
            return known.answer.clone();
        }
        if all.len() >= MOST {
            all.retain(|_, one| one.at + KEPT > now);
        }
        if all.len() >= MOST {
            all.clear();
        }
        let answer = Answer::default();
        all.insert(key.whence, Sending { form: key.form, at: now, answer: answer.clone() });
        answer
    }

    /// A form that was not kept is a form that was never sent.
    fn forget(&self, key: Key) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&key.whence).is_some_and(|one| one.form == key.form) {
            all.remove(&key.whence);
        }
    }
}

/// Reads the forms of our own pages: answers what is sent twice as it was answered once, and keeps what is typed.
pub(crate) async fn once(State(server): State<Server>, request: Request, next: Next) -> Response {
    if !is_form(&request) || !same_origin(request.headers(), &server.config().base) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = match incoming::read(&parts.headers, body, LARGEST).await {
        Ok(bytes) => bytes,
        Err(trouble) => return trouble.into_response(),
    };
    let fields = Fields::read(&bytes);
    let key = key(&server, &parts.headers, parts.uri.path(), &fields, &bytes);
    let head = typed::Head::of(&parts, request::id_of(&parts.extensions));
    let request = Request::from_parts(parts, Body::from(bytes));
    let response = match key {
        None => next.run(request).await,
        Some(key) => run(&server, key, request, next).await,
    };
    typed::keep(&server, &head, &fields, response).await
}

/// A page's form, not what our script sends of it as it is written.
fn is_form(request: &Request) -> bool {
    request.method() == Method::POST
        && headers::media_type(request.headers()).as_deref() == Some("application/x-www-form-urlencoded")
        && !request.headers().contains_key("x-socle-script")
}

fn key(server: &Server, all: &HeaderMap, path: &str, fields: &Fields, bytes: &[u8]) -> Option<Key> {
    let token = session::token_of(all, server.config())?;
    session::page_of(fields.text("csrf"))?;
    if !fields.text(KEY).is_empty() {
        // It has a number in the store: what became of it since then is known there.
        return None;
    }
    let digest = |what: &[u8]| {
        let mut context = Context::new(&SHA256);
        for part in [token.as_bytes(), &[0], path.as_bytes(), &[0], what] {
            context.update(part);
        }
        context.finish().as_ref().try_into().ok()
    };
    Some(Key { whence: digest(&[])?, form: digest(bytes)? })
}

/// Answers the form, to its end whether or not somebody still waits for the answer: who clicks twice has left the first.
async fn run(server: &Server, key: Key, request: Request, next: Next) -> Response {
    let server = server.clone();
    let answer = server.sendings().of(key, server.app().now());
    let work = tokio::spawn(async move {
        let mut answer = answer.lock_owned().await;
        if let Some(headers) = answer.as_ref() {
            return (StatusCode::SEE_OTHER, headers.clone()).into_response();
        }
        let response = next.run(request).await;
        *answer = led(&response);
        if answer.is_none() {
            server.sendings().forget(key);
        }
        response
    });
    work.await.unwrap_or_else(|_| Trouble::bug().into_response())
}

/// Where an answer leads, when the form was kept.
fn led(response: &Response) -> Option<HeaderMap> {
    if let Some(Again(path)) = response.extensions().get::<Again>() {
        return Some(Redirect::to(path).into_response().headers().clone());
    }
    let kept = response.status() == StatusCode::SEE_OTHER && response.extensions().get::<session::Ended>().is_none();
    let all = || response.headers().iter().filter(|(name, _)| AGAIN.contains(name));
    kept.then(|| all().map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<(HeaderName, HeaderValue)>>())
        .map(HeaderMap::from_iter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_form_of_an_address_is_remembered_for_a_while() {
        let (all, key) = (Sendings::default(), |form| Key { whence: [1; 32], form: [form; 32] });
        let first = all.of(key(1), 0);
        assert!(Arc::ptr_eq(&first, &all.of(key(1), KEPT - 1)));
        assert!(!Arc::ptr_eq(&first, &all.of(key(1), KEPT)), "a while is over");
        let second = all.of(key(2), KEPT);
        assert!(!Arc::ptr_eq(&second, &all.of(key(1), KEPT)), "something else was sent meanwhile");
        all.forget(key(2));
        let third = all.of(key(1), KEPT);
        all.forget(key(1));
        assert!(!Arc::ptr_eq(&third, &all.of(key(1), KEPT)));
    }

    #[test]
    fn never_remembers_more_than_it_may() {
        let all = Sendings::default();
        let whence = |one: usize| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&one.to_le_bytes());
            digest
        };
        for one in 0..MOST + 10 {
            all.of(Key { whence: whence(one), form: [0; 32] }, 0);
        }
        assert_eq!(all.0.lock().unwrap().len(), 10);
    }
}
