//! User info and parameters of URLs that are broken: cut, wrapped, without their scheme or one of its signs.

use crate::edit::{Edits, Rule, holds_mask};
use crate::secret::issuers::is_known_token;
use crate::secret::names::{Folded, Secrecy};
use crate::secret::shape::{is_drawn_inside, is_odd_word, is_random};
use crate::sql::lex::{Text, is_blank, quote_length};
use crate::url::scheme::first_scheme;
use crate::url::{self, hosts, parameters, userinfo};
use crate::wrapping::lines::behind_mark;
use lockkeeper_model::{MASK, percent_decoded};
use std::ops::Range;

/// How long a part of a URL is that is looked at, and how far its host and the sign before its port.
const LONGEST: usize = 256;
const LONGEST_HOST: usize = 64;
/// How far behind that user info may end.
const LONGEST_USER: usize = 4096;
/// How long the parameters may be.
const LONGEST_QUERY: usize = 1024;
/// How many blanks may have been put into it.
const LONGEST_GAP: usize = 32;
/// What stands before addresses of other kinds than a user does.
const SCHEMES: &[&[u8]] =
    &[b"acct", b"cc", b"email", b"from", b"mail", b"mailto", b"sip", b"sips", b"to", b"xmpp"];

/// Whether what stands behind the `://` at `colon` is odd enough to be looked at: a colon without a port, or a blank.
pub(crate) fn is_odd(text: &[u8], colon: usize) -> bool {
    let rest = &text[(colon + 3).min(text.len())..];
    let rest = &rest[..rest.len().min(LONGEST_HOST + 1)];
    let host = rest.iter().position(|byte| !is_in_user(*byte));
    match host {
        Some(0) => is_blank(rest[0]) || rest[0] == b':' && !is_port(&rest[1..]),
        Some(end) => {
            rest[end] == b':' && rest[end + 1..].first() != Some(&b'/') && !is_port(&rest[end + 1..])
        }
        None => rest.len() > LONGEST_HOST,
    }
}

/// Masks the user info behind the `://` at `colon` if it is cut before its `@`, or if a blank or line break was put into it.
/// Returns its end.
pub(crate) fn mask_behind(text: &Text<'_>, colon: usize, edits: &mut Edits) -> Option<usize> {
    let start = colon + 3;
    let end = part_end(text, start);
    let part = text.slice(start..end);
    if end - start >= LONGEST
        && memchr::memchr(b'@', part).is_none()
        && let Some(sign) = far_sign(text, start, end)
    {
        edits.mask(start..sign, Rule::UrlUserInfo);
        return Some(sign);
    }
    let password = memchr::memchr(b':', part).map(|sign| &part[sign + 1..]);
    if memchr::memchr(b'@', part).is_some() || holds_mask(part) || password.is_none() && end > start {
        return None;
    }
    if let Some(next) = behind_gap(text, end).filter(|_| password.is_none_or(|password| !is_port(password))) {
        let rest_end = part_end(text, next);
        let rest = text.slice(next..rest_end);
        if let Some(sign) = memchr::memrchr(b'@', rest)
            && is_host(text, next + sign + 1)
            && !holds_mask(rest)
            && (password.is_some() || memchr::memchr(b':', &rest[..sign]).is_some())
        {
            let user = if end > start { start } else { next };
            edits.mask(user..next + sign, Rule::UrlUserInfo);
            return Some(next + sign);
        }
    }
    // The quote may stand in it, and what is cut ends with three dots, or with a word in brackets that says so.
    let quote = end + usize::from(text.at(end) == b'\\');
    if matches!(text.at(quote), b'\'' | b'"' | b'`') && url::goes_on(text, start, quote, true) {
        return None;
    }
    let note = memchr::memchr(b'[', part).filter(|open| *open > 0 && part.ends_with(b"]"));
    // The bracket of a log around it, too.
    let around = || usize::from(part.ends_with(b"]") && memchr::memchr(b'[', part).is_none());
    let dots = note.map_or(if part.ends_with("…".as_bytes()) { "…".len() } else { around() }, |open| {
        part.len() - open
    });
    let quoted = text.at(end) == b'\'' && text.at(end - 1).is_ascii_alphanumeric() && dots == 0;
    let rest_end = quoted.then(|| part_end(text, end + 1)).filter(|rest_end| {
        is_odd_word(text.slice(end + 1..*rest_end)) && text.at(end + 1).is_ascii_alphanumeric()
    });
    let cut = password.is_some_and(|password| {
        let password = &password[..password.len() - dots];
        password.iter().all(|byte| is_in_user(*byte) || b"!*+$".contains(byte)) && is_odd_word(password)
    });
    cut.then(|| {
        let end = rest_end.unwrap_or(end - dots);
        edits.mask(start..end, Rule::UrlUserInfo);
        end
    })
}

/// The `@` behind user info that begins at `start` and goes on at `from`, longer than other parts of URLs: a signed token.
fn far_sign(text: &Text<'_>, start: usize, from: usize) -> Option<usize> {
    let part = text.ahead(from, LONGEST_USER);
    let ends = |byte: &u8| *byte <= b' ' || b"'\"`<>\\,;()".contains(byte);
    let part = &part[..part.iter().position(ends).unwrap_or(part.len())];
    let first = memchr::memchr(b'@', part)?;
    let path = memchr::memchr(b'/', &part[first..]).map_or(part.len(), |slash| first + slash);
    let sign = from + memchr::memrchr(b'@', &part[..path])?;
    // What stands before a slash is no host with its port.
    let slash = memchr::memchr(b'/', text.slice(start..sign));
    slash.is_none_or(|slash| !hosts::has_port(text.slice(start..start + slash))).then_some(sign)
}

/// Masks the user info before the `@` at `sign`, if it is some without a scheme as it should be before it; nothing before
/// `floor` is looked at.
pub(crate) fn mask_before(text: &Text<'_>, floor: usize, sign: usize, edits: &mut Edits) {
    let near = text.slice(floor.max(sign.saturating_sub(LONGEST))..sign);
    let ends = |byte: &u8| *byte <= b' ' || b"'\"`<>\\".contains(byte);
    let before = &near[near.iter().rposition(ends).map_or(0, |end| end + 1)..];
    // Behind the parameters of a driver, an at sign is a part of one.
    let driven = before.starts_with(b"jdbc:")
        && memchr::memchr_iter(b';', before).any(|at| parameters::has_parameter(before, &before[at + 1..]));
    if !is_host(text, sign + 1) || driven {
        return;
    }
    let start = sign - before.len();
    // A blank was put into it.
    let apart = near[..near.len() - before.len()].trim_ascii_end();
    let url = apart.rsplit(|byte| is_blank(*byte)).next().unwrap_or_default();
    let head = first_scheme(url).map(|colon| &url[colon + 3..]);
    if head.is_some_and(|head| head.contains(&b':') && !head.iter().any(|byte| b"/@?'\"".contains(byte)))
        && is_odd_word(before)
    {
        return edits.mask(start..sign, Rule::UrlUserInfo);
    }
    if let Some(user) = user_before(before) {
        edits.mask(start + user.start..start + user.end, Rule::UrlUserInfo);
    }
}

/// The user info at the end of what stands before an `@` and a host: behind a slash, or what looks drawn behind a colon.
pub(crate) fn user_before(before: &[u8]) -> Option<Range<usize>> {
    let slash = memchr::memrchr(b'/', before).map_or(0, |slash| slash + 1);
    if slash > 0
        && let Some(colon) = memchr::memchr(b':', &before[slash..])
    {
        let user = &before[slash..slash + colon];
        let other = SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(user));
        return (!other && is_odd_word(&before[slash + colon + 1..])).then_some(slash..before.len());
    }
    let password = memchr::memrchr(b':', before)? + 1;
    let said = &before[password..];
    // A message has a mark that looks drawn, behind its date.
    let user = before[..password - 1].rsplit(|byte| *byte <= b' ').next().unwrap_or_default();
    if user.iter().all(|byte| byte.is_ascii_digit() || b"-:.T".contains(byte)) && !user.is_empty() {
        return None;
    }
    let mixed = said.iter().any(u8::is_ascii_uppercase) && said.iter().any(u8::is_ascii_lowercase);
    (is_random(said) || is_drawn_inside(said) && mixed).then_some(password..before.len())
}

/// Whether a text ends with user info that is masked and stands behind a slash.
pub(crate) fn is_masked_in_path(text: &[u8]) -> bool {
    text.strip_suffix(MASK.as_bytes()).is_some_and(|before| before.ends_with(b"/"))
}

/// Masks the user info of another URL that was put into the path of one, whose part stands at `at`, if it is that.
pub(crate) fn mask_in_path(path: &[u8], part: Range<usize>, at: usize, edits: &mut Edits) {
    let said = &path[part.clone()];
    let start = part.start.saturating_sub(1);
    let Some(sign) = memchr::memrchr(b'@', said).filter(|_| !holds_mask(said)) else { return };
    if let Some(user) = user_before(&path[start..part.start + sign]) {
        edits.mask(at + start + user.start..at + start + user.end, Rule::UrlUserInfo);
    }
}

/// Masks the parameters behind the `?` at `sign` that are secret, where no scheme stands before it. Returns the end of the last.
pub(crate) fn mask_query(text: &Text<'_>, floor: usize, sign: usize, edits: &mut Edits) -> Option<usize> {
    let behind_path =
        sign > floor && (text.at(sign - 1).is_ascii_alphanumeric() || text.at(sign - 1) == b'/');
    if !behind_path || !text.at(sign + 1).is_ascii_alphabetic() {
        return None;
    }
    let end = query_end(text, sign + 1);
    let mut last = None;
    let before = edits.len();
    let mut at = sign + 1;
    for pair in text.slice(at..end).split(|byte| *byte == b'&') {
        let Some(value) = memchr::memchr(b'=', pair).map(|sign| sign + 1) else { break };
        let said = &pair[value..];
        let secret = match Folded::of(&percent_decoded(&pair[..value - 1])).secrecy() {
            Secrecy::Secret | Secrecy::Place => true,
            Secrecy::Weak | Secrecy::Part { .. } => is_odd_word(said),
            Secrecy::About | Secrecy::None => is_known_token(said),
        };
        match secret && !said.is_empty() && !holds_mask(said) {
            true => {
                edits.mask(at + value..at + pair.len(), Rule::UrlParameter);
                last = Some((edits.len(), at + pair.len()));
            }
            false => userinfo::mask_in(said, at + value, edits),
        }
        at += pair.len() + 1;
    }
    // Behind the last, all is looked at by itself.
    edits.truncate(last.map_or(before, |last| last.0));
    last.map(|last| last.1)
}

/// Masks the value of the last parameter of what stands behind a host, if that is a secret and a blank or a line break was put
/// before the value, or before its sign. Returns its end.
pub(crate) fn mask_wrapped(text: &Text<'_>, behind_host: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let end = behind_host.end;
    let behind_host = text.slice(behind_host);
    let pair = &behind_host[behind_host.iter().rposition(|byte| b"?&;".contains(byte))? + 1..];
    let name = &pair[..memchr::memchr(b'=', pair).unwrap_or(pair.len())];
    if !pair[name.len()..].iter().all(|byte| *byte == b'=') || name.is_empty() {
        return None;
    }
    let start = behind_gap(text, end)?;
    let start = match (pair.len() > name.len(), text.at(start)) {
        (true, _) => start,
        (false, b'=') => start + 1,
        (false, _) => return None,
    };
    let value = start..part_end(text, start);
    let said = text.slice(value.clone());
    // Else it may be something else behind a URL that ends with the name.
    let ends = match text.at(value.end) {
        0 | b'\r' | b'\n' => is_odd_word(said),
        _ => quote_length(text, value.end) > 0,
    };
    let ends = ends && !said.contains(&b'=');
    let named = || {
        matches!(
            Folded::of(&percent_decoded(name)).secrecy(),
            Secrecy::Secret | Secrecy::Weak | Secrecy::Part { .. }
        )
    };
    (ends && !said.is_empty() && named()).then(|| {
        edits.mask(value.clone(), Rule::UrlParameter);
        value.end
    })
}

/// Where the parameters behind a `?` end.
fn query_end(text: &Text<'_>, from: usize) -> usize {
    let ends = |byte: &u8| *byte <= b' ' || *byte >= 0x80 || b"'\"`<>\\,;()".contains(byte);
    let rest = text.ahead(from, LONGEST_QUERY);
    from + rest.iter().position(ends).unwrap_or(rest.len())
}

/// Where a part of a URL ends, at a blank, a quote, or what else stands in none.
fn part_end(text: &Text<'_>, from: usize) -> usize {
    let mut at = from;
    while at - from < LONGEST && text.at(at) > b' ' && !b"'\"`<>\\,;()".contains(&text.at(at)) {
        if text.at(at) >= 0x80 && quote_length(text, at) > 0 {
            break;
        }
        at += 1;
    }
    at
}

/// Behind the blanks or the line break that were put into a URL, and what stands before the next line.
fn behind_gap(text: &Text<'_>, from: usize) -> Option<usize> {
    let breaks = text.at(from) == b'\\' && matches!(text.at(from + 1), b'\n' | b'\r' | b'n' | b'r');
    if !breaks && !is_blank(text.at(from)) {
        return None;
    }
    let mut at = from;
    while at - from < LONGEST_GAP {
        at = match (text.at(at), text.at(at + 1)) {
            (b'\\', b'n' | b'r') => behind_mark(text, at + 2),
            (b'\\', b'\n' | b'\r') => at + 1,
            (b'\n', _) => behind_mark(text, at + 1),
            (byte, _) if is_blank(byte) => at + 1,
            _ => return Some(at),
        };
    }
    None
}

/// Whether the name of a host stands here, with a dot in it.
fn is_host(text: &Text<'_>, from: usize) -> bool {
    let ahead = text.ahead(from, LONGEST_HOST);
    let length = ahead.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)).count();
    let host = ahead[..length].strip_suffix(b".").unwrap_or(&ahead[..length]);
    let labels = host.split(|byte| *byte == b'.');
    let last = labels.clone().next_back().unwrap_or_default();
    let numeric = labels.clone().all(|label| !label.is_empty() && label.iter().all(u8::is_ascii_digit));
    host.first().is_some_and(u8::is_ascii_alphanumeric)
        && labels.clone().count() > 1
        && (last.first().is_some_and(u8::is_ascii_alphabetic) || numeric && labels.count() == 4)
}

/// Whether what stands behind a colon is a port.
fn is_port(behind: &[u8]) -> bool {
    let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=5).contains(&digits) && behind.get(digits).is_none_or(|byte| !is_in_user(*byte))
}

/// Whether a byte stands in the name of a user or host.
pub(crate) const fn is_in_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-' | b'%')
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn user_info_that_is_cut_is_masked() {
        for behind in ["", "'", "\n", "')", "\", \"a\""] {
            check(
                &format!("'url' = 'jdbc:mysql://svc:mAde0815up{behind}"),
                &format!("'url' = 'jdbc:mysql://<REDACTED>{behind}"),
            );
        }
    }

    #[test]
    fn user_info_with_a_blank_in_it_is_masked() {
        for (broken, masked) in [
            ("svc: :mAde0815up@", "<REDACTED>@"),
            (" /svc:mAde0815up@", " <REDACTED>@"),
            ("svc:mAde\n    0815up@", "<REDACTED>\n@"),
            ("svc:\\n> mAde0815up@", "<REDACTED>@"),
            ("svc:mAde\\\n0815up@", "<REDACTED>\n@"),
        ] {
            check(
                &format!("'url' = 'jdbc:mysql://{broken}h.example.com:5432/stock'"),
                &format!("'url' = 'jdbc:mysql://{masked}h.example.com:5432/stock'"),
            );
        }
    }

    #[test]
    fn user_info_without_a_scheme_is_masked() {
        for (broken, masked) in [
            ("jdbc:mysql:#//svc:mAde0815up@", "jdbc:mysql:#//<REDACTED>@"),
            ("https:/svc:mAde0815up@", "https:/<REDACTED>@"),
            ("https//svc:mAde0815up@", "https//<REDACTED>@"),
            ("svc:mAde0815upX@", "svc:<REDACTED>@"),
            ("https://a.example.org/v2/que//svc:mAde0815up@", "https://a.example.org/v2/que//<REDACTED>@"),
        ] {
            check(
                &format!("'url' = '{broken}h.example.com:5432/stock'"),
                &format!("'url' = '{masked}h.example.com:5432/stock'"),
            );
        }
    }

    #[test]
    fn parameters_that_are_broken_are_masked() {
        for (broken, masked) in [
            ("access_tokenmAde0815up", "access_token<REDACTED>"),
            ("access_tokenmAde0815up=", "access_token<REDACTED>"),
            ("a=b&password=\nmAde0815up", "a=b&password=\n<REDACTED>"),
            ("a=b&password==\nmAde0815up", "a=b&password==\n<REDACTED>"),
            ("a=b&password=\\\nmAde0815up", "a=b&password=\\\n<REDACTED>"),
            ("a=b&password\n    =mAde0815up", "a=b&password\n    =<REDACTED>"),
            ("apikey= mAde0815up", "apikey= <REDACTED>"),
            ("isg=mAde0815up", "isg=<REDACTED>"),
        ] {
            let text = |query: &str| format!("'url' = 'https://h.example.com/score?{query}', 'task' = 'x'");
            check(&text(broken), &text(masked));
        }
    }

    #[test]
    fn parameters_without_a_scheme_are_masked() {
        check("GET /score?sig=mAde0815up&v=1 HTTP/1.1", "GET /score?sig=<REDACTED>&v=1 HTTP/1.1");
        check("INletions?key=mAde0815up', 'task' = 'x'", "INletions?key=<REDACTED>', 'task' = 'x'");
    }

    #[test]
    fn other_addresses_stay() {
        for text in [
            "http://localhost:PORT/ and http://a.example:8080 ann@b.example",
            "redis://cache:port, kafka://a:9092,b:9093",
            "ssh://git.example.com:owner2Repo/x.git",
            "mailto:ann1990@b.example or /mail:ann1990@b.example",
            "docker.io/library/x:1.2.3-alpine@sha256:9f86d081884c7d659a2feaa0c55ad015",
            "foo@npm:lodash4@1.2.3",
            "GET /score?code=200&key=user_id HTTP/1.1",
            "what is it?key=value",
        ] {
            check(text, text);
        }
    }
}
