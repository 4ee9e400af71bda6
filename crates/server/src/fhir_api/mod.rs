//! The FHIR R4 REST API, under `/fhir`.

mod answer;
mod binary;
mod body;
mod bundle;
pub(crate) mod caller;
mod damaged;
mod history;
mod narrow;
mod negotiate;
mod operations;
mod precondition;
mod read;
mod route;
mod search;
mod smart;
mod unknown;
mod write;

use crate::request;
use crate::state::Server;
use crate::trouble::Trouble;
use crate::{headers, incoming, trouble};
use app::{Cx, Wish};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use fhir::{Resource, ResourceType};
use negotiate::Prefer;
pub(crate) use operations::{Running, count};
use route::Route;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// One request that has been let in.
pub(crate) struct Ask {
    server: Server,
    cx: Cx,
    request: String,
    prefer: Prefer,
    query: Option<String>,
    headers: HeaderMap,
}

impl Ask {
    fn trouble(&self, error: app::Error, doing: trouble::Doing) -> Trouble {
        let trouble = Trouble::from_app(error, doing, &self.request);
        if trouble.status != StatusCode::FORBIDDEN {
            return trouble;
        }
        // RFC 6750 §3.1: the token is good, its rights are not enough.
        trouble.with(WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"")
    }

    /// Names and values of the address.
    fn pairs(&self) -> Vec<(String, String)> {
        fhir::search::pairs(self.query.as_deref().unwrap_or_default())
    }

    /// The resource sent to an address of a type; its links to this server are made relative.
    async fn resource(&self, kind: ResourceType, id: Option<&str>, body: Body) -> Result<Resource, Trouble> {
        let mut resource = match kind {
            ResourceType::BINARY => binary::receive(&self.headers, body, id).await?,
            _ => body::resource(&self.headers, body).await?,
        };
        fhir::refs::localize(&mut resource, self.server.fhir_base(), &|_| false);
        Ok(resource)
    }

    fn url(&self, kind: ResourceType, id: &str) -> String {
        format!("{}/{kind}/{id}", self.server.fhir_base())
    }
}

pub(crate) fn routes() -> Router<Server> {
    Router::new()
        .route("/fhir", any(dispatch))
        .route("/fhir/", any(dispatch))
        .route("/fhir/{*path}", any(dispatch))
        .layer(CatchPanicLayer::custom(trouble::panicked))
        .layer(axum::middleware::from_fn(finish))
        .layer(CompressionLayer::new())
}

async fn dispatch(State(server): State<Server>, request: Request) -> Result<Response, Trouble> {
    let (parts, body) = request.into_parts();
    match admit(server, &parts).await {
        Ok(Admitted::Asks(ask, route)) => run(&ask, &parts.method, route, body).await,
        Ok(Admitted::Answered(response)) => Ok(response),
        Err(trouble) => {
            incoming::discard(&parts.headers, body).await;
            Err(trouble)
        }
    }
}

/// A request whose body has not been read yet.
enum Admitted {
    /// What everybody may know.
    Answered(Response),
    /// Somebody known asks for something that exists.
    Asks(Box<Ask>, Route),
}

async fn admit(server: Server, parts: &Parts) -> Result<Admitted, Trouble> {
    let (path, query) = (parts.uri.path().strip_prefix("/fhir").unwrap_or_default(), parts.uri.query());
    let route = Route::parse(&parts.method, path, query);
    // A Binary is given as what it holds, too, and Bulk Data answers in forms of its own.
    let own = matches!(route, Ok(Route::Read(ResourceType::BINARY, _) | Route::Vread(ResourceType::BINARY, ..)));
    if !own && !path.contains("/$export") && !path.starts_with("/$import") {
        negotiate::accepts(&parts.headers, query)?;
    }
    if matches!(path, "/metadata" | smart::PATH) {
        return Ok(Admitted::Answered(match parts.method {
            Method::GET | Method::HEAD if path == smart::PATH => smart::configuration(&server),
            Method::GET | Method::HEAD => metadata(&server, query, &parts.headers).await,
            Method::OPTIONS => answer::options("GET, HEAD"),
            _ => return Err(Trouble::method("GET, HEAD")),
        }));
    }
    fhir::search::asked(query.unwrap_or_default())
        .map_err(|invalid| Trouble::invalid(StatusCode::BAD_REQUEST, invalid))?;
    let request = request::id_of(&parts.extensions);
    let wish = match &route {
        Ok(Route::Read(kind, id)) => Some(Wish { kind: *kind, id, to_change: false }),
        Ok(Route::Update(kind, id) | Route::Delete(kind, id)) => Some(Wish { kind: *kind, id, to_change: true }),
        _ => None,
    };
    let cx = caller::caller_for(&server, &parts.headers, &request, wish).await?;
    let route = match route {
        Err(trouble) if parts.method == Method::OPTIONS => return answer::allowed(trouble).map(Admitted::Answered),
        Ok(Route::Operation(target, name)) if parts.method == Method::OPTIONS => {
            return operations::methods(&target, &name).map(answer::options).map(Admitted::Answered);
        }
        route => route?,
    };
    let ask = Ask {
        server,
        cx,
        request,
        prefer: Prefer::parse(&parts.headers),
        query: query.map(str::to_owned),
        headers: parts.headers.clone(),
    };
    Ok(Admitted::Asks(Box::new(ask), route))
}

async fn run(ask: &Ask, method: &Method, route: Route, body: Body) -> Result<Response, Trouble> {
    match route {
        Route::Read(kind, id) => read::read(ask, kind, &id).await,
        Route::Vread(kind, id, version) => read::vread(ask, kind, &id, version).await,
        Route::History(kind, id) => history::history(ask, kind, id).await,
        Route::Search(scope) => search::search(ask, &scope, ask.pairs()).await,
        Route::SearchByForm(scope) => {
            let form = body::form(&ask.headers, body).await?;
            let mut pairs = ask.pairs();
            pairs.extend(form);
            search::search(ask, &scope, pairs).await
        }
        Route::Create(kind) => write::create(ask, kind, ask.resource(kind, None, body).await?).await,
        Route::Update(kind, id) => write::update(ask, kind, &id, ask.resource(kind, Some(&id), body).await?).await,
        Route::UpdateMatching(kind) => write::update_matching(ask, kind, ask.resource(kind, None, body).await?).await,
        Route::Patch(kind, id) => write::patch(ask, kind, &id, &body::patch(&ask.headers, body).await?).await,
        Route::PatchMatching(kind) => write::patch_matching(ask, kind, &body::patch(&ask.headers, body).await?).await,
        Route::DeleteMatching(kind) => write::delete_matching(ask, kind).await,
        Route::Delete(kind, id) => write::delete(ask, kind, &id).await,
        Route::Operation(target, name) => operations::run(ask, method, target, &name, body).await,
        Route::Bundle => bundle::process(ask, body::resource(&ask.headers, body).await?).await,
    }
}

/// What the server can do, for whoever asks: everybody may; of terminology when that is asked.
async fn metadata(server: &Server, query: Option<&str>, all: &HeaderMap) -> Response {
    let terminology = fhir::search::pairs(query.unwrap_or_default())
        .iter()
        .any(|(name, value)| name == "mode" && value == "terminology");
    if terminology {
        return answer::json(StatusCode::OK, server.terminology().to_vec());
    }
    let known = if all.contains_key(AUTHORIZATION) { caller::caller(server, all, "").await.ok() } else { None };
    answer::json(StatusCode::OK, fhir::json::to_vec(&server.metadata(known.as_ref())))
}

/// Writes out what failed, and puts on the headers of every answer.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let id = request::id_of(request.extensions());
    let head = request.method() == Method::HEAD;
    let pretty = fhir::search::pairs(request.uri().query().unwrap_or_default());
    let pretty = pretty.iter().any(|(name, value)| name == "_pretty" && value == "true");
    let mut response = next.run(request).await;
    if let Some(trouble) = response.extensions_mut().remove::<Trouble>() {
        response = outcome(trouble, &id);
    }
    if pretty {
        response = answer::laid_out(response).await;
    }
    headers::data(response.headers_mut());
    if head { without_body(response) } else { response }
}

fn outcome(trouble: Trouble, id: &str) -> Response {
    let trouble = trouble.numbered(id);
    let body = fhir::json::to_vec(&fhir::outcome::operation_outcome(&trouble.issues));
    let mut response = answer::json(trouble.status, body);
    for (name, value) in trouble.headers {
        response.headers_mut().insert(name, headers::value(&value));
    }
    response
}

/// `HEAD`: the headers of `GET`, with the length the body would have had.
fn without_body(response: Response) -> Response {
    use axum::body::HttpBody as _;
    let length = response.body().size_hint().exact();
    let mut response = response.map(|_| Body::empty());
    if let Some(length) = length {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response.into_response()
}
