//! What stands before the lines of a statement: prompts, marks, the entries of a log.

use crate::secret::names::{Folded, nearly_option};
use crate::sql::column::defines_column;
use crate::sql::keyword::statement_begins;
use crate::sql::lex::{Text, is_blank, is_name, is_word, quote_length, separator};
use crate::sql::slips::within_one_edit;
use crate::statement::follows::{ends_with_list_word, opens_document};
use crate::statement::opened::{
    ends_comment, ends_literal, heads_list, is_assigned, is_in_key, is_open, is_prefixed, is_value, quotes,
};
use crate::statement::recognise::is_any;
use crate::statement::resync::{begins_other, is_timestamp};
use crate::value::rows::begins_entry;
use crate::wrapping::colour;
use std::ops::Range;

/// How long a list may be, up to a line that does not look like a part of one.
const LONGEST_LIST: usize = 4096;
/// How many lines of pairs without quotes are looked at.
const PAIRS: usize = 32;
/// How long what is put before every line may be, and how short.
const LONGEST_PREFIX: usize = 256;
const SHORTEST_PREFIX: usize = 4;
/// How short the hash of a commit is written.
const SHORTEST_HASH: usize = 7;
/// How long the lines of a statement up to its name may be.
const LONGEST_HEAD: usize = 1024;
/// How long the word before a list is, with a slip of the pen and blanks.
const LONGEST_WORD: usize = 12;
/// How far before a position its line begins.
pub(crate) const LONGEST_LINE: usize = 4096;

/// The beginning of the line that a position stands in, as far as that is looked for.
pub(crate) fn line_start(text: &Text<'_>, at: usize) -> usize {
    let near = at.saturating_sub(LONGEST_LINE);
    memchr::memrchr(b'\n', text.slice(near..at)).map_or(near, |end| near + end + 1)
}

/// Whether the next line is less indented than the one that ends here, and begins with a name and a colon, as in YAML.
pub(crate) fn is_outdented(text: &Text<'_>, line_break: usize) -> bool {
    let from = line_start(text, line_break);
    let line = line_break + 1;
    let start = text.skip_space(line);
    let name = start + text.ahead(start, 64).iter().take_while(|byte| is_name(**byte)).count();
    start - line < text.skip_space(from) - from && name > start && text.at(name) == b':'
}

/// Where the line goes on behind what terminals, quotations, compilers and diffs put before it.
pub(crate) fn behind_mark(text: &Text<'_>, line: usize) -> usize {
    if text.conflict_mark(line).is_some() {
        return line;
    }
    let start = text.skip_space(line);
    let mut at = start;
    while text.at(at).is_ascii_digit() && at - start < 6 {
        at += 1;
    }
    let bar = text.skip_space(at);
    if at > start && text.at(bar) == b'|' {
        return bar + 1;
    }
    at = start;
    while matches!(text.at(text.skip_space(at)), b'>' | b'|') || text.has(text.skip_space(at), b"< ") {
        at = text.skip_space(at) + 1;
    }
    if at > start {
        return at;
    }
    // Of Python, and of lines that go on.
    for prompt in [&b"... "[..], b">>> ", b"...: ", b"++", b"! "] {
        if text.has(start, prompt) {
            return start + prompt.len();
        }
    }
    let dots = text.ahead(start, 96).iter().take_while(|byte| matches!(byte, b'.' | b' ')).count();
    if dots > 2 && text.at(start) == b'.' && text.has(start + dots, b"> ") {
        return start + dots + 2;
    }
    // Any other.
    let mut end = start;
    while (is_name(text.at(end)) || matches!(text.at(end), b'=' | b'(' | b'#' | b'*' | b' '))
        && end - start < 20
    {
        end += 1;
    }
    // A shell for SQL shows that a quote is open.
    end += usize::from(end > start && matches!(text.at(end), b'\'' | b'"') && text.at(end + 1) == b'>');
    match text.at(end) == b'>' && text.at(end + 1) == b' ' {
        true => end + 1,
        false => line,
    }
}

/// Where a line goes on behind what was put before it and before the line of `start` alike, digits aside: the time and the
/// source of an entry in a log that has one for every line. `None` if what follows could not be a part of a statement.
pub(crate) fn repeated_prefix(text: &Text<'_>, start: usize, line: usize) -> Option<usize> {
    let first = line_start(text, start);
    let end = alike(text, first..start, line)?;
    let end = line + before_sign(text.slice(line..end));
    if goes_on(text, first, start, line, end) {
        return Some(end);
    }
    // Another statement may end before this one as this one does.
    let marks = text.slice(line..end).trim_ascii_end();
    let ends = marks.iter().rev().take_while(|byte| matches!(byte, b')' | b';')).count();
    let end = line + marks.len() - ends;
    (ends > 0 && end >= line + SHORTEST_PREFIX && goes_on(text, first, start, line, end)).then_some(end)
}

/// Where a prefix ends without the sign of an entry that both lines begin with.
fn before_sign(prefix: &[u8]) -> usize {
    match prefix.trim_ascii_end() {
        [marks @ .., b' ' | b'\t', b'=' | b','] => marks.len() + 1,
        _ => prefix.len(),
    }
}

/// The end of a line that has nothing but what was put before it and before the line of `start` alike.
pub(crate) fn empty_line(text: &Text<'_>, start: usize, line: usize) -> Option<usize> {
    let behind = text.skip_space(behind_alike(text, start, line)?);
    matches!(text.at(behind), b'\r' | b'\n').then_some(behind)
}

/// Whether a line could be a part of the statement at `start` behind what was put before it.
fn goes_on(text: &Text<'_>, first: usize, start: usize, line: usize, end: usize) -> bool {
    let mut rest = text.skip_space(end);
    while text.has(rest, b"\\t") {
        rest = text.skip_space(rest + 2);
    }
    let word = text.slice(rest..text.word_end(rest));
    let sign = text.at(text.skip_space(rest + word.len()));
    match text.at(rest) {
        b'\'' | b'`' | b')' | b'(' | b',' => true,
        b'<' | b'|' | b'=' | b'>' if is_conflict(text, rest) => lists(text, start, line),
        b'=' if text.at(rest + 1) != b'=' => true,
        b'=' | b':' => {
            quote_length(text, text.skip_space(separator(text, rest))) > 0
                || is_in_list(text, start, line, rest)
        }
        b'$' => text.at(text.word_end(rest + 1)) == b'$',
        // An empty line between the entries; what ends a statement is no part of what stands before lines.
        b'\r' | b'\n' => {
            lists(text, start, line) && !b");".contains(&text.at(rest - 1))
                || heads_list(text, first..start, rest)
                || names(text, first..start, line, rest)
        }
        b'\\' if text.has(rest, b"\\n\"") => lists(text, start, line) && !b");".contains(&text.at(rest - 1)),
        b'"' | b'\\' if begins_entry(text, rest) => true,
        // Of a document in a literal.
        b'"' | b'{' | b'}' if is_open(text, start, line) => true,
        b'{' if opens_document(text, rest, text.slice(start..line)) => true,
        b'\\' if text.at(rest + 1) == b'"' && is_open(text, start, line) => true,
        b'-' | b'/' if text.comment(rest).is_some() => true,
        0x80.. if quote_length(text, rest) > 0 => true,
        _ if is_any(word, &["WITH", "SET", "COMMENT"]) => {
            matches!(sign, b'(' | b'\'' | b'\r' | b'\n' | b'-' | b'/' | b'\\')
                || is_list_slip(said(text, rest))
        }
        _ => {
            is_list_slip(said(text, rest))
                || is_any(word, &["CONNECTION", "OR", "REPLACE", "TEMPORARY", "IF", "NOT", "EXISTS"])
                || is_option(text, rest)
                || nearly_option(text.slice(rest..name_end(text, rest))) && lists(text, start, line)
                || is_prefixed(text, rest, word)
                || is_assigned(text, line) && !is_sentence(said(text, rest))
                || is_in_key(text, start, line)
                || names(text, first..start, line, rest)
                || ends_literal(text, first..start, line, rest)
                || ends_comment(text, start, line, rest)
                || is_in_list(text, start, line, rest)
                || is_bare_pair(said(text, rest)) && takes_pairs(text, first..start, line)
                || is_value(text, rest) && !has_ended(text, start, line)
        }
    }
}

/// Whether a line begins with what nearly is WITH or SET, and nothing or an entry follows that.
fn is_list_slip(said: &[u8]) -> bool {
    let head = memchr::memchr3(b'(', b'\'', b'{', said).unwrap_or(said.len());
    let (word, entry) = said.split_at(head);
    let folded = Folded::of(word);
    word.len() <= LONGEST_WORD
        && [&b"with"[..], b"set"].iter().any(|known| within_one_edit(folded.as_bytes(), known))
        && (!entry.iter().any(u8::is_ascii_alphanumeric) || entry.contains(&b'\'') && entry.contains(&b'='))
}

/// Whether a mark stands here between the sides of a conflict: seven signs that are the same, and no other behind them.
fn is_conflict(text: &Text<'_>, at: usize) -> bool {
    let marks = text.ahead(at, 8);
    marks.len() > 7 && marks[..7].iter().all(|mark| *mark == marks[0]) && is_blank(marks[7])
}

/// Whether a line is several words, in no comment or quotes, and nothing in it ends a literal or an entry, opens a list or defines a
/// column.
pub(crate) fn is_sentence(said: &[u8]) -> bool {
    let words = said.split(|byte| is_blank(*byte)).filter(|word| word.iter().any(u8::is_ascii_alphanumeric));
    words.count() > 2
        && !matches!(said.trim_ascii_start(), [b'/', b'*', ..] | [b'"' | b'`', ..])
        && !matches!(said.trim_ascii_end(), [.., b',' | b')' | b';' | b'(' | b'{'])
        && memchr::memchr2(b'\'', b'=', said).is_none()
        && !defines_column(said)
}

/// Whether a list is open before a line.
fn lists(text: &Text<'_>, start: usize, line: usize) -> bool {
    let before = text.slice(start..line);
    let count = |byte: u8| memchr::memchr_iter(byte, before).count();
    before.len() <= LONGEST_LIST && (count(b'(') > count(b')') || count(b'{') > count(b'}'))
}

/// Whether what stands before a line may have been all of a statement.
fn has_ended(text: &Text<'_>, start: usize, line: usize) -> bool {
    let ends = matches!(text.slice(start..line).trim_ascii_end(), [.., b')' | b';']);
    ends && !lists(text, start, line) && !is_open(text, start, line)
}

/// Whether a line with quotes or a sign stands in a list that is open before it.
fn is_in_list(text: &Text<'_>, start: usize, line: usize, rest: usize) -> bool {
    lists(text, start, line)
        && memchr::memchr3(b'\'', b'"', b'=', said(text, rest)).is_some()
        && !begins_other(text, rest)
        && !statement_begins(text, text.skip_space(line))
}

/// Whether a line says a name, perhaps a sign, and one word.
fn is_bare_pair(said: &[u8]) -> bool {
    let said = said.trim_ascii();
    let said = said.strip_suffix(b",").unwrap_or(said);
    let name = said.iter().take_while(|byte| is_name(**byte)).count();
    let (blank, sign) = (said[name..].trim_ascii_start(), [&b"=>"[..], b"=", b":"]);
    let value = sign.iter().find_map(|sign| blank.strip_prefix(*sign)).unwrap_or(blank).trim_ascii();
    name > 0 && name < said.len() && !value.is_empty() && !value.iter().any(|byte| is_blank(*byte))
}

/// Whether pairs without quotes may stand on a line: the word before a list ends the one before, or a list is open and ends on one of
/// the next that have the same before them.
fn takes_pairs(text: &Text<'_>, first: Range<usize>, line: usize) -> bool {
    let start = first.end;
    if ends_with_list_word(text.slice(start..line)) {
        return true;
    }
    let mut at = line;
    lists(text, start, line)
        && (0..PAIRS).any(|_| {
            let next = alike(text, first.clone(), at).map(|rest| text.skip_space(rest));
            at = next.map_or(text.len(), |next| text.line_end(next) + 1);
            next.is_some_and(|next| text.at(next) == b')')
        })
}

/// Whether a line holds the name of a statement whose first words stand before it.
fn names(text: &Text<'_>, first: Range<usize>, line: usize, rest: usize) -> bool {
    let (start, before) = (first.end, text.slice(first.end..line));
    if before.len() > LONGEST_HEAD {
        return false;
    }
    let mut at = start;
    while at < line {
        let from = if at > start { alike(text, first.clone(), at).unwrap_or(at) } else { at };
        let said = said(text, from);
        if said.iter().any(|byte| b"(\"=".contains(byte)) || quotes(said) > 0 {
            return false;
        }
        at = text.line_end(from) + 1;
    }
    // Blanks may stand between backticks.
    let mut inside = false;
    let ends_word = |byte: &u8| {
        inside ^= *byte == b'`';
        is_blank(*byte) && !inside
    };
    let line = said(text, rest);
    let (name, behind) = line.split_at(line.iter().position(ends_word).unwrap_or(line.len()));
    let quoted = memchr::memchr(b'`', name).is_some();
    let name = name.iter().all(|byte| is_name(*byte) || *byte == b'`' || quoted && *byte == b' ');
    let mut words = behind.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_list = |word: &[u8]| {
        let bracket = memchr::memchr2(b'(', b'\'', word).unwrap_or(word.len());
        is_any(&word[..bracket], &["WITH", "SET", "COMMENT"])
    };
    name && words.next().is_none_or(|word| is_list(word) || word.starts_with(b"/*"))
}

/// What a line says, without a comment at its end and what follows it in a record of JSON.
pub(crate) fn said<'a>(text: &Text<'a>, from: usize) -> &'a [u8] {
    let end = text.find_either([b'\n'; 2], from, LONGEST_LINE).unwrap_or(text.len().min(from + LONGEST_LINE));
    let line = text.slice(from..end);
    let line = &line[..memchr::memmem::find(line, b"\\n\"").unwrap_or(line.len())];
    &line[..memchr::memmem::find(line, b"--").unwrap_or(line.len())]
}

/// The end of the name that begins here.
fn name_end(text: &Text<'_>, rest: usize) -> usize {
    rest + text.ahead(rest, 40).iter().take_while(|byte| is_name(**byte)).count()
}

/// Whether a known option and a sign stand here, without quotes or without the first.
fn is_option(text: &Text<'_>, rest: usize) -> bool {
    let end = name_end(text, rest);
    let sign = text.skip_space(end + usize::from(text.at(end) == b'\''));
    separator(text, sign) > sign && nearly_option(text.slice(rest..end))
}

/// Where the line that begins at `line` goes on behind what it begins with alike to the line of `start`.
pub(crate) fn behind_alike(text: &Text<'_>, start: usize, line: usize) -> Option<usize> {
    alike(text, line_start(text, start)..start, line)
}

/// How much two lines begin with that is the same byte by byte but for digits, up to a word: what most have before them.
fn same_layout(a: &[u8], b: &[u8]) -> usize {
    let same = |(x, y): &(&u8, &u8)| {
        (x == y && **x >= b' ' && **x != b'\'') || (x.is_ascii_digit() && y.is_ascii_digit())
    };
    let length = a.iter().zip(b).take_while(same).count();
    a[..length].iter().rposition(u8::is_ascii_alphabetic).unwrap_or(0)
}

/// The end of what a line begins with alike to another, numbers and the like aside, if it is a prefix.
pub(crate) fn alike(text: &Text<'_>, first: Range<usize>, line: usize) -> Option<usize> {
    let run =
        |at: usize, is: fn(&u8) -> bool| text.slice(at..at + 64).iter().take_while(|byte| is(byte)).count();
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    if blame_end(text, first.start).is_some_and(|end| end <= first.end)
        && let Some(end) = blame_end(text, line)
    {
        return Some(end);
    }
    let same = same_layout(text.slice(first.clone()), text.slice(line..line + LONGEST_PREFIX));
    let (mut a, mut b) = (first.start + same, line + same);
    while a < first.end && b < line + LONGEST_PREFIX {
        let (x, y) = (text.at(a), text.at(b));
        let both = [text.at(a + 1), text.at(b + 1)];
        if x.is_ascii_digit() && y.is_ascii_digit() {
            (a, b) = (a + run(a, u8::is_ascii_digit), b + run(b, u8::is_ascii_digit));
        } else if blank(&x) && blank(&y) {
            // A list may be indented.
            (a, b) = (a + run(a, blank), b + run(a, blank).min(run(b, blank)).max(1));
        } else if (x == y && ((x >= b' ' && x != b'\'') || x == 0x1b))
            // `grep` marks lines around those it found.
            || (matches!(x, b':' | b'-') && matches!(y, b':' | b'-'))
            // A shell for SQL shows what is open.
            || (b"=-('\"*".contains(&x) && b"=-('\"*".contains(&y) && both.iter().all(|end| b"#>".contains(end)))
            || (b"#>".contains(&x) && b"#>".contains(&y) && a > first.start && b"=-('\"*".contains(&text.at(a - 1)))
        {
            (a, b) = (a + 1, b + 1);
        } else {
            break;
        }
    }
    // Not in the middle of a word, unless it is that of a colour, and not behind the quote of a name.
    let inside = |b: usize| is_word(text.at(b - 1)) && colour::end_before(text, line, b) != Some(b);
    while b > line && (inside(b) || text.at(b - 1) == b'`') {
        b -= 1;
    }
    let prefix = text.slice(line..b);
    // Not in the middle of a time that is written in another way.
    if text.at(b).is_ascii_digit() && prefix.ends_with(b"-") && is_timestamp(text.ahead(line, LONGEST_PREFIX))
    {
        return None;
    }
    // In a record of JSON, up to the same string.
    let strings =
        |part: &[u8]| memchr::memchr_iter(b'"', part).filter(|at| *at == 0 || part[*at - 1] != b'\\').count();
    if prefix.starts_with(b"{") && strings(prefix) != strings(text.slice(first.clone())) {
        return None;
    }
    // What ends a comment that may begin in the statement.
    let long = prefix.len() >= SHORTEST_PREFIX
        && prefix.iter().any(|byte| !blank(byte))
        && !prefix.trim_ascii_start().starts_with(b"*/");
    (long || is_line_number(prefix)).then_some(b)
}

/// Where that ends which `git blame` puts before a line: `4fe5a1b2 (Ann 2026-01-02 03:04:05 +0100 12) `.
fn blame_end(text: &Text<'_>, line: usize) -> Option<usize> {
    let said = text.ahead(line, LONGEST_PREFIX);
    let hash = said.iter().take_while(|byte| byte.is_ascii_hexdigit() || **byte == b'^').count();
    if hash < SHORTEST_HASH || said.get(hash) != Some(&b' ') {
        return None;
    }
    let open = hash + memchr::memchr(b'(', &said[hash..])?;
    let close = open + memchr::memchr(b')', &said[open..])?;
    (said[close - 1].is_ascii_digit() && !said[..close].contains(&b'\'')).then_some(line + close + 1)
}

/// Whether a line begins with its number, as `grep -n` has it.
fn is_line_number(prefix: &[u8]) -> bool {
    matches!(prefix, [digits @ .., b':' | b'-'] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}
