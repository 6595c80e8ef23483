//! What `curl` is given on its command line: passwords of users, cookies.

use crate::edit::Edits;
use crate::seen::Seen;
use crate::sql::lex::{Text, is_blank};
use crate::value::listed::mask_behind;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How long a command may be.
const LONGEST: usize = 2048;
/// How many values may be masked in one.
const MOST: usize = 16;
/// How many flags of one letter are written as one.
const LONGEST_BUNDLE: usize = 8;
/// Flags of one letter behind which their value stands.
const VALUED: &[u8] = b"ACDEFHKPQTXYcdehmortwxyz";

/// Masks what the `curl` whose name ends at `from` is given, and looks at what stands before that as anywhere else; nothing
/// before `floor` is looked at. Returns up to where everything is decided.
pub(crate) fn mask(
    text: &Text<'_>,
    floor: usize,
    from: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Option<usize> {
    // The command of the first one that a line names reaches as far.
    if seen.in_command {
        return None;
    }
    let end = command_end(text, from);
    let (mut floor, mut at) = (floor, from);
    for _ in 0..MOST {
        let Some(secret) = next(text, at..end) else { break };
        seen.in_command = true;
        at = mask_behind(text, floor, at, secret, seen, edits);
        seen.in_command = false;
        floor = at;
    }
    (at > from).then_some(at)
}

/// Where a command ends: with its line, if that is not continued, or before another command.
fn command_end(text: &Text<'_>, from: usize) -> usize {
    let limit = from + LONGEST;
    let mut line = from;
    let end = loop {
        let Some(end) = text.find_either([b'\n'; 2], line, limit.saturating_sub(line)) else {
            break limit.min(text.len());
        };
        let said = text.slice(line..end);
        let said = said.strip_suffix(b"\r").unwrap_or(said);
        if !matches!(said, [.., b'\\' | b'^']) {
            break end;
        }
        line = end + 1;
    };
    let command = text.slice(from..end);
    let mut open = None;
    for (at, byte) in command.iter().enumerate() {
        let before = if at > 0 { command[at - 1] } else { b' ' };
        let next = command.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'\'' | b'"' if open == Some(*byte) => open = None,
            // Not that of a word: `doesn't`.
            b'\'' | b'"' if open.is_none() && !before.is_ascii_alphanumeric() => open = Some(*byte),
            b';' if open.is_none() && is_blank(next) => return from + at,
            b'&' | b'|' if open.is_none() && is_blank(before) && (is_blank(next) || next == *byte) => {
                return from + at;
            }
            _ => {}
        }
    }
    end
}

/// The next secret that one of the flags in a part of a command is followed by.
fn next(text: &Text<'_>, part: Range<usize>) -> Option<Range<usize>> {
    let dashes = memchr::memchr_iter(b'-', text.slice(part.clone())).map(|at| part.start + at);
    dashes.filter_map(|dash| secret_of(text, dash)).find(|secret| secret.start >= part.start)
}

/// The secret that the flag which stands here is followed by.
fn secret_of(text: &Text<'_>, dash: usize) -> Option<Range<usize>> {
    let before = text.at(dash.checked_sub(1)?);
    let quoted = matches!(before, b'\'' | b'"');
    if !quoted && !is_blank(before) {
        return None;
    }
    let (end, letter) = flag(text, dash)?;
    // As the arguments of a program are written in a list: `"-u", "user:password"`.
    let listed = quoted && text.at(end) == before;
    let mut start = end + usize::from(listed || text.at(end) == b'=');
    if listed {
        start = text.skip_space(start);
        start += usize::from(text.at(start) == b',');
    }
    start = text.skip_space(start);
    if text.at(start) == b'\\' && matches!(text.at(start + 1), b'\r' | b'\n') {
        start = text.skip_blank(start + 1);
    }
    let slashes = text.slashes(start);
    let quote = Some(text.at(start + slashes)).filter(|byte| matches!(byte, b'\'' | b'"'));
    let start = start + quote.map_or(0, |_| slashes + 1);
    let value = value(text, start, quote);
    let said = text.slice(value.clone());
    let secret = match letter {
        b'b' if is_cookie(said) => value,
        b'b' => return None,
        _ => password(text, value)?,
    };
    // A variable of the shell holds it, or it is masked.
    let known = text.slice(secret.clone());
    let held = matches!(known, [] | [b'$', ..] | [b'%', .., b'%']) || known.starts_with(MASK.as_bytes());
    (!held).then_some(secret)
}

/// Where the flag that stands here ends, and its letter, if it is one of those that secrets follow.
fn flag(text: &Text<'_>, dash: usize) -> Option<(usize, u8)> {
    let long = [&b"--user"[..], b"--proxy-user"].into_iter().find(|flag| text.has(dash, flag));
    if let Some(flag) = long {
        let end = dash + flag.len();
        return (!text.at(end).is_ascii_alphanumeric() && text.at(end) != b'-').then_some((end, b'u'));
    }
    for at in dash + 1..dash + 1 + LONGEST_BUNDLE {
        let letter = text.at(at);
        if matches!(letter, b'u' | b'U' | b'b') {
            return Some((at + 1, letter));
        }
        if VALUED.contains(&letter) || !(letter.is_ascii_alphanumeric() || letter == b'#') {
            return None;
        }
    }
    None
}

/// What a flag is followed by, with the quotes in it.
fn value(text: &Text<'_>, start: usize, quote: Option<u8>) -> Range<usize> {
    let line = text.find_either([b'\n'; 2], start, LONGEST).unwrap_or(text.len().min(start + LONGEST));
    let value = text.slice(start..line);
    // The password may have quotes of its own.
    let own = memchr::memchr(b':', value).and_then(|colon| value.get(colon + 1).zip(Some(colon + 2)));
    let own = own.filter(|(byte, _)| quote.is_none() && matches!(byte, b'\'' | b'"'));
    let length = value.iter().enumerate().position(|(at, byte)| match (quote, own) {
        (Some(quote), _) => *byte == quote || *byte == b'\n',
        (_, Some((own, from))) if at >= from => byte == own || *byte == b'\n',
        _ => *byte <= b' ',
    });
    if length.is_none() && value.len() < LONGEST {
        text.end();
    }
    let value = &value[..length.unwrap_or(value.len())];
    let slashes = value.iter().rev().take_while(|byte| quote.is_some() && **byte == b'\\').count();
    start..start + value.len() - slashes
}

/// The password behind the name of a user.
fn password(text: &Text<'_>, value: Range<usize>) -> Option<Range<usize>> {
    let said = text.slice(value.clone());
    let colon = memchr::memchr(b':', said)?;
    let (user, password) = (&said[..colon], &said[colon + 1..]);
    // A URL, or the numbers of a user and a group.
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if password.starts_with(b"//")
        || user.is_empty() && password.is_empty()
        || digits(user) && digits(password)
    {
        return None;
    }
    let start = value.start + colon + 1;
    // It has quotes of its own, or the command stands in some.
    let own = usize::from(matches!(password, [b'\'' | b'"', ..]));
    let inside = &password[own..];
    let end = memchr::memchr3(b'\'', b'"', b'`', inside).unwrap_or(inside.len());
    let slashes = inside[..end].iter().rev().take_while(|byte| end < inside.len() && **byte == b'\\').count();
    Some(start + own..start + own + end - slashes)
}

/// Whether a value is a cookie: else it is the name of a file.
fn is_cookie(value: &[u8]) -> bool {
    let sign = memchr::memchr(b'=', value);
    sign.is_some_and(|sign| sign > 0 && !matches!(value[sign + 1..], [] | [b'$', ..]))
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted as check;

    #[test]
    fn the_password_of_a_user_is_masked() {
        for (command, masked) in [
            ("curl -s -u me:made-up https://a.example", "curl -s -u me:<REDACTED> https://a.example"),
            ("curl --user 'me:made up' -X GET", "curl --user 'me:<REDACTED>' -X GET"),
            ("curl -ume:made-up a.example", "curl -ume:<REDACTED> a.example"),
            ("curl -u me:$TOKEN a.example", "curl -u me:$TOKEN a.example"),
            ("curl -u me:'made up' a.example", "curl -u me:'<REDACTED>' a.example"),
            ("curl https://a.example -o x", "curl https://a.example -o x"),
            ("curl -XPUT -su me:made-up a", "curl -XPUT -su me:<REDACTED> a"),
            ("[\"curl\", \"-u\", \"me:made-up\"]", "[\"curl\", \"-u\", \"me:<REDACTED>\"]"),
            ("{\"c\":\"curl -u \\\"me:made-up\\\" a\"}", "{\"c\":\"curl -u \\\"me:<REDACTED>\\\" a\"}"),
            ("run 'curl -u me:made-up'", "run 'curl -u me:<REDACTED>'"),
            ("curl -u me:one -U you:two a", "curl -u me:<REDACTED> -U you:<REDACTED> a"),
        ] {
            check(command, masked);
        }
    }

    #[test]
    fn what_is_no_password_stays() {
        for command in [
            "curl -u https://a.example",
            "curl https://a.example/x && docker run -u 1000:1000 img",
            "curl https://a.example/x; docker run -u me:group img",
            "curl -o a-user:b https://a.example/x",
            "curl -b cookies.txt -u me https://a.example/x",
        ] {
            check(command, command);
        }
    }
}
