//! User info of URLs that are encoded, as the values of forms and parameters are.

use crate::edit::{Edits, Rule};
use crate::secret::issuers::is_known_token;
use crate::secret::shape::is_random;
use crate::sql::lex::Text;
use crate::url::scheme::first_scheme;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long an encoded user info may be.
const LONGEST: usize = 1024;
/// How often it may be encoded.
const TIMES: usize = 4;

/// Whether an encoded `@` stands at a percent sign.
pub(crate) fn is_sign(text: &[u8], percent: usize) -> bool {
    times(&text[percent..]).is_some()
}

/// Masks what stands between `://` and an `@` if all three are encoded; nothing before `floor` is looked at.
pub(crate) fn mask_before(text: &Text<'_>, floor: usize, sign: usize, edits: &mut Edits) {
    let Some(times) = times(text.ahead(sign, 3 + 2 * TIMES)) else { return };
    let near = floor.max(sign.saturating_sub(LONGEST));
    if let Some(user) = user(text.slice(near..sign), times) {
        edits.mask(near + user.start..near + user.end, Rule::UrlUserInfo);
    }
}

/// Masks the user info of all URLs in a value that begins at `at`, encoded or not.
pub(crate) fn mask_in(value: &[u8], at: usize, edits: &mut Edits) {
    let mut rest = 0;
    while let Some(scheme) = first_scheme(&value[rest..]) {
        let start = rest + scheme + 3;
        let authority = &value[start..];
        let authority = &authority[..memchr::memchr(b'/', authority).unwrap_or(authority.len())];
        rest = start;
        if let Some(sign) = memchr::memrchr(b'@', authority).filter(|sign| *sign > 0) {
            rest = start + sign;
            if &value[start..rest] != MASK.as_bytes() && &value[start..rest] != b"git" {
                edits.mask(at + start..at + rest, Rule::UrlUserInfo);
            }
        }
    }
    let (value, at) = (&value[rest..], at + rest);
    for sign in memchr::memchr_iter(b'%', value) {
        if let Some(times) = times(&value[sign..])
            && let Some(user) = user(&value[sign.saturating_sub(LONGEST)..sign], times)
        {
            let near = at + sign.saturating_sub(LONGEST);
            edits.mask(near + user.start..near + user.end, Rule::UrlUserInfo);
        }
    }
}

/// How many times more than once the `@` is encoded that begins a text.
fn times(text: &[u8]) -> Option<usize> {
    let digits = text.strip_prefix(b"%")?;
    let times = digits.chunks(2).take(TIMES).take_while(|digits| *digits == b"25").count();
    digits[2 * times..].starts_with(b"40").then_some(times)
}

/// What stands behind an encoded `://`, up to the end of a text, and could be user info.
fn user(before: &[u8], times: usize) -> Option<Range<usize>> {
    let size = 3 + 2 * times;
    let is = |at: usize, wanted: &[u8; 2]| {
        before.get(at..at + size).is_some_and(|sign| {
            sign[0] == b'%'
                && sign[1..size - 2].chunks(2).all(|digits| digits == b"25")
                && sign[size - 2..].eq_ignore_ascii_case(wanted)
        })
    };
    // Some encoders leave slashes as they are.
    let bare = |at: &usize| before[*at] == b'/';
    let slash = memchr::memrchr2_iter(b'%', b'/', before).find(|at| bare(at) || is(*at, b"2f"))?;
    let length = if bare(&slash) { 1 } else { size };
    let start = slash + length;
    let scheme = slash.checked_sub(length + size)?;
    let user = &before[start..];
    // A host, a path or a text stands behind the slashes, if any of these does.
    let other = memchr::memchr_iter(b'%', user)
        .any(|at| [b"20", b"22", b"27", b"0a", b"23", b"3f"].iter().any(|sign| is(start + at, sign)));
    let plain = user.iter().all(|byte| byte.is_ascii_graphic() && !b"+&=<>'\"/".contains(byte));
    let twice = if bare(&slash) { bare(&(slash - 1)) } else { is(scheme + size, b"2f") };
    (is(scheme, b"3a") && twice && plain && !other && !user.is_empty() && user != b"git")
        .then_some(start..before.len())
        .filter(|user| &before[user.clone()] != MASK.as_bytes())
}

/// Whether what stands before the host is the container of a store of Azure, and no user.
pub(crate) fn is_container(text: &Text<'_>, scheme_end: usize, user: &[u8]) -> bool {
    let before = text.slice(scheme_end.saturating_sub(5)..scheme_end);
    let store = [&b"abfs"[..], b"abfss", b"wasb", b"wasbs"].iter().any(|scheme| before.ends_with(scheme));
    store && !user.contains(&b':') && !is_known_token(user) && !is_random(user)
}

/// Whether a colon without a port stands in a URL, and an at sign behind it.
pub(crate) fn hides_user(value: &[u8]) -> bool {
    let Some(scheme) = first_scheme(value) else { return false };
    let rest = &value[scheme + 3..];
    let slash = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    rest[..slash].ends_with(b":") && memchr::memchr(b'@', &rest[slash..]).is_some()
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    #[test]
    fn user_info_of_encoded_urls_is_masked() {
        check(
            "sql=CREATE+TABLE+t+WITH+%28%27url%27%3D%27jdbc%3Ax%3A%2F%2Fu%3Amade-up%40a.example%2Fd%27%29",
            "sql=CREATE+TABLE+t+WITH+%28%27url%27%3D%27jdbc%3Ax%3A%2F%2F<REDACTED>%40a.example%2Fd%27%29",
        );
        check(
            "GET /login?next=https%3a%2f%2fu%3amade%2Bup%40a.example HTTP/1.1",
            "GET /login?next=https%3a%2f%2f<REDACTED>%40a.example HTTP/1.1",
        );
        check(
            "n=https%253A%252F%252Fu%253Amade-up%2540a.example&m=1",
            "n=https%253A%252F%252F<REDACTED>%2540a.example&m=1",
        );
    }

    #[test]
    fn other_encoded_signs_stay() {
        for text in [
            "GET /?next=https%3A%2F%2Fa.example%2Fusers%2Fmail%40b.example",
            "GET /?next=https%3A%2F%2Fa.example%3Fmail%3Du%40b.example",
            "mail=u%40a.example&q=100%25",
            "clone https%3A%2F%2Fgit%40a.example",
        ] {
            check(text, text);
        }
    }
}
