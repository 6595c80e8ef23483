//! From options as written to a checked connection: `WITH`, `SET` and `RESET`.

use crate::checks::{Given, check_url, empty_value, problem, quoted, read_keys, read_options};
use crate::connection::{Connection, Credential, Definition};
use crate::connection_type::{AuthGroup, ConnectionType};
use crate::endpoint::Endpoint;
use crate::limits::{MASK, MAX_COMMENT_BYTES};
use crate::nearest::nearest;
use crate::option::{Entry, OptionKey};
use crate::problem::{Place, Problem, ProblemCode};
use crate::secret::SecretValue;
use std::collections::{BTreeMap, BTreeSet};

/// What `ALTER` makes of a connection.
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub struct Alteration {
    /// The connection afterwards.
    pub connection: Connection,
    /// Values to seal anew.
    pub written: Credential,
    /// Sealed options that are gone.
    pub removed: BTreeSet<OptionKey>,
}

/// Checks the options of `CREATE CONNECTION`.
///
/// # Errors
/// All problems of the statement, in the order of their places.
pub fn define(entries: &[Entry<'_>], comment: Option<&str>) -> Result<Definition, Vec<Problem>> {
    let mut problems = Vec::new();
    check_comment(comment, &mut problems);
    let given = read_options(entries, &mut problems);
    let meant = misspelt(entries);
    let connection_type = read_type(&given, &meant, &mut problems);
    let endpoint = read_endpoint(&given, &meant, connection_type, &mut problems);

    // Without a type there is nothing more to say about the other options.
    let Some(connection_type) = connection_type else { return Err(in_order(problems)) };
    let given = fitting(given, connection_type, &mut problems);
    let auth = choose_group(&given, &meant, connection_type, &mut problems);
    if let Some(Chosen::Group(group)) = auth {
        require_all(group, &given, &meant, connection_type, &mut problems);
    }
    let options = read_plain(&given, connection_type, endpoint.as_ref(), &BTreeMap::new(), &mut problems);

    match (endpoint, auth) {
        (Some(endpoint), Some(auth)) if problems.is_empty() => {
            let credential = read_credential(&given, auth.group());
            let connection = Connection {
                connection_type,
                endpoint,
                options,
                auth: auth.group(),
                sealed: credential.keys().copied().collect(),
                comment: comment.filter(|text| !text.is_empty()).map(str::to_owned),
            };
            Ok(Definition { connection, credential })
        }
        _ => Err(in_order(problems)),
    }
}

/// Checks the options of `ALTER CONNECTION … SET` against the connection as it is.
///
/// Keys are merged into what is there. A complete set of another way to authenticate replaces the old one.
///
/// # Errors
/// All problems of the statement, in the order of their places.
pub fn set_options(current: &Connection, entries: &[Entry<'_>]) -> Result<Alteration, Vec<Problem>> {
    let mut problems = Vec::new();
    if entries.is_empty() {
        return Err(vec![nothing_to_change()]);
    }
    let given = read_options(entries, &mut problems);
    let given = fitting(refuse_fixed(given, &mut problems), current.connection_type, &mut problems);
    let meant = misspelt(entries);
    let touches_auth = given.keys().any(|key| AuthGroup::of(*key).is_some());
    let auth = match touches_auth {
        true => choose_group(&given, &meant, current.connection_type, &mut problems).map(Chosen::group),
        false => Some(current.auth),
    };
    let same_group = auth == Some(current.auth);
    if let Some(Some(group)) = auth
        && !same_group
    {
        require_all(group, &given, &meant, current.connection_type, &mut problems);
    }
    let kept: BTreeMap<_, _> = current
        .options
        .iter()
        .filter(|(key, _)| same_group || AuthGroup::of(**key).is_none())
        .map(|(key, value)| (*key, value.clone()))
        .collect();
    let options = read_plain(&given, current.connection_type, Some(&current.endpoint), &kept, &mut problems);
    if same_group {
        keep_token_endpoint(current, &options, &given, &mut problems);
    }
    let (Some(auth), true) = (auth, problems.is_empty()) else { return Err(in_order(problems)) };

    let written = if touches_auth { read_credential(&given, auth) } else { Credential::new() };
    let mut sealed: BTreeSet<_> = written.keys().copied().collect();
    if same_group {
        sealed.extend(&current.sealed);
    }
    let removed = current.sealed.difference(&sealed).copied().collect();
    let connection = Connection { options, auth, sealed, ..current.clone() };
    Ok(Alteration { connection, written, removed })
}

/// Checks the keys of `ALTER CONNECTION … RESET` against the connection as it is.
///
/// A key that may be reset and is not set is no mistake.
///
/// # Errors
/// All problems of the statement, in the order of their places.
pub fn reset_options(current: &Connection, keys: &[&str]) -> Result<Alteration, Vec<Problem>> {
    let mut problems = Vec::new();
    if keys.is_empty() {
        return Err(vec![nothing_to_change()]);
    }
    let named = read_keys(keys.iter().copied(), &mut problems);
    let entries: Given<'_> = named.into_iter().map(|(key, index)| (key, (index, ""))).collect();
    let named = fitting(refuse_fixed(entries, &mut problems), current.connection_type, &mut problems);
    let mut connection = current.clone();
    let mut removed = BTreeSet::new();
    for (key, (index, _)) in named {
        let optional = current.connection_type.own_options().contains(&key)
            || AuthGroup::of(key).is_some_and(|group| group.optional().contains(&key));
        if !optional {
            problems.push(problem(
                ProblemCode::OptionRequired,
                Place::Key(index),
                format!("option \"{key}\" cannot be reset"),
                Some(
                    "a connection cannot be without it; change it with SET, or DROP the connection"
                        .to_owned(),
                ),
            ));
        }
        connection.options.remove(&key);
        if connection.sealed.remove(&key) {
            removed.insert(key);
        }
    }
    match problems.is_empty() {
        true => Ok(Alteration { connection, written: Credential::new(), removed }),
        false => Err(in_order(problems)),
    }
}

/// The outcome of looking for the way to authenticate.
#[derive(Clone, Copy)]
enum Chosen {
    Group(AuthGroup),
    /// An empty credential says that there is none.
    Nothing,
}

impl Chosen {
    fn group(self) -> Option<AuthGroup> {
        match self {
            Self::Group(group) => Some(group),
            Self::Nothing => None,
        }
    }
}

fn check_comment(comment: Option<&str>, problems: &mut Vec<Problem>) {
    let Some(comment) = comment else { return };
    if comment.len() > MAX_COMMENT_BYTES {
        problems.push(problem(
            ProblemCode::CommentTooLong,
            Place::Comment,
            format!("a comment of {} bytes is longer than {MAX_COMMENT_BYTES}", comment.len()),
            None,
        ));
    }
    if comment.contains(MASK) {
        problems.push(crate::checks::mask_problem(Place::Comment));
    }
}

fn read_type(
    given: &Given<'_>,
    meant: &BTreeSet<OptionKey>,
    problems: &mut Vec<Problem>,
) -> Option<ConnectionType> {
    let Some((index, name)) = given.get(&OptionKey::Type) else {
        if !meant.contains(&OptionKey::Type) {
            problems.push(missing(OptionKey::Type, "every connection has one".to_owned()));
        }
        return None;
    };
    let found = ConnectionType::find(name);
    if found.is_none() {
        let names = ConnectionType::ALL.map(ConnectionType::name);
        let hint = match nearest(name, names) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("the types are {}", quoted(names)),
        };
        problems.push(problem(
            ProblemCode::UnknownType,
            Place::Value(*index),
            "not a connection type".to_owned(),
            Some(hint),
        ));
    }
    found
}

fn read_endpoint(
    given: &Given<'_>,
    meant: &BTreeSet<OptionKey>,
    connection_type: Option<ConnectionType>,
    problems: &mut Vec<Problem>,
) -> Option<Endpoint> {
    let Some((index, text)) = given.get(&OptionKey::Endpoint) else {
        if !meant.contains(&OptionKey::Endpoint) {
            let example = connection_type.map_or("https://…", |known| known.endpoint_form().example);
            problems.push(missing(OptionKey::Endpoint, format!("for example '{example}'")));
        }
        return None;
    };
    check_url(OptionKey::Endpoint, *index, text, connection_type, problems)
}

/// The options that unknown keys were probably meant to be: they are not reported as missing, too.
fn misspelt(entries: &[Entry<'_>]) -> BTreeSet<OptionKey> {
    let unknown = entries.iter().filter(|entry| OptionKey::find(entry.key).is_none());
    let names = OptionKey::ALL.map(OptionKey::name);
    unknown.filter_map(|entry| nearest(entry.key, names)).filter_map(OptionKey::find).collect()
}

fn missing(key: OptionKey, hint: String) -> Problem {
    problem(ProblemCode::MissingOption, Place::List, format!("option \"{key}\" is missing"), Some(hint))
}

fn nothing_to_change() -> Problem {
    problem(ProblemCode::NothingToChange, Place::List, "the list of options is empty".to_owned(), None)
}

/// Takes out `type` and `endpoint`, with a problem for each.
fn refuse_fixed<'a>(mut given: Given<'a>, problems: &mut Vec<Problem>) -> Given<'a> {
    let fixed =
        [(OptionKey::Type, ProblemCode::TypeFixed), (OptionKey::Endpoint, ProblemCode::EndpointFixed)];
    for (key, code) in fixed {
        if let Some((index, _)) = given.remove(&key) {
            problems.push(problem(
                code,
                Place::Key(index),
                format!("option \"{key}\" of a connection cannot be changed"),
                Some(
                    "use CREATE OR REPLACE CONNECTION and give the credential again: it never follows a changed \
                     endpoint"
                        .to_owned(),
                ),
            ));
        }
    }
    given
}

/// Takes out the options that the type does not have, with a problem for each.
fn fitting<'a>(given: Given<'a>, connection_type: ConnectionType, problems: &mut Vec<Problem>) -> Given<'a> {
    let (fitting, others): (Given<'a>, Given<'a>) =
        given.into_iter().partition(|(key, _)| connection_type.allows(*key));
    for (key, (index, _)) in others {
        problems.push(problem(
            ProblemCode::OptionNotAllowed,
            Place::Key(index),
            format!("option \"{key}\" does not fit connection type \"{connection_type}\""),
            Some(format!("its options are {}", quoted(connection_type.keys().map(OptionKey::name)))),
        ));
    }
    fitting
}

/// Finds the one way to authenticate that the options are about.
fn choose_group(
    given: &Given<'_>,
    meant: &BTreeSet<OptionKey>,
    connection_type: ConnectionType,
    problems: &mut Vec<Problem>,
) -> Option<Chosen> {
    let mut groups: Vec<_> = given
        .iter()
        .filter_map(|(key, (index, _))| AuthGroup::of(*key).map(|group| (*index, group)))
        .collect();
    groups.sort_unstable();
    let first = groups.first().map(|(_, group)| *group);
    let second = groups.iter().find(|(_, group)| Some(*group) != first);
    let chosen = match (first, second) {
        (None, _) => {
            if !meant.iter().any(|key| AuthGroup::of(*key).is_some()) {
                problems.push(no_credential(connection_type));
            }
            return None;
        }
        (Some(group), None) => group,
        (Some(_), Some((index, _))) => {
            problems.push(problem(
                ProblemCode::SeveralAuthMethods,
                Place::Key(*index),
                "options of more than one way to authenticate".to_owned(),
                Some(format!("give exactly one of {}", ways(connection_type))),
            ));
            return None;
        }
    };
    let empty: Vec<_> = given
        .iter()
        .filter(|(key, (_, value))| chosen.contains(**key) && key.is_sealed() && value.is_empty())
        .collect();
    let says_nothing = connection_type.may_lack_credential()
        && matches!(chosen, AuthGroup::Bearer | AuthGroup::Basic)
        && empty.len() == chosen.required().len();
    if says_nothing {
        return Some(Chosen::Nothing);
    }
    for (key, (index, _)) in empty {
        problems.push(empty_value(*key, *index, connection_type.may_lack_credential()));
    }
    Some(Chosen::Group(chosen))
}

fn no_credential(connection_type: ConnectionType) -> Problem {
    let none = match connection_type.may_lack_credential() {
        true => "; if the service needs no credential, say so with 'token' = ''",
        false => "",
    };
    problem(
        ProblemCode::MissingCredential,
        Place::List,
        format!("connection type \"{connection_type}\" needs a credential"),
        Some(format!("give {}{none}", ways(connection_type))),
    )
}

/// The ways to authenticate, for a hint.
fn ways(connection_type: ConnectionType) -> String {
    let ways: Vec<_> = connection_type
        .auth_groups()
        .iter()
        .map(|group| quoted(group.required().iter().map(|key| key.name())))
        .collect();
    ways.join(", or ")
}

/// Reports the required options of a group that are not given.
fn require_all(
    group: AuthGroup,
    given: &Given<'_>,
    meant: &BTreeSet<OptionKey>,
    connection_type: ConnectionType,
    problems: &mut Vec<Problem>,
) {
    for key in group.required() {
        if !given.contains_key(key) && !meant.contains(key) {
            problems.push(missing(
                *key,
                format!(
                    "connection type \"{connection_type}\" needs {} together",
                    quoted(group.required().iter().map(|key| key.name()))
                ),
            ));
        }
    }
}

/// Checks the plain options and merges them over those that are kept.
fn read_plain(
    given: &Given<'_>,
    connection_type: ConnectionType,
    endpoint: Option<&Endpoint>,
    kept: &BTreeMap<OptionKey, String>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<OptionKey, String> {
    let mut options = kept.clone();
    for (key, (index, value)) in given {
        if key.is_sealed() || matches!(key, OptionKey::Type | OptionKey::Endpoint) {
            continue;
        }
        if let Some(value) = crate::checks::plain_value(*key, *index, value, connection_type, problems) {
            options.insert(*key, value);
        }
    }
    crate::checks::check_sse(given, &options, endpoint, problems);
    options
}

/// A client secret must not follow a changed token endpoint.
fn keep_token_endpoint(
    current: &Connection,
    options: &BTreeMap<OptionKey, String>,
    given: &Given<'_>,
    problems: &mut Vec<Problem>,
) {
    let key = OptionKey::TokenEndpoint;
    let changed = current.options.get(&key) != options.get(&key);
    let again = [OptionKey::ClientId, OptionKey::ClientSecret].iter().all(|key| given.contains_key(key));
    if let (true, false, Some((index, _))) = (changed, again, given.get(&key)) {
        problems.push(problem(
            ProblemCode::TokenEndpointFixed,
            Place::Key(*index),
            format!("option \"{key}\" cannot be changed alone"),
            Some(
                "give \"client-id\" and \"client-secret\" again in the same statement: they never follow a changed \
                 endpoint"
                    .to_owned(),
            ),
        ));
    }
}

fn read_credential(given: &Given<'_>, group: Option<AuthGroup>) -> Credential {
    given
        .iter()
        .filter(|(key, _)| key.is_sealed() && group.is_some_and(|group| group.contains(**key)))
        .map(|(key, (_, value))| (*key, SecretValue::copy_of(value)))
        .collect()
}

fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| match problem.place {
        Place::Comment => (0, 0),
        Place::Key(index) => (1, 2 * index),
        Place::Value(index) => (1, 2 * index + 1),
        Place::List => (2, 0),
    });
    problems
}

#[cfg(test)]
mod tests;
