//! Values that belong to a name which denotes a secret: options, properties, headers, flags, parameters.

use crate::edit::{Edits, NAME_MASK, QUOTED_MASK, Rule};
use crate::lex::{Text, is_name, quote_length, separator};
use crate::names::{Folded, Secrecy};
use crate::recognise::is_any;
use crate::shape::{is_known_token, is_odd_word, is_random};
use crate::statement::{scrub_comments, skip_comments};
use crate::values::{
    bare_end, commented_end, commented_header_end, header_end, is_commented, is_description, is_drawn,
    is_listed, is_no_secret, is_port, is_property, listed_end, opening, opens, property_end, quoted_value,
    with_rest,
};
use crate::view::View;
use crate::wrapping::joint;
use lockkeeper_model::MASK;
use std::ops::Range;

/// How far a pair with encoded signs is looked at.
const ENCODED: usize = 4096;
/// How long what stands before the quote of a literal may be.
const LONGEST_PREFIX: usize = 10;
/// How far before its password a login stands in `.netrc`.
const NETRC: usize = 256;

/// Masks the value of the name that stands at `name`, if it denotes a secret; nothing before `floor` is looked at.
/// Returns where to go on.
pub(crate) fn mask(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let name = spaced(text, floor, name);
    let end = name.end + text.ahead(name.end, 2).len();
    if matches!(text.slice(name.end..end), b"''" | b"\"\"")
        && Folded::of(text.slice(name.clone())).secrecy() == Secrecy::Secret
        && let Some(view) = View::of_repeated(text, floor, name.clone(), name.end + ENCODED)
    {
        let inner = view.position(name.start)..view.position(name.end);
        let found = view.mask(text, edits, |text, found| mask_value(text, 0, inner, found));
        if found.is_some() {
            return found;
        }
    }
    let typographic = quote_length(text, name.start) > 1;
    if !typographic && let Some(end) = mask_value(text, floor, name.clone(), edits) {
        return Some(end);
    }
    // The quotes around the name may be encoded.
    let encoded = (typographic || matches!(text.at(name.end), b'%' | b'+' | b'&' | b'\\' | b'\''))
        && Folded::of(text.slice(name.clone())).secrecy() == Secrecy::Secret;
    let end = name.end + text.ahead(name.end, if encoded { ENCODED } else { 0 }).len();
    let Some(view) = encoded.then(|| View::of_any(text, floor, end)).flatten() else {
        return typographic.then(|| mask_value(text, floor, name, edits)).flatten();
    };
    let behind = name.end;
    let name = view.position(name.start)..view.position(name.end);
    view.mask(text, edits, |inner, found| {
        let start = (name.start..name.end).find(|at| inner.at(*at) != b'\'').unwrap_or(name.start);
        let end = if typographic { start } else { name.end };
        let end = (end..end + 64).find(|at| !is_name(inner.at(*at))).unwrap_or(end);
        let name = start..end;
        let quoted = matches!(inner.at(end), b'\'' | b'"' | b'`' | b'\\');
        let sign = inner.skip_space(end);
        let assigned = matches!(text.at(behind), b'%' | b'+') && separator(inner, sign) > sign;
        (quoted || assigned).then(|| mask_value(inner, 0, name, found)).flatten()
    })
}

/// A name with the word before it, where the two are written apart: `api key`.
fn spaced(text: &Text<'_>, floor: usize, name: Range<usize>) -> Range<usize> {
    const WORDS: &[&str] =
        &["API", "ACCESS", "SECRET", "PRIVATE", "SERVICE", "ACCOUNT", "AUTH", "SESSION", "CLIENT"];
    let before = text.slice(floor..name.start);
    let Some(word) = before.strip_suffix(b" ") else { return name };
    let length = word.iter().rev().take(8).take_while(|byte| byte.is_ascii_alphabetic()).count();
    match is_any(&word[word.len() - length..], WORDS) {
        true => name.start - 1 - length..name.end,
        false => name,
    }
}

fn mask_value(text: &Text<'_>, floor: usize, name: Range<usize>, edits: &mut Edits) -> Option<usize> {
    let quote = skip_quote(text, name.end);
    let quoted_name = quote > name.end && matches!(text.at(quote - 1), b'\'' | b'"' | b'`');
    // Line breaks and comments may stand on both sides of the sign behind a quoted name.
    let skip = |from| if quoted_name { skip_remarks(text, from) } else { text.skip_space(from) };
    let mut after = skip(quote);
    let mut sign = separator(text, after);
    if quoted_name && sign == after && text.at(quote) == text.at(quote - 1) {
        // The same quote twice.
        let next = skip(quote + 1);
        if separator(text, next) > next {
            (after, sign) = (next, separator(text, next));
        }
    }
    if quoted_name && sign > after {
        // The same sign twice.
        let next = text.skip_space(sign);
        sign = if separator(text, next) > next { separator(text, next) } else { sign };
    }
    if sign == after {
        after = text.skip_space(quote);
        sign = argument(text, floor, &name, quote).unwrap_or(after);
    }
    let commented = || is_commented(text, floor, name.start);
    // The sign may stand in the next string.
    if let Some(next) = joint(text, after).filter(|_| quoted_name && text.at(after) == b'"') {
        after = skip(next);
        sign = separator(text, after);
    }
    let flag = text.slice(name.clone()).starts_with(b"-");
    let tagged = text.at(name.end) == b'>' && name.start > 0 && text.at(name.start - 1) == b'<';
    if sign == after && !flag && !tagged {
        // Without a sign between them, only few things are taken for a name and its value.
        if after == name.end {
            return None;
        }
        let behind = behind_verb(text, after);
        if behind > after && commented() {
            (after, sign) = (behind, behind);
        }
        if text.at(after) != b'\'' {
            let near = text.slice(after..after + 256);
            let word = &near[..near.iter().position(|byte| *byte <= b' ').unwrap_or(near.len())];
            let bearer = text.slice(name.clone()).eq_ignore_ascii_case(b"bearer");
            if (word.len() < 8 || !(is_odd_word(word) || bearer)) && !is_netrc(text, floor, &name) {
                return None;
            }
        }
    }
    let folded = Folded::of(text.slice(name.clone()));
    let secrecy = folded.secrecy();
    if secrecy == Secrecy::None {
        return None;
    }
    let (start, assigned) = if sign > after {
        let start = skip(sign);
        let apart = text.slice(sign..start).contains(&b'\n');
        // In YAML and the like, nothing may stand on the line, and something else on the next.
        (
            if apart && text.at(after) == b':' && !opens(text, start) {
                text.skip_space(sign)
            } else {
                start
            },
            true,
        )
    } else if tagged {
        return element(text, name.end + 1, edits);
    } else if flag && after > quote {
        (after, true)
    } else {
        (after, false)
    };
    // The value may stand in the next string.
    let start = match joint(text, start) {
        Some(next) if quoted_name && assigned && text.at(start) != text.at(quote - 1) => skip(next),
        _ => start,
    };
    let quoted = opens(text, start);
    if !assigned {
        let word = folded.as_bytes();
        let scheme = matches!(word, b"bearer") && start > name.end;
        let sql = quoted
            && start > name.end
            && opening(text, start).is_some_and(|open| text.at(open - 1) == b'\'')
            && (quoted_name && text.at(quote - 1) == b'\''
                || matches!(word, b"password" | b"passwd" | b"secret"));
        let end = bare_end(text, start);
        let bare = text.slice(start..end);
        let odd = start > name.end
            && bare.len() >= 8
            && is_odd_word(bare)
            && bare.iter().all(|b| b.is_ascii_graphic());
        if !(sql
            || is_netrc(text, floor, &name)
            || (scheme && bare.len() >= 8)
            || (odd && !quoted && (secrecy == Secrecy::Secret || (is_drawn(bare) && commented()))))
        {
            return None;
        }
    }
    if matches!(text.at(start), 0 | b'\n' | b'\r') {
        return None;
    }
    // In a comment, a quote inside of a word is a part of it.
    let word = commented() && !matches!(text.at(start), b'\'' | b'"' | b'`' | b'\\');
    let (range, content) = match opening(text, start).filter(|_| !word) {
        Some(open) => quoted_value(text, start, open, text.at(after) == b':'),
        None => {
            let header = [&b"authorization"[..], b"cookie", b"headers"]
                .iter()
                .any(|end| folded.as_bytes().ends_with(end))
                || names_scheme(text, start);
            let end = match header {
                true if word => commented_header_end(text, start),
                true => header_end(text, start),
                false if is_listed(text, floor, name.start) => listed_end(text, start),
                false if is_property(text, &name, after..start) => property_end(text, start),
                false if word => commented_end(text, start),
                false => bare_end(text, start),
            };
            let literal = prefixed(text, start, quote).filter(|_| quoted_name);
            // `Some("…")` and the like.
            let literal = literal.or((end > start && text.at(end - 1) == b'(').then_some(end));
            match literal.and_then(|literal| Some((literal, opening(text, literal)?))) {
                Some((literal, open)) => quoted_value(text, literal, open, false),
                None => (start..end, start..end),
            }
        }
    };
    let value = text.slice(content.clone());
    if !quoted_name && text.at(after) == b':' && start == after + 1 && is_port(text, &name, value) {
        return None;
    }
    if is_no_secret(value) {
        return Some(range.end.max(name.end));
    }
    let hide = match secrecy {
        Secrecy::None => false,
        Secrecy::Secret => true,
        Secrecy::About => !is_description(value),
        Secrecy::Weak => {
            (quoted && quote > name.end && text.at(after) == b'=')
                || is_known_token(value)
                || is_random(value)
                || !assigned
        }
    };
    if !hide {
        return None;
    }
    if quoted_name {
        scrub_comments(text, quote..start, edits);
    }
    let sql = quoted_name && text.at(after) != b':';
    let rest = if sql { with_rest(text, range.end) } else { range.end };
    if rest > range.end {
        edits.push(range.start..rest, quoted_like(text.slice(name.end..quote)), Rule::SecretOption);
        return Some(rest);
    }
    if content == range {
        edits.mask(range.clone(), Rule::SecretOption);
    } else if !matches!(text.at(range.start), b'"' | b'`' | b'\\') {
        if text.slice(range.clone()) != QUOTED_MASK.as_bytes() {
            edits.push(range.clone(), QUOTED_MASK, Rule::SecretOption);
        }
    } else {
        edits.mask(content, Rule::SecretOption);
    }
    Some(range.end)
}

/// Whether a value begins with the scheme of a header and something follows: `Bearer …`.
fn names_scheme(text: &Text<'_>, start: usize) -> bool {
    let end = text.word_end(start);
    let word = text.slice(start..end);
    is_any(word, &["BEARER", "BASIC", "TOKEN", "DIGEST", "APIKEY"])
        && text.at(end) == b' '
        && text.at(end + 1) > b' '
}

/// The mask in quotes of a kind.
fn quoted_like(quote: &[u8]) -> &'static str {
    match quote {
        b"'" => QUOTED_MASK,
        b"\"" => "\"<REDACTED>\"",
        b"`" => NAME_MASK,
        b"\\'" => r"\'<REDACTED>\'",
        b"\\\"" => r#"\"<REDACTED>\""#,
        _ => MASK,
    }
}

/// Skips white space and comments, those of MySQL too.
fn skip_remarks(text: &Text<'_>, from: usize) -> usize {
    let mut at = skip_comments(text, from);
    while text.has(at, b"# ")
        && let Some(end) = text.find_either([b'\n'; 2], at, 256)
    {
        at = skip_comments(text, end);
    }
    at
}

/// Where the quote of a literal stands behind a prefix that nobody knows, if it is written as that before `quote`; else
/// one was lost, and the next belongs to something else.
fn prefixed(text: &Text<'_>, start: usize, quote: usize) -> Option<usize> {
    let word = text.word_end(start);
    let literal = word + usize::from(text.at(word) == b'&');
    let open = opening(text, literal).filter(|_| word > start && literal - start <= LONGEST_PREFIX)?;
    let behind = text.skip_blank(open);
    let opens = !matches!(text.at(behind), b',' | b')' | b';' | 0);
    (opens && text.at(open - 1) == text.at(quote - 1)).then_some(literal)
}

/// Skips what stands between a name and its value in a sentence.
fn behind_verb(text: &Text<'_>, from: usize) -> usize {
    let end = text.word_end(from);
    match is_any(text.slice(from..end), &["IS", "WAS", "NOW", "BECAME"]) {
        true => text.skip_space(end),
        false => from,
    }
}

/// Whether a password stands behind a login, as in `.netrc`.
fn is_netrc(text: &Text<'_>, floor: usize, name: &Range<usize>) -> bool {
    let near = floor.max(name.start.saturating_sub(NETRC));
    text.slice(name.clone()) == b"password"
        && memchr::memmem::find(text.slice(near..name.start), b"login ").is_some()
}

/// Where the value begins that a name is called with, `setPassword("…")`, or that follows it as the next argument,
/// `put("password", "…")`, or as the next attribute.
fn argument(text: &Text<'_>, floor: usize, name: &Range<usize>, quote: usize) -> Option<usize> {
    let opens = |at: &usize| matches!(text.at(*at), b'"' | b'\'');
    if quote == name.end {
        return Some(quote + 1).filter(|value| text.at(quote) == b'(' && opens(value));
    }
    let before = text.slice(floor..name.start.saturating_sub(1));
    let next = text.skip_space(quote);
    if text.at(next) == b',' && before.ends_with(b"(") {
        return Some(text.skip_space(next + 1)).filter(opens);
    }
    Some(next + 6).filter(|value| before.ends_with(b"name=") && text.has(next, b"value=") && opens(value))
}

/// Skips a quote that closes a name, with its backslashes.
fn skip_quote(text: &Text<'_>, from: usize) -> usize {
    let mut at = from;
    while text.at(at) == b'\\' && at - from < 8 {
        at += 1;
    }
    match text.at(at) {
        b'\'' | b'"' | b'`' | b']' => at + 1,
        _ => from,
    }
}

/// Masks the content of `<password>…</password>`.
fn element(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    // Other elements are no value.
    if text.at(start) == b'<' && text.at(start + 1).is_ascii_alphabetic() && !text.has(start, MASK.as_bytes())
    {
        return None;
    }
    let end = memchr::memmem::find(text.slice(start..text.len().min(start + 8192)), b"</")
        .map(|offset| start + offset);
    let Some(end) = end else {
        text.at(start + 8192);
        return None;
    };
    if !is_no_secret(text.slice(start..end)) {
        edits.mask(start..end, Rule::SecretOption);
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn values_go_on_where_their_quotes_do() {
        check("SET 'token' = 'made' /* x */'-up';", "SET 'token' = '<REDACTED>';");
        check(r"export TOKEN='made'\''-up'", "export TOKEN='<REDACTED>'");
        check(r"{'token': 'made\', \'up', 'host': 'a'}", "{'token': '<REDACTED>', 'host': 'a'}");
    }

    #[test]
    fn comments_lines_and_calls_may_stand_before_a_value() {
        check("'token' /* x */\n= -- made-up\n'made-up'", "'token' /* x */\n= -- <REDACTED>\n'<REDACTED>'");
        check("'token' ＝ x_utf8'made-up', 'n' = 'x'", "'token' ＝ x_utf8'<REDACTED>', 'n' = 'x'");
        check("'token' = 'made' || '-up', 'n' = 'x'", "'token' = '<REDACTED>', 'n' = 'x'");
        check(r#"{ api_key: Some("made-up"), host: "a" }"#, r#"{ api_key: Some("<REDACTED>"), host: "a" }"#);
        check(
            r#"c.setPassword("made-up"); p.put("api-key", "made-up")"#,
            r#"c.setPassword("<REDACTED>"); p.put("api-key", "<REDACTED>")"#,
        );
        check("api key: made-up-0815", "api key: <REDACTED>");
        check("db.password = made up\nn=1", "db.password = <REDACTED>\nn=1");
    }

    #[test]
    fn quotes_may_be_lost_or_written_twice() {
        check("sql: 'SET ''token'' = ''made-up'''", "sql: 'SET ''token'' = ''<REDACTED>'''");
        check(r#"1,"x ""apikey"" = ""made-up"", y""#, r#"1,"x ""apikey"" = ""<REDACTED>"", y""#);
        check("('token'' = 'made-up', 'n' = 'x')", "('token'' = '<REDACTED>', 'n' = 'x')");
        check("('token' = made-up', 'n' = 'x')", "('token' = <REDACTED>', 'n' = 'x')");
        check(r#"("token" = N"made-up", "n" = "x")"#, r#"("token" = N"<REDACTED>", "n" = "x")"#);
        check("SET ‘a.token’ = ‘made’ /* c */ ‘made-up’;\nx", "SET ‘a.token’ = '<REDACTED>';\nx");
        check("(’token‘ = ’made''up‘, ‘n’ = 1)", "(’token‘ = '<REDACTED>', ‘n’ = 1)");
        check("db> ('token' = 'made'\n -> 'made-up'\n -> );", "db> ('token' = '<REDACTED>'\n -> );");
        check("(`token` = `made-up` `made-up`, `n` = `x`)", "(`token` = `<REDACTED>`, `n` = `x`)");
        check(
            r"(\'token\' = \'made\' \'-up\', \'n\' = \'x\')",
            r"(\'token\' = \'<REDACTED>\', \'n\' = \'x\')",
        );
        check(
            r"(\'token\' = U&\'made-up\', \'n\' = \'x\')",
            r"(\'token\' = U&\'<REDACTED>\', \'n\' = \'x\')",
        );
        check(
            r"(\&#39;token\&#39; = \&#39;made-up\&#39;, 1)",
            r"(\&#39;token\&#39; = \&#39;<REDACTED>\&#39;, 1)",
        );
        check("SET 'account.key'  N'made-up';", "SET 'account.key'  '<REDACTED>';");
        check("('headers' = X-A: made-up')", "('headers' = <REDACTED>')");
        check("SET 'sql.secrets.mine'  'made-up';", "SET 'sql.secrets.mine'  '<REDACTED>';");
        check(r"e $'SET \'token\' = \'made\'\'-up\';'", r"e $'SET \'token\' = \'<REDACTED>\';'");
    }

    #[test]
    fn blanks_that_nobody_sees_are_blanks() {
        check("('token'\u{3000}=\u{feff} 'made-up')", "('token'\u{3000}=\u{feff} '<REDACTED>')");
    }

    #[test]
    fn literals_in_a_row_are_one_in_strings_too() {
        check(r#"{"q":"SET 'token' = 'made'\n  'made-up';"}"#, r#"{"q":"SET 'token' = '<REDACTED>';"}"#);
        check("s = \"SET 'token' = 'made'\\n\"\n + \"'made-up'\";", "s = \"SET 'token' = '<REDACTED>'\";");
    }

    #[test]
    fn a_value_goes_on_over_strings_prefixes_and_marks() {
        check("s = \"('token' \" + \"= 'made-up');\";", "s = \"('token' \" + \"= '<REDACTED>');\";");
        check("s = \"('token' = \" + \"'made-up');\";", "s = \"('token' = \" + \"'<REDACTED>');\";");
        check(
            "1 s[2]: SET 'token' = 'made\n1 s[2]:   -up'\n1 s[2]:  'made-up';\n1 s[2]: ok",
            "1 s[2]: SET 'token' = '<REDACTED>';\n1 s[2]: ok",
        );
        let line = format!("1 s[2]: x {} 'token' = ", "y".repeat(300));
        check(&format!("{line}'made'\n1 s[2]: '-up' )\n"), &format!("{line}'<REDACTED>' )\n"));
        check("< SET 'token' = 'made'\n<   '-up';", "< SET 'token' = '<REDACTED>';");
    }

    #[test]
    fn a_value_in_a_comment_ends_at_a_blank() {
        check("-- password: made'up<|made-up, rotate it", "-- password: <REDACTED>, rotate it");
        check("-- old password was made-up99 -- x", "-- old password was <REDACTED> -- x");
        check("/* the api key is ma4de5up */", "/* the api key is <REDACTED> */");
        check("-- Authorization: Bearer ma'de\"up -- x", "-- Authorization: <REDACTED> -- x");
        check("/* password: x'made'u`p\" */", "/* password: <REDACTED>\" */");
        check("/* Authorization: <REDACTED> */", "/* Authorization: <REDACTED> */");
        check("/* Authorization: Bearer ma`de-up */", "/* Authorization: <REDACTED> */");
        check("-- Authrization: Bearer made-up", "-- Authrization: <REDACTED>");
        check("/* token=made\n  made-up */ x", "/* token=<REDACTED> */ x");
        check("# rotate key ma4de5up", "# rotate key <REDACTED>");
        let text = "-- the key of orders_api_25726 is the token of node1.a.example";
        check(text, text);
    }

    #[test]
    fn a_host_with_a_port_is_no_pair() {
        check("secrets1.a.example:9092&#39;, token", "secrets1.a.example:9092&#39;, token");
        check("'a.token.x1'='9|made-up'", "'a.token.x1'='<REDACTED>'");
        check("db.password:12345", "db.password:<REDACTED>");
    }

    #[test]
    fn a_user_of_oracle_has_a_password() {
        check(
            "jdbc:oracle:thin:u/made-up@//a.example:1521/X",
            "jdbc:oracle:thin:<REDACTED>@//a.example:1521/X",
        );
    }

    #[test]
    fn signs_of_a_pair_may_be_encoded() {
        check("&apos;token&apos; = &apos;made-up&apos;, 1", "&apos;token&apos; = &apos;<REDACTED>&apos;, 1");
        check("x=%27token%27+%3D+%27made%2Dup%27&y=1", "x=%27token%27+%3D+%27<REDACTED>%27&y=1");
        check(
            "x=WITH%20%28password%20%3D%20%27made-up%27%29",
            "x=WITH%20%28password%20%3D%20%27<REDACTED>%27%29",
        );
        check("x=set+a.token+%3D+%27made-up%27%3B", "x=set+a.token+%3D+%27<REDACTED>%27%3B");
        check("x=%27passwor%EF%BB%BFd%27%3D%27made-up%27", "x=%27passwor%EF%BB%BFd%27%3D%27<REDACTED>%27");
        check("x=%27headers%27%20%3D%20%27X-A%3A%20made-up%27", "x=%27headers%27%20%3D%20%27<REDACTED>%27");
        check(r"'\''token'\'' = '\''made-up'\''", r"'\''token'\'' = '\''<REDACTED>'\''");
    }

    #[test]
    fn a_value_of_a_connection_string_ends_at_the_next_name() {
        check(
            "Server=a;User Id=sa;Password=made up'\"<x;Encrypt=true",
            "Server=a;User Id=sa;Password=<REDACTED>;Encrypt=true",
        );
    }
}
