//! The checks of single options.

use crate::connection_type::ConnectionType;
use crate::endpoint::{Endpoint, EndpointError, Host, is_never_a_target};
use crate::limits::{MASK, MAX_ENDPOINT_BYTES, MAX_OPTION_BYTES, MAX_SECRET_BYTES};
use crate::nearest::nearest;
use crate::option::{Entry, OptionKey, ValueForm};
use crate::problem::{Place, Problem, ProblemCode};
use std::collections::BTreeMap;

/// Known options that stand in a statement once: where, and their values.
pub(crate) type Given<'a> = BTreeMap<OptionKey, (usize, &'a str)>;

/// Reads the keys of a list, reporting those that are unknown or stand twice.
pub(crate) fn read_keys<'a>(
    keys: impl Iterator<Item = &'a str>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<OptionKey, usize> {
    let mut found = BTreeMap::new();
    for (index, name) in keys.enumerate() {
        let Some(key) = OptionKey::find(name) else {
            let hint = match nearest(name, OptionKey::ALL.map(OptionKey::name)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("the options are {}", quoted(OptionKey::ALL.map(OptionKey::name))),
            };
            // The name is not repeated: someone may have written the secret here.
            problems.push(problem(
                ProblemCode::UnknownOption,
                Place::Key(index),
                "no connection type has this option".to_owned(),
                Some(hint),
            ));
            continue;
        };
        if found.contains_key(&key) {
            problems.push(problem(
                ProblemCode::DuplicateOption,
                Place::Key(index),
                format!("option \"{key}\" is given twice"),
                Some("case does not count, and `_` is the same as `-`".to_owned()),
            ));
            continue;
        }
        found.insert(key, index);
    }
    found
}

/// Reads a list of options, reporting what is wrong with keys and values whatever the type is.
pub(crate) fn read_options<'a>(entries: &[Entry<'a>], problems: &mut Vec<Problem>) -> Given<'a> {
    for (index, entry) in entries.iter().enumerate() {
        check_value(entry, index, problems);
    }
    read_keys(entries.iter().map(|entry| entry.key), problems)
        .into_iter()
        .map(|(key, index)| (key, (index, entries[index].value)))
        .collect()
}

/// Checks a value without knowing the connection's type.
fn check_value(entry: &Entry<'_>, index: usize, problems: &mut Vec<Problem>) {
    let place = Place::Value(index);
    if entry.value.contains(MASK) {
        problems.push(mask_problem(place));
    }
    let Some(key) = OptionKey::find(entry.key) else { return };
    let length = entry.value.len();
    let (limit, code) = match key {
        _ if key.is_sealed() => (MAX_SECRET_BYTES, ProblemCode::SecretTooLong),
        _ if key.form() == ValueForm::Url => (MAX_ENDPOINT_BYTES, ProblemCode::ValueTooLong),
        _ => (MAX_OPTION_BYTES, ProblemCode::ValueTooLong),
    };
    if length > limit {
        problems.push(problem(
            code,
            place,
            format!("the value of option \"{key}\" has {length} bytes, more than {limit}"),
            None,
        ));
    }
    // A service key is a JSON document, which has line breaks and never becomes a header as it is.
    let controls: &[char] = if key == OptionKey::ServiceKey { &['\0'] } else { &['\0', '\r', '\n'] };
    if entry.value.contains(controls) && key.form() != ValueForm::Url {
        problems.push(problem(
            ProblemCode::ControlCharacter,
            place,
            format!("the value of option \"{key}\" contains a line break or NUL"),
            Some("a copied line end is the usual reason".to_owned()),
        ));
    }
}

/// Checks a plain option other than type and endpoint, and returns the value to keep.
pub(crate) fn plain_value(
    key: OptionKey,
    index: usize,
    value: &str,
    connection_type: ConnectionType,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    match key.form() {
        ValueForm::Choice(choices) => {
            let found = choices.iter().find(|choice| choice.eq_ignore_ascii_case(value));
            if found.is_none() {
                problems.push(problem(
                    ProblemCode::InvalidChoice,
                    Place::Value(index),
                    format!("not a value of option \"{key}\""),
                    Some(format!("the values are {}", quoted(choices.iter().copied()))),
                ));
            }
            found.map(|choice| (*choice).to_owned())
        }
        ValueForm::Url => {
            check_url(key, index, value, Some(connection_type), problems).map(|url| url.as_str().to_owned())
        }
        ValueForm::Text | ValueForm::TypeName => Some(value.to_owned()),
    }
}

/// Checks a URL: form, scheme and host; `endpoint` by the type, the others as HTTP.
pub(crate) fn check_url(
    key: OptionKey,
    index: usize,
    text: &str,
    connection_type: Option<ConnectionType>,
    problems: &mut Vec<Problem>,
) -> Option<Endpoint> {
    let place = Place::Value(index);
    let form = match key {
        OptionKey::Endpoint => connection_type?.endpoint_form(),
        _ => ConnectionType::Rest.endpoint_form(),
    };
    if text.is_empty() {
        problems.push(empty_value(key, index, false));
        return None;
    }
    let endpoint = match Endpoint::parse(text) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            problems.push(url_problem(key, place, error, form.example));
            return None;
        }
    };
    let scheme = endpoint.scheme();
    if form.loopback_schemes.contains(&scheme) {
        if !endpoint.is_loopback() {
            problems.push(problem(
                ProblemCode::EndpointPlain,
                place,
                format!("option \"{key}\" leads over an unencrypted \"{scheme}\" to another machine"),
                Some(format!(
                    "use {}; \"{scheme}\" is for localhost only",
                    quoted(form.schemes.iter().copied())
                )),
            ));
            return None;
        }
    } else if !form.schemes.contains(&scheme) {
        problems.push(problem(
            ProblemCode::EndpointScheme,
            place,
            format!("the scheme of option \"{key}\" does not fit"),
            Some(format!("use {}, for example '{}'", quoted(form.schemes.iter().copied()), form.example)),
        ));
        return None;
    }
    if let Some(hint) = forbidden_host(key, &endpoint, connection_type) {
        problems.push(problem(
            ProblemCode::EndpointHost,
            place,
            format!("the host of option \"{key}\" is not one to connect to"),
            Some(hint.to_owned()),
        ));
        return None;
    }
    Some(endpoint)
}

/// Checks `sse-endpoint` against the transport and the endpoint: the credential goes to one origin only.
pub(crate) fn check_sse(
    given: &Given<'_>,
    options: &BTreeMap<OptionKey, String>,
    endpoint: Option<&Endpoint>,
    problems: &mut Vec<Problem>,
) {
    let key = OptionKey::SseEndpoint;
    let Some(sse) = options.get(&key) else { return };
    // The problem stands where the statement brought it about.
    let place = [key, OptionKey::TransportType].iter().find_map(|key| given.get(key));
    let place = place.map_or(Place::List, |(index, _)| Place::Value(*index));
    if options.get(&OptionKey::TransportType).is_some_and(|transport| transport == "STREAMABLE_HTTP") {
        problems.push(problem(
            ProblemCode::SseEndpointOrigin,
            place,
            format!("option \"{key}\" does not fit transport type \"STREAMABLE_HTTP\""),
            Some(format!("leave \"{key}\" out, or use transport type \"SSE\"")),
        ));
    } else if let (Ok(sse), Some(endpoint)) = (Endpoint::parse(sse), endpoint)
        && sse.origin() != endpoint.origin()
    {
        problems.push(problem(
            ProblemCode::SseEndpointOrigin,
            place,
            format!("option \"{key}\" has another origin than \"endpoint\""),
            Some("scheme, host and port must be the same: the credential goes nowhere else".to_owned()),
        ));
    }
}

/// Why an endpoint's host is refused, if it is.
///
/// The two rules for `rest` are Confluent's, as third parties quote its documentation.
fn forbidden_host(
    key: OptionKey,
    endpoint: &Endpoint,
    connection_type: Option<ConnectionType>,
) -> Option<&'static str> {
    let rest = key == OptionKey::Endpoint && connection_type == Some(ConnectionType::Rest);
    match endpoint.host() {
        Host::Address(address) if is_never_a_target(*address) => {
            Some("link-local, metadata, multicast and unspecified addresses are never called")
        }
        Host::Address(_) if rest && !endpoint.is_loopback() => {
            Some("connections of type \"REST\" need a host name instead of an address")
        }
        Host::Name(name) if rest && (name == "confluent.cloud" || name.ends_with(".confluent.cloud")) => {
            Some("connections of type \"REST\" do not lead to confluent.cloud")
        }
        Host::Address(_) | Host::Name(_) => None,
    }
}

fn url_problem(key: OptionKey, place: Place, error: EndpointError, example: &str) -> Problem {
    let (code, hint) = match error {
        EndpointError::UserInfo => {
            (ProblemCode::EndpointSecret, "give user name and password as options of their own".to_owned())
        }
        EndpointError::SecretInQuery => {
            (ProblemCode::EndpointSecret, "give the credential as an option of its own".to_owned())
        }
        _ => (ProblemCode::EndpointInvalid, format!("for example '{example}'")),
    };
    problem(code, place, format!("option \"{key}\": {error}"), Some(hint))
}

pub(crate) fn empty_value(key: OptionKey, index: usize, may_lack: bool) -> Problem {
    let hint = may_lack.then(|| "if the service needs no credential, say so with 'token' = ''".to_owned());
    problem(
        ProblemCode::EmptyValue,
        Place::Value(index),
        format!("the value of option \"{key}\" is empty"),
        hint,
    )
}

pub(crate) fn mask_problem(place: Place) -> Problem {
    problem(
        ProblemCode::MaskAsValue,
        place,
        format!("the mask {MASK} is not a value"),
        Some("this is redacted SQL; put the secret in the mask's place".to_owned()),
    )
}

pub(crate) fn problem(code: ProblemCode, place: Place, message: String, hint: Option<String>) -> Problem {
    Problem { code, place, message, hint }
}

/// Names in double quotes, joined by commas.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}
