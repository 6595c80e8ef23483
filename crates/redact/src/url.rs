//! URLs: what of them is a credential.

pub(crate) mod damaged;
pub(crate) mod hosts;
pub(crate) mod joined;
pub(crate) mod parameters;
pub(crate) mod scheme;
pub(crate) mod userinfo;

use crate::edit::{Edits, Rule, holds_mask};
use crate::secret::lone::behind_break;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_odd_word, is_scrambled};
use crate::sql::lex::Text;
use crate::statement::words::{is_noun, is_verb};
use crate::url::scheme::first_scheme;
use crate::url::userinfo::is_container;
use crate::wrapping::numbered;
use lockkeeper_model::{Endpoint, MASK};

/// The name of the first part of a connection string of Azure.
const ENDPOINT: &[u8] = b"Endpoint";
/// How far the rest of a URL is looked at behind a quote in it.
const LONGEST_REST: usize = 256;
/// How long the name of a parameter is before a value in braces.
const LONGEST_NAME: usize = 64;

/// Whether a byte may stand in a URL (RFC 3986), quotes, commas, semicolons and brackets left out.
pub(crate) const fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b':'
                | b'/'
                | b'?'
                | b'#'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'*'
                | b'+'
                | b'='
                | b'%'
                | b'['
                | b']'
        )
}

/// Masks what is secret in a value that ought to be a URL; `false` when the value is none, and has to go as a whole.
pub(crate) fn scrub(value: &[u8], at: usize, edits: &mut Edits) -> bool {
    let unknown = || value.starts_with(b"jdbc:") && first_scheme(value).is_none();
    if hosts::is_shortened(value) || unknown() && value.contains(&b'@') && !value.starts_with(hosts::ORACLE) {
        return false;
    }
    if is_simple(value) {
        parameters::scrub_path(value, at, edits);
        return true;
    }
    if let Some(stays) = hosts::scrub_oracle(value, at, edits) {
        return stays;
    }
    if let Some(url) = listed_url(value) {
        return scrub_listed(value, url, at, edits);
    }
    let Ok(text) = std::str::from_utf8(value) else { return false };
    // A password may begin with a slash.
    if Endpoint::parse(text).is_ok() && !userinfo::hides_user(value) {
        parameters::scrub(value, at, edits);
        return true;
    }
    // Not one that a connection may have: only a host that nobody can misread stays.
    let Some(scheme) = first_scheme(value) else { return false };
    if scheme > 24 || !value[..scheme].iter().all(|b| b.is_ascii_alphanumeric() || b"+.-:".contains(b)) {
        return false;
    }
    // In the parameters of a driver, an at sign says nothing, and a value may stand in braces.
    let jdbc = value.starts_with(b"jdbc:");
    let listed = jdbc.then(|| memchr::memchr(b';', value)).flatten().unwrap_or(value.len());
    let authority = scheme + 3;
    let user = memchr::memrchr(b'@', &value[..listed]).unwrap_or(0);
    let is_part = |(at, byte): (usize, &u8)| match byte {
        b'{' | b'}' if (authority..user).contains(&at) || is_template(value, at) => true,
        b'{' => at > listed && begins_secret(&value[..at]),
        b'}' => at > listed,
        b'\\' => value.starts_with(b"jdbc:sqlserver:") && hosts::instance(&value[at..]) > 0,
        byte => *byte >= 0x80 || byte.is_ascii_graphic() && !b"'\"`\\<>".contains(byte),
    };
    if !value.iter().enumerate().all(is_part) && !holds_mask(value) {
        return false;
    }
    if let Some(end) = hosts::scrub_list(&value[..listed], authority, at, edits) {
        parameters::scrub(&value[end..], at + end, edits);
        return true;
    }
    // Behind a host, an at sign in the parameters is a part of those.
    let listed = hosts::query(value, authority).map_or(listed, |query| query.min(listed));
    let host = match memchr::memrchr(b'@', &value[..listed]) {
        // In the path, another URL was put into this one.
        Some(last) if last > authority && damaged::is_masked_in_path(&value[authority..last]) => authority,
        Some(last) if last >= authority => last + 1,
        _ => authority,
    };
    let behind_name = host + hosts::length(&text[host..]);
    let host_end = behind_name + hosts::instance(&value[behind_name..]);
    let stops = host_end == value.len() || matches!(value[host_end], b'/' | b'?' | b'#' | b';');
    if host_end == host
        || !stops
        || !value[host_end..].is_ascii()
        || !hosts::has_port(&value[host..behind_name])
    {
        return false;
    }
    if host > authority && &value[authority..host - 1] != MASK.as_bytes() {
        edits.mask(at + authority..at + host - 1, Rule::UrlUserInfo);
    }
    parameters::scrub(&value[host_end..], at + host_end, edits);
    true
}

/// Whether a bracket is one of a part of a path that stands for another: `/{id}/`.
fn is_template(value: &[u8], at: usize) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let before = value[..at].iter().rev().take(LONGEST_NAME).take_while(|byte| is_part(byte)).count();
    let open = if value[at] == b'{' { at } else { (at - before).saturating_sub(1) };
    let name = value[open + 1..].iter().take(LONGEST_NAME).take_while(|byte| is_part(byte)).count();
    let close = open + 1 + name;
    name > 0
        && value[open] == b'{'
        && value[..open].ends_with(b"/")
        && value.get(close) == Some(&b'}')
        && matches!(value.get(close + 1), None | Some(b'/' | b'?' | b'.' | b'#'))
        && !is_scrambled(&value[open + 1..close])
}

/// Whether a text ends with the name of a secret, behind a semicolon, and its sign.
fn begins_secret(before: &[u8]) -> bool {
    let Some(before) = before.strip_suffix(b"=") else { return false };
    let near = &before[before.len().saturating_sub(LONGEST_NAME)..];
    let name = memchr::memrchr(b';', near).map(|sign| &near[sign + 1..]);
    name.is_some_and(|name| Folded::of(name).secrecy() == Secrecy::Secret)
}

/// Whether a URL is of the usual kind, which is told without taking it apart: scheme, host name, port, path.
fn is_simple(value: &[u8]) -> bool {
    let scheme = value.iter().take_while(|byte| is(**byte, IN_SCHEME)).count();
    let (scheme, rest) = value.split_at(scheme);
    let Some(rest) = rest.strip_prefix(b"//") else { return false };
    let host = rest.iter().take_while(|byte| is(**byte, IN_HOST)).count();
    let mut at = host;
    if rest.get(at) == Some(&b':') {
        at += 1 + rest[at + 1..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
    }
    host > 0
        && scheme.ends_with(b":")
        && (at == rest.len() || rest[at] == b'/')
        && rest[at..].iter().all(|byte| is(*byte, IN_PATH))
}

const IN_SCHEME: u8 = 1;
const IN_HOST: u8 = 2;
const IN_PATH: u8 = 4;

/// In which parts of a usual URL a byte stands.
static PARTS: [u8; 256] = {
    let mut parts = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        parts[byte] = match byte as u8 {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' => IN_SCHEME | IN_HOST | IN_PATH,
            b'+' | b':' => IN_SCHEME,
            b'.' => IN_HOST | IN_PATH,
            b'/' | b'_' => IN_PATH,
            _ => 0,
        };
        byte += 1;
    }
    parts
};

const fn is(byte: u8, part: u8) -> bool {
    PARTS[byte as usize] & part != 0
}

/// Masks user info and credential-like parameters of a URL in running text. Returns where to go on.
///
/// `scheme_end` is where `://` stands.
pub(crate) fn in_text(text: &Text<'_>, scheme_end: usize, edits: &mut Edits) -> usize {
    let authority = scheme_end + 3;
    let mut at = authority;
    let mut at_sign = None;
    let mut slash = None;
    loop {
        match text.at(at) {
            b'@' => {
                // Behind a slash only if what stands before it cannot be a host with a port.
                let host = |slash: usize| hosts::has_port(text.slice(authority..slash));
                if at_sign.is_some() || slash.is_none_or(|slash| !host(slash)) {
                    at_sign = Some(at);
                }
            }
            b'/' | b'?' | b'#' if slash.is_none() => slash = Some(at),
            // SQL that is encoded is looked at by itself.
            b'%' | b'+' if slash.is_some() && !parameters::is_in_secret(text.slice(authority..at)) => {
                let word = text.slice(authority..at);
                let length = word.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
                let encoded = word.len() > length && word[word.len() - length - 1] == b'%';
                let length = length.saturating_sub(if encoded { 2 } else { 0 });
                let word = &word[word.len() - length..];
                if is_verb(word) || is_noun(word) {
                    at -= length;
                    break;
                }
                let quote = if text.has(at, b"%25") { at + 2 } else { at };
                if text.has(quote + 1, b"27") && text.at(quote + 3).is_ascii_alphabetic() {
                    break;
                }
            }
            // As in properties of Java.
            b'\\' if matches!(text.at(at + 1), b':' | b'=') => {}
            b'\\' if let Some(end) = numbered::url(text, scheme_end, at, edits) => return end,
            b'\\'
                if text.at(at + 1) == b'\''
                    && goes_on(text, authority, at + 1, at_sign.is_none() && slash.is_none()) =>
            {
                at += 1;
            }
            b'\'' | b'"' | b'`' if goes_on(text, authority, at, at_sign.is_none() && slash.is_none()) => {}
            // As in XML.
            b';' if text.slice(authority..at).ends_with(b"&amp") => {}
            byte if byte <= b' ' || b"'\"`<>\\,;()".contains(&byte) => {
                // The mask of an earlier run is not the end.
                if byte == b'<' && text.has(at, MASK.as_bytes()) {
                    at += MASK.len();
                    continue;
                }
                break;
            }
            _ => {}
        }
        at += 1;
        if at - authority > 8192 {
            break;
        }
    }
    let end = at;
    let mut rest = authority;
    if let Some(sign) = at_sign {
        let user = text.slice(authority..sign);
        if sign > authority
            && user != MASK.as_bytes()
            && user != b"git"
            && !is_container(text, scheme_end, user)
        {
            edits.mask(authority..sign, Rule::UrlUserInfo);
        }
        rest = sign + 1;
    }
    parameters::scrub(text.slice(rest..end), rest, edits);
    if text.at(end) == b','
        && slash.is_none()
        && at_sign.is_some()
        && let Some(last) = hosts::mask_further(text, end, edits)
    {
        return last;
    }
    if edits.as_slice().last().is_some_and(|edit| edit.range.end == end) {
        // A line break was put into the last parameter.
        if let Some(behind) = behind_break(text, end, b'\'') {
            edits.mask(end - 1..behind, Rule::UrlParameter);
            return behind;
        }
        if let Some(behind) = joined::mask_rest(text, end, edits) {
            return behind;
        }
    }
    damaged::mask_wrapped(text, rest..end, edits).unwrap_or(end)
}

/// Whether a quote inside of a word is a part of a URL: of its `user` info, or of a parameter that is a secret.
pub(crate) fn goes_on(text: &Text<'_>, authority: usize, quote: usize, user: bool) -> bool {
    let inside =
        |at: usize, signs: &[u8]| text.at(at).is_ascii_alphanumeric() || signs.contains(&text.at(at));
    // It may be written twice.
    let sign = text.at(quote);
    let first = quote - usize::from(text.at(quote - 1) == sign);
    let next = quote + 1 + usize::from(text.at(quote + 1) == sign && first == quote);
    let rest = text.ahead(next, LONGEST_REST);
    let ends = |byte: &u8| *byte <= b' ' || b"\"`<>\\,;()".contains(byte);
    if user {
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        let host = memchr::memchr(b'@', &rest[..end]).and_then(|sign| rest[..end].get(sign + 1));
        return inside(first - 1, b"%_-.!*+~$&^#:\\")
            && inside(next, b"%_-.!*+~$&^#")
            && host.is_some_and(u8::is_ascii_alphanumeric);
    }
    if !inside(first - 1, b"%") || !inside(next, b"") {
        return false;
    }
    let end = rest.iter().position(|byte| ends(byte) || *byte == b'\'').unwrap_or(rest.len());
    let before = text.slice(authority..quote);
    let Some(start) = before.iter().rposition(|byte| b"?&".contains(byte)) else { return false };
    let name = &before[start + 1..];
    let name = &name[..memchr::memchr(b'=', name).unwrap_or(0)];
    let closes = rest.get(end).is_some_and(|byte| b"'\"`".contains(byte))
        || memchr::memchr(b'&', &rest[..end]).is_some()
        || is_odd_word(&rest[..end]);
    closes && matches!(Folded::of(name).secrecy(), Secrecy::Secret | Secrecy::Weak)
}

/// Where the URL begins that is the first part of a connection string of Azure.
fn listed_url(value: &[u8]) -> Option<usize> {
    let sign = value.iter().take(ENDPOINT.len() + 8).position(|byte| *byte == b'=')?;
    let is = |name: &&[u8]| name.eq_ignore_ascii_case(&value[..sign]);
    [ENDPOINT, b"AccountEndpoint"].iter().any(is).then_some(sign + 1)
}

/// Masks what stands behind the URL in a connection string, but for the first name; `false` when all of it has to go.
fn scrub_listed(value: &[u8], url: usize, at: usize, edits: &mut Edits) -> bool {
    let end = memchr::memchr(b';', value).unwrap_or(value.len());
    let rest = &value[(end + 1).min(value.len())..];
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if !is_simple(&value[url.min(end)..end])
        || (!rest.is_empty() && (name == 0 || rest.get(name) != Some(&b'=')))
    {
        return false;
    }
    parameters::scrub(&value[url..end], at + url, edits);
    let secret = end + 1 + name + 1;
    if secret < value.len() && &value[secret..] != MASK.as_bytes() {
        edits.mask(at + secret..at + value.len(), Rule::UrlParameter);
    }
    true
}

/// Masks user and password before the sign at `at`, as URLs of Oracle's driver have them:
/// `jdbc:oracle:thin:user/password@`. Whether there are any to mask.
pub(crate) fn user_of_oracle(text: &Text<'_>, floor: usize, at: usize, edits: &mut Edits) -> bool {
    let before = text.slice(floor.max(at.saturating_sub(256))..at);
    if memchr::memrchr(b'/', before).is_none() {
        return false;
    }
    let inside = |at: usize| {
        at > 0
            && before[at - 1].is_ascii_alphanumeric()
            && before.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    };
    let begins = |at: &usize| before[*at] <= b' ' || (b"'\"`".contains(&before[*at]) && !inside(*at));
    let word = (0..before.len()).rev().find(begins).map_or(0, |at| at + 1);
    let word = &before[word..];
    let Some(scheme) = memchr::memmem::find(word, hosts::ORACLE) else { return false };
    let driver = scheme + hosts::ORACLE.len();
    let Some(user) = memchr::memchr(b':', &word[driver..]).map(|colon| driver + colon + 1) else {
        return false;
    };
    let has_both = user < word.len() && !word.ends_with(MASK.as_bytes()) && word[user..].contains(&b'/');
    if has_both {
        edits.mask(at - (word.len() - user)..at, Rule::UrlUserInfo);
    }
    has_both
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        for (head, tail) in [("", "', 'x' = '')"), ("", "'"), ("'type' = 'rest' ", "',, ")] {
            let text = |url: &str| format!("ALTER CONNECTION c SET ({head}'endpoint' = '{url}{tail}");
            assert_eq!(redact(&text(url)), text(expected));
        }
    }

    #[test]
    fn what_is_encoded_in_a_url_ends_nothing() {
        check("postgresql://u:7%2Fmade-up@a.example:5432/d", "postgresql://<REDACTED>@a.example:5432/d");
        check(
            "https://a.example/?a=b&token=m%3Fa%22d%27e-up&x=1",
            "https://a.example/?a=b&token=<REDACTED>&x=1",
        );
    }

    #[test]
    fn a_parameter_ends_where_the_next_begins() {
        check(
            "jdbc:sqlserver://a.example:1433;user=u;password=made&up#ma?de@up;encrypt=true",
            "jdbc:sqlserver://a.example:1433;user=<REDACTED>;password=<REDACTED>;encrypt=true",
        );
    }
}
