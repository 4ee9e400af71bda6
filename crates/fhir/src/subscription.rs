//! `Subscription`: what a program asks to be told of, and how (FHIR R4, resource Subscription).
//!
//! A notification carries no content: it says that something has changed, and the program comes back to read under its own
//! rights. So a payload is refused, and a header, which may be a secret of the receiver, is never shown again.

use crate::json::Value;
use crate::search::{self, Own, Query};
use crate::{Invalid, Issue, Resource, ResourceType};

/// How a Subscription is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Channel {
    /// An empty `POST`.
    RestHook {
        /// Where.
        endpoint: String,
        /// Names and values to send along.
        headers: Vec<(String, String)>,
    },
    /// A `ping` to whoever has bound the id.
    WebSocket,
}

/// A Subscription that can be kept.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// What must match.
    pub query: Query,
    /// How to tell.
    pub channel: Channel,
    /// When it is over (UTC microseconds).
    pub end: Option<i64>,
}

/// Of `Subscription.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The program asks for it.
    Requested,
    /// It is set up.
    Active,
    /// It could not be set up, or delivered.
    Error,
    /// It is over.
    Off,
}

impl Status {
    /// The code of `http://hl7.org/fhir/subscription-status`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Error => "error",
            Self::Off => "off",
        }
    }

    fn parse(code: &str) -> Option<Self> {
        [Self::Requested, Self::Active, Self::Error, Self::Off].into_iter().find(|status| status.code() == code)
    }
}

/// Says how much a payload holds (Subscriptions R5 Backport).
const PAYLOAD_CONTENT: &str =
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content";
/// Characters of the longest address, criteria or header.
const LONGEST: usize = 2_000;
/// Most headers.
const HEADERS: usize = 20;
/// Headers that belong to the connection.
const RESERVED: [&str; 10] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The status of a Subscription.
pub fn status(resource: &Resource) -> Option<Status> {
    resource.str_at(&["status"]).and_then(Status::parse)
}

/// Gives it a status; `error` says why, or is taken away.
pub fn set_status(resource: &mut Resource, status: Status, error: Option<&str>) {
    let object = resource.object_mut();
    object.insert("status".into(), status.code().into());
    match error {
        Some(text) => object.insert("error".into(), text.into()),
        None => object.shift_remove("error"),
    };
}

/// The type a Subscription's criteria look for.
pub fn watched(resource: &Resource) -> Option<ResourceType> {
    let criteria = resource.str_at(&["criteria"])?;
    ResourceType::parse(criteria.split_once('?').map_or(criteria, |(kind, _)| kind))
}

/// Takes the headers of a Subscription away: nobody is shown them, and they may be a secret of the receiver.
pub fn hide_headers_of(resource: &mut Resource) {
    if resource.kind() != ResourceType::SUBSCRIPTION {
        return;
    }
    if let Some(channel) = resource.object_mut().get_mut("channel").and_then(Value::as_object_mut) {
        channel.shift_remove("header");
        channel.shift_remove("_header");
    }
}

/// Puts the headers of the former version back where the new one names none and goes to the same address: they are
/// not shown, so whoever reads and writes again cannot repeat them.
pub fn keep_headers(former: &Resource, new: &mut Resource) {
    let endpoint = |resource: &Resource| resource.str_at(&["channel", "endpoint"]).map(str::to_owned);
    let Some(headers) = former.get(&["channel", "header"]).cloned() else { return };
    if endpoint(former) != endpoint(new) {
        return;
    }
    if let Some(channel) = new.object_mut().get_mut("channel").and_then(Value::as_object_mut) {
        channel.entry("header").or_insert(headers);
    }
}

impl Subscription {
    /// As [`Subscription::parse_with`], without parameters of one's own.
    ///
    /// # Errors
    /// As [`Subscription::parse_with`].
    pub fn parse(resource: &Resource) -> Result<Self, Invalid> {
        Self::parse_with(&Own::default(), resource)
    }

    /// Reads a Subscription, whose criteria may use search parameters of one's own.
    ///
    /// # Errors
    /// [`Invalid`] with the path of all that cannot be kept: criteria that are not a search of one type, a channel other
    /// than `rest-hook` and `websocket`, a payload, an address that is neither `https` nor this machine.
    pub fn parse_with(own: &Own, resource: &Resource) -> Result<Self, Invalid> {
        let mut issues = Vec::new();
        let query = criteria(own, resource, &mut issues);
        payload(resource, &mut issues);
        let channel = channel(resource, &mut issues);
        let end = resource.str_at(&["end"]).and_then(crate::date::interval).map(|(_, end)| end);
        match (query, channel) {
            (Some(query), Some(channel)) if issues.is_empty() => Ok(Self { query, channel, end }),
            _ => Err(Invalid { issues }),
        }
    }
}

fn refuse(issues: &mut Vec<Issue>, code: &'static str, path: &str, fr: &str, en: &str) {
    issues.push(Issue::error(code, Some(format!("Subscription.{path}")), fr, en));
}

fn criteria(own: &Own, resource: &Resource, issues: &mut Vec<Issue>) -> Option<Query> {
    let text = resource.str_at(&["criteria"]).unwrap_or_default();
    let (kind, pairs) = text.split_once('?').unwrap_or((text, ""));
    let Some(kind) = ResourceType::parse(kind).filter(|_| text.len() <= LONGEST) else {
        let fr = "Les critères sont une recherche sur un type : Observation?code=….";
        refuse(issues, "value", "criteria", fr, "Criteria are a search of one type: Observation?code=….");
        return None;
    };
    match search::asked(pairs).and_then(|pairs| search::parse_with(own, kind, &pairs, true)) {
        Ok(query) if query.sort.is_empty() && query.includes.is_empty() && query.page.is_none() => Some(query),
        Ok(_) => {
            let fr = "Ni tri, ni ressources ajoutées, ni page dans des critères.";
            refuse(issues, "not-supported", "criteria", fr, "No sort, include or page in criteria.");
            None
        }
        Err(invalid) => {
            // Why, never which value: the path is that of the criteria.
            let path = Some("Subscription.criteria".to_owned());
            issues.extend(invalid.issues.into_iter().map(|issue| Issue { expression: path.clone(), ..issue }));
            None
        }
    }
}

/// Nothing but an announcement leaves.
fn payload(resource: &Resource, issues: &mut Vec<Issue>) {
    let extensions = resource.get(&["channel", "_payload", "extension"]).and_then(Value::as_array);
    let content = extensions.into_iter().flatten().filter(|one| {
        one.get("url").and_then(Value::as_str) == Some(PAYLOAD_CONTENT)
            && one.get("valueCode").and_then(Value::as_str) != Some("empty")
    });
    if resource.get(&["channel", "payload"]).is_some() || content.count() > 0 {
        let fr =
            "Une notification ne porte aucun contenu : retirez payload ; le logiciel relira avec ses propres droits.";
        let en = "Notifications carry no content: leave payload out; the client reads again under its own rights.";
        refuse(issues, "not-supported", "channel.payload", fr, en);
    }
}

fn channel(resource: &Resource, issues: &mut Vec<Issue>) -> Option<Channel> {
    match resource.str_at(&["channel", "type"]) {
        Some("websocket") => Some(Channel::WebSocket),
        Some("rest-hook") => {
            let endpoint = resource.str_at(&["channel", "endpoint"]).unwrap_or_default().to_owned();
            if !is_address(&endpoint) {
                let fr =
                    "L’adresse doit être en https (http pour cette machine seulement), sans identifiant ni fragment.";
                let en = "The endpoint must be https (http for this machine only), without credentials or fragment.";
                refuse(issues, "value", "channel.endpoint", fr, en);
            }
            let headers = headers(resource).unwrap_or_else(|| {
                let fr = "Un en-tête s’écrit « Nom: valeur », et n’est pas de ceux de la connexion.";
                refuse(
                    issues,
                    "value",
                    "channel.header",
                    fr,
                    "A header is `Name: value`, not one of the connection's.",
                );
                Vec::new()
            });
            Some(Channel::RestHook { endpoint, headers })
        }
        _ => {
            let fr = "Seuls les canaux rest-hook et websocket sont connus.";
            refuse(issues, "not-supported", "channel.type", fr, "Only the channels rest-hook and websocket are known.");
            None
        }
    }
}

/// `https`, or `http` to this machine. Whether one may really go there is decided when one does.
fn is_address(text: &str) -> bool {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let plain = text.len() <= LONGEST
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'`'))
        && !text.contains('#')
        && !authority.contains('@')
        && !host.is_empty();
    plain && (scheme == "https" || (scheme == "http" && is_this_machine(host)))
}

fn is_this_machine(host: &str) -> bool {
    let loopback = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    loopback || host == "localhost" || host == "[::1]"
}

fn headers(resource: &Resource) -> Option<Vec<(String, String)>> {
    let Some(given) = resource.get(&["channel", "header"]) else { return Some(Vec::new()) };
    let given = given.as_array().filter(|all| all.len() <= HEADERS)?;
    given.iter().map(|one| header(one.as_str()?)).collect()
}

fn header(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once(':')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_|~".contains(&b));
    let is_value = text.len() <= LONGEST && value.bytes().all(|b| b == b' ' || b == b'\t' || b.is_ascii_graphic());
    let reserved = RESERVED.iter().any(|one| name.eq_ignore_ascii_case(one));
    (is_name && is_value && !reserved).then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hook(endpoint: &str) -> Value {
        json!({"resourceType": "Subscription", "status": "requested", "reason": "x", "criteria": "Observation?code=a|b",
            "channel": {"type": "rest-hook", "endpoint": endpoint, "header": ["Authorization: Bearer a.b"]}})
    }

    fn parse(value: Value) -> Result<Subscription, Vec<String>> {
        Subscription::parse(&Resource::from_value(value).unwrap())
            .map_err(|invalid| invalid.issues.into_iter().filter_map(|issue| issue.expression).collect())
    }

    fn with(mut value: Value, path: &str, new: Value) -> Value {
        *value.pointer_mut(path).unwrap() = new;
        value
    }

    #[test]
    fn reads_both_channels() {
        let read = parse(hook("https://a.example/hook?x=1")).unwrap();
        let headers = vec![("Authorization".to_owned(), "Bearer a.b".to_owned())];
        assert_eq!(read.channel, Channel::RestHook { endpoint: "https://a.example/hook?x=1".into(), headers });
        assert_eq!((read.query.ty, read.query.filters.len()), (ResourceType::OBSERVATION, 1));
        let socket = with(hook("x"), "/channel", json!({"type": "websocket"}));
        assert_eq!(parse(socket).unwrap().channel, Channel::WebSocket);
        for all in ["Patient", "Patient?"] {
            assert!(parse(with(hook("https://a.fr"), "/criteria", json!(all))).unwrap().query.filters.is_empty());
        }
    }

    #[test]
    fn goes_to_https_or_to_this_machine() {
        for good in
            ["https://a.fr", "https://a.fr:8443/x", "http://127.0.0.1:9/x", "http://localhost", "http://[::1]:1/"]
        {
            assert!(parse(hook(good)).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a.fr",
            "http://a.fr",
            "https://",
            "https://u:p@a.fr/",
            "https://a.fr/#x",
            "ftp://a.fr",
            "http://localhost.a.fr",
            "http://127.0.0.1@a.fr/",
            "https://a.fr/\nx",
            "file:///etc/passwd",
        ] {
            assert_eq!(parse(hook(bad)).unwrap_err(), ["Subscription.channel.endpoint"], "{bad:?}");
        }
    }

    #[test]
    fn no_content_leaves() {
        let empty = json!([{"url": PAYLOAD_CONTENT, "valueCode": "empty"}]);
        let channel = |content: Value| json!({"type": "websocket", "_payload": {"extension": content}});
        assert!(parse(with(hook("x"), "/channel", channel(empty))).is_ok());
        for more in ["id-only", "full-resource"] {
            let extension = json!([{"url": PAYLOAD_CONTENT, "valueCode": more}]);
            let refused = parse(with(hook("x"), "/channel", channel(extension)));
            assert_eq!(refused.unwrap_err(), ["Subscription.channel.payload"]);
        }
        let json = json!({"type": "websocket", "payload": "application/fhir+json"});
        assert_eq!(parse(with(hook("x"), "/channel", json)).unwrap_err(), ["Subscription.channel.payload"]);
    }

    #[test]
    fn names_all_that_is_wrong() {
        let wrong = json!({"resourceType": "Subscription", "criteria": "Observation?nope=1",
            "channel": {"type": "email", "payload": "text/plain"}});
        let paths = ["Subscription.criteria", "Subscription.channel.payload", "Subscription.channel.type"];
        assert_eq!(parse(wrong).unwrap_err(), paths);
        for criteria in ["", "Nope?a=1", "?code=1", "Observation?_sort=date", "Observation?_include=*"] {
            let refused = parse(with(hook("https://a.fr"), "/criteria", json!(criteria)));
            assert_eq!(refused.unwrap_err(), ["Subscription.criteria"], "{criteria}");
        }
        for header in ["Host: a", "x", "a b: c", ": c", "X: a\r\nY: b", "Content-Length: 1"] {
            let refused = parse(with(hook("https://a.fr"), "/channel/header", json!([header])));
            assert_eq!(refused.unwrap_err(), ["Subscription.channel.header"], "{header:?}");
        }
    }

    #[test]
    fn headers_stay_with_their_address() {
        let former = Resource::from_value(hook("https://a.fr")).unwrap();
        let mut shown = former.clone();
        hide_headers_of(&mut shown);
        assert_eq!(shown.get(&["channel", "header"]), None);
        let mut again = shown.clone();
        keep_headers(&former, &mut again);
        assert_eq!(again, former);
        let mut moved = Resource::from_value(with(shown.value(), "/channel/endpoint", json!("https://b.fr"))).unwrap();
        keep_headers(&former, &mut moved);
        assert_eq!(moved.get(&["channel", "header"]), None);
    }
}
