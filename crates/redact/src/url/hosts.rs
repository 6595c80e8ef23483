//! Hosts of URLs: several in a row, those beyond ASCII, and the descriptors of Oracle.

use crate::edit::{Edits, Rule};
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_random, is_scrambled};
use crate::sql::lex::Text;
use crate::statement::recognise::is_any;
use crate::url::parameters;
use lockkeeper_model::MASK;

/// What URLs of Oracle's driver begin with; a user and a password may stand before the host.
pub(crate) const ORACLE: &[u8] = b"jdbc:oracle:";
/// How long the user info of one of several hosts may be.
const LONGEST_USER: usize = 256;
/// How long the name of an instance is.
const LONGEST_INSTANCE: usize = 16;
/// What a descriptor of Oracle says about where a database is.
const DESCRIBED: &[&str] = &[
    "ADDRESS",
    "ADDRESS_LIST",
    "CONNECT_DATA",
    "CONNECT_TIMEOUT",
    "DELAY",
    "DESCRIPTION",
    "DESCRIPTION_LIST",
    "ENABLE",
    "EXPIRE_TIME",
    "FAILOVER",
    "FAILOVER_MODE",
    "HOST",
    "INSTANCE_NAME",
    "LOAD_BALANCE",
    "METHOD",
    "PORT",
    "PROTOCOL",
    "RETRIES",
    "RETRY_COUNT",
    "RETRY_DELAY",
    "SECURITY",
    "SERVER",
    "SERVICE_NAME",
    "SID",
    "SSL_SERVER_DN_MATCH",
    "TRANSPORT_CONNECT_TIMEOUT",
    "TYPE",
];

/// The length of the host and port that a text begins with; letters of all scripts may stand in a host.
pub(crate) fn length(text: &str) -> usize {
    let in_host = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':');
    let length = text.find(|letter| !in_host(letter)).unwrap_or(text.len());
    // Something was left out there.
    text[..length].find("..").unwrap_or(length)
}

/// Whether dots stand in a host for what was left out.
pub(crate) fn is_shortened(value: &[u8]) -> bool {
    let host = value.windows(2).position(|dots| dots == b"..").map(|dots| &value[..dots]);
    host.and_then(|before| memchr::memmem::rfind(before, b"://").map(|scheme| &before[scheme + 3..]))
        .is_some_and(|host| !host.iter().any(|byte| b"/?#".contains(byte)))
}

/// Where the parameters begin behind a host, or what has to be one because a secret is among them.
pub(crate) fn query(value: &[u8], authority: usize) -> Option<usize> {
    let query = authority + memchr::memchr(b'?', &value[authority..])?;
    let end = memchr::memchr(b'/', &value[authority..query]).map_or(query, |slash| authority + slash);
    let host = &value[authority..end];
    let is_named = || {
        let names = value[query + 1..].split(|byte| *byte == b'&');
        names
            .map(|part| part.split(|byte| *byte == b'=').next().unwrap_or_default())
            .any(|name| Folded::of(name).secrecy() == Secrecy::Secret)
    };
    (has_port(host) && !host.is_empty() && (host.contains(&b'.') || is_named())).then_some(query)
}

/// Whether what stands behind the colon of an authority, if there is one, is a port.
pub(crate) fn has_port(authority: &[u8]) -> bool {
    memchr::memchr(b':', authority).is_none_or(|colon| {
        let port = &authority[colon + 1..];
        (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)
    })
}

/// The length of the instance behind a host, and of its port: `\\SQLEXPRESS:1433`.
pub(crate) fn instance(rest: &[u8]) -> usize {
    let Some(said) = rest.strip_prefix(b"\\") else { return 0 };
    let name = said.iter().take_while(|byte| is_in_host(**byte)).count();
    let port = said[name..].iter().position(|byte| b"/?;".contains(byte)).unwrap_or(said.len() - name);
    let plain = (1..=LONGEST_INSTANCE).contains(&name) && !is_scrambled(&said[..name]);
    if plain && (port == 0 || said[name] == b':' && has_port(&said[name..name + port])) {
        1 + name + port
    } else {
        0
    }
}

/// Masks the user info of each of several hosts. Returns where they end, if there are several that nobody can misread.
pub(crate) fn scrub_list(value: &[u8], authority: usize, at: usize, edits: &mut Edits) -> Option<usize> {
    let rest = &value[authority..];
    let end = rest.iter().position(|byte| b"/?#;".contains(byte)).unwrap_or(rest.len());
    let user = |host: &[u8]| memchr::memrchr(b'@', host);
    let hosts = || rest[..end].split(|byte| *byte == b',');
    // Else a comma may be one of a password, and so may what stands behind a slash.
    let first = hosts().next().and_then(user).is_some() || user(&rest[..end]).is_none();
    if hosts().count() < 2 || !first || user(&rest[end..]).is_some() {
        return None;
    }
    let plain = hosts().all(|host| is_plain(&host[user(host).map_or(0, |sign| sign + 1)..]));
    if !plain {
        return None;
    }
    let mut start = at + authority;
    for host in hosts() {
        if let Some(sign) = user(host).filter(|sign| &host[..*sign] != MASK.as_bytes()) {
            edits.mask(start..start + sign, Rule::UrlUserInfo);
        }
        start += host.len() + 1;
    }
    Some(authority + end)
}

/// Masks the user info of the hosts behind the comma at `comma`, in running text. Returns where the last of them begins.
pub(crate) fn mask_further(text: &Text<'_>, comma: usize, edits: &mut Edits) -> Option<usize> {
    let (mut at, mut last) = (comma, None);
    while text.at(at) == b',' {
        let part = text.ahead(at + 1, LONGEST_USER);
        let ends = |byte: &u8| *byte <= b' ' || b",/?#;'\"`<>\\()".contains(byte);
        let part = &part[..part.iter().position(ends).unwrap_or(part.len())];
        let sign = memchr::memrchr(b'@', part).filter(|sign| part[..*sign].contains(&b':'));
        let Some(sign) = sign else { break };
        edits.mask(at + 1..at + 1 + sign, Rule::UrlUserInfo);
        last = Some(at + 1 + sign);
        at += 1 + part.len();
    }
    last
}

/// Masks user and password of a URL of Oracle's driver, if it has them; `false` when all of it has to go.
pub(crate) fn scrub_oracle(value: &[u8], at: usize, edits: &mut Edits) -> Option<bool> {
    let driver = value.strip_prefix(ORACLE)?;
    let user = ORACLE.len() + memchr::memchr(b':', driver)? + 1;
    let sign = memchr::memrchr(b'@', value).filter(|sign| *sign >= user)?;
    let behind = &value[sign + 1..];
    let query = memchr::memchr(b'?', behind).unwrap_or(behind.len());
    let host = &behind[..query];
    let described = is_descriptor(host);
    if sign == user && !described && host.starts_with(b"//") && query == behind.len() {
        return None;
    }
    let named = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:/+".contains(byte);
    if !described && (host.is_empty() || !host.iter().all(named)) {
        return Some(false);
    }
    // Without a user, only what nobody can misread: `@host:1521:sid`, `@host:1521/service`.
    let drawn = |part: &[u8]| is_random(part) || is_scrambled(part);
    if sign == user && !described && host.split(|byte| b":/".contains(byte)).any(drawn) {
        return Some(false);
    }
    if sign > user && &value[user..sign] != MASK.as_bytes() {
        edits.mask(at + user..at + sign, Rule::UrlUserInfo);
    }
    parameters::scrub(behind, at + sign + 1, edits);
    Some(true)
}

/// Whether a text is a descriptor of Oracle that says nothing but where a database is: `(DESCRIPTION=(ADDRESS=…))`.
fn is_descriptor(text: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((bracket, behind)) = rest.split_first() {
        let (opens, closes) = (*bracket == b'(', *bracket == b')' && depth > 0);
        if !opens && !closes {
            return false;
        }
        rest = behind;
        if closes {
            depth -= 1;
            continue;
        }
        depth += 1;
        let Some(sign) = memchr::memchr(b'=', rest).filter(|sign| is_any(&rest[..*sign], DESCRIBED)) else {
            return false;
        };
        rest = &rest[sign + 1..];
        let value = rest.iter().take_while(|byte| is_in_host(**byte)).count();
        if is_random(&rest[..value]) || value > 0 && rest.get(value) != Some(&b')') {
            return false;
        }
        rest = &rest[value..];
    }
    depth == 0 && !text.is_empty()
}

/// Whether a host of a list, with its port, is nothing but that.
fn is_plain(host: &[u8]) -> bool {
    let name = host.iter().take_while(|byte| is_in_host(**byte)).count();
    let port = &host[name..];
    name > 0
        && !is_random(&host[..name])
        && (host[..name].contains(&b'.') || !is_scrambled(&host[..name]))
        && has_port(host)
        && (port.is_empty() || port.len() > 1 && port[0] == b':')
}

const fn is_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}
