//! Goes through a text from one anchor to the next.

use crate::anchors::Finder;
use crate::edit::{Edits, Rule};
use crate::lex::{Text, is_blank, is_name};
use crate::names::nearly_option;
use crate::shape::{is_known_token, is_token_byte};
use crate::statement::{is_keyword, separator};
use crate::{broken, pairs, resync, statement, url};

/// How far to the left of an anchor anything is looked at.
const LEFT: usize = 4096;
/// How long a statement or value may be; what is longer is masked to where something else begins.
const LONGEST: usize = 1 << 20;

/// What has to be known of a text to go on in it.
#[derive(Default)]
pub(crate) struct Engine {
    finder: Finder,
    /// A statement was longer than the bound: nothing may stay before something else begins.
    overflow: bool,
}

impl Engine {
    /// Notes what has to be masked in `bytes`, which begin where the last call ended.
    ///
    /// Returns how many bytes are decided; the rest has to be given again, with more. With `ends`, all are.
    pub(crate) fn scan(&mut self, bytes: &[u8], ends: bool, edits: &mut Edits) -> usize {
        self.finder.reset();
        let mut done = 0;
        let mut from = 0;
        if self.overflow {
            done = self.skip_overflow(bytes, ends, edits);
            if self.overflow {
                return done;
            }
            from = done;
        }
        while let Some(hit) = self.finder.next(bytes, from) {
            let left = done.max(hit.saturating_sub(LEFT));
            let floor = memchr::memrchr(b'\n', &bytes[left..hit]).map_or(left, |line| left + line + 1);
            let limit = bytes.len().min(floor + LONGEST);
            let bound = limit < bytes.len() || limit == floor + LONGEST;
            let text = Text::new(&bytes[..limit], ends || bound);
            let before = edits.len();
            let found = look(&text, floor, hit, edits);
            if !text.is_settled() {
                edits.truncate(before);
                return floor;
            }
            match found {
                Found::Nothing(next) => from = next.max(hit + 1),
                Found::Secret(end) => {
                    done = end.max(done);
                    from = end.max(hit + 1);
                    if bound && end >= limit {
                        self.overflow = true;
                        done = self.skip_from(bytes, end, ends, edits);
                        if self.overflow {
                            return done;
                        }
                        from = done;
                    }
                }
            }
        }
        if ends {
            return bytes.len();
        }
        let left = done.max(bytes.len().saturating_sub(LEFT + 64));
        memchr::memrchr(b'\n', &bytes[left..]).map_or(left, |line| left + line + 1)
    }

    fn skip_overflow(&mut self, bytes: &[u8], ends: bool, edits: &mut Edits) -> usize {
        self.skip_from(bytes, 0, ends, edits)
    }

    /// Drops everything up to a line that begins something else.
    fn skip_from(&mut self, bytes: &[u8], start: usize, ends: bool, edits: &mut Edits) -> usize {
        let text = Text::new(bytes, ends);
        let mut at = start;
        while let Some(offset) = memchr::memchr(b'\n', &bytes[at..]) {
            let line = at + offset;
            text.settle();
            let other = resync::begins_other(&text, line + 1);
            if !text.is_settled() {
                edits.push(start..line, "", Rule::ConnectionLiteral);
                return line;
            }
            if other {
                edits.push(start..line, "", Rule::ConnectionLiteral);
                self.overflow = false;
                return line;
            }
            at = line + 1;
        }
        edits.push(start..bytes.len(), "", Rule::ConnectionLiteral);
        bytes.len()
    }
}

/// What a look at an anchor gave.
enum Found {
    /// Go on at this position.
    Nothing(usize),
    /// Everything up to this position is decided.
    Secret(usize),
}

fn look(text: &Text<'_>, floor: usize, hit: usize, edits: &mut Edits) -> Found {
    if text.slice(hit..hit + 3) == b"://" {
        return match url::in_text(text, hit, edits) {
            end if end > hit + 3 => Found::Secret(end),
            end => Found::Nothing(end),
        };
    }
    if text.at(hit) == b'-'
        && text.slice(hit..hit + 10) == b"-----BEGIN"
        && let Some(end) = private_key(text, hit, edits)
    {
        return Found::Secret(end);
    }
    // The anchor of `WITH (` reaches over the word's end.
    let mut start = hit;
    while start > floor && is_name(text.at(start - 1)) && hit - start < 128 {
        start -= 1;
    }
    let mut end = hit;
    while is_name(text.at(end)) && end - hit < 256 {
        end += 1;
    }
    if end == start {
        return Found::Nothing(hit + 1);
    }
    if let Some((start, name)) = statement_around(text, floor, start, end) {
        let end = match statement::read(text, start, edits) {
            Some(end) => end,
            None if text.is_settled() || text.at(name) != 0 => broken::mask(text, start, name, edits),
            None => name,
        };
        return Found::Secret(end);
    }
    if let Some(end) = token(text, start, edits) {
        return Found::Secret(end);
    }
    match pairs::mask_value(text, start..end, edits) {
        Some(end) => Found::Secret(end),
        None => Found::Nothing(end),
    }
}

/// Masks a token whose issuer is known by its beginning.
fn token(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    let mut end = start;
    while is_token_byte(text.at(end)) && end - start < 65_536 {
        end += 1;
    }
    if !is_known_token(text.slice(start..end)) {
        return None;
    }
    edits.mask(start..end, Rule::KnownToken);
    Some(end)
}

/// Masks a private key in PEM form, its two border lines left.
fn private_key(text: &Text<'_>, start: usize, edits: &mut Edits) -> Option<usize> {
    text.at(start + 64);
    let head = text.slice(start..start + 64);
    let label = memchr::memmem::find(head, b"PRIVATE KEY-----")?;
    let from = start + label + 16;
    let rest = text.slice(from..text.len());
    let end = match memchr::memmem::find(rest, b"-----END") {
        Some(offset) => from + offset,
        None => text.end(),
    };
    let body = text.slice(from..end);
    let lead = body.iter().take_while(|byte| is_blank(**byte)).count();
    let tail = body.iter().rev().take_while(|byte| is_blank(**byte)).count();
    if lead + tail < body.len() && &body[lead..body.len() - tail] != lockkeeper_model::MASK.as_bytes() {
        edits.mask(from + lead..end - tail, Rule::PrivateKey);
    }
    Some(end)
}

/// Other things that are created and altered.
const OBJECTS: &[&str] = &[
    "AGENT",
    "AGGREGATE",
    "CATALOG",
    "DATABASE",
    "EXTENSION",
    "FUNCTION",
    "INDEX",
    "MATERIALIZED",
    "MODEL",
    "POLICY",
    "PROCEDURE",
    "ROLE",
    "SCHEMA",
    "SEQUENCE",
    "SOURCE",
    "SINK",
    "STREAM",
    "TABLE",
    "TABLES",
    "TOOL",
    "TOPIC",
    "TRIGGER",
    "TYPE",
    "UNIQUE",
    "USER",
    "VIEW",
];

/// Words before CONNECTION that make a statement which holds no secrets.
const OTHER_VERBS: &[&str] = &["USING", "SHOW", "DROP", "DESCRIBE", "DESC", "VALIDATE", "EXPLAIN"];

/// Where a CONNECTION statement begins that the word is part of, and where its name should stand.
fn statement_around(text: &Text<'_>, floor: usize, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = text.slice(start..end);
    if is_verb(word) {
        return from_verb(text, start, end);
    }
    if is_noun(word) {
        let mut at = start;
        for _ in 0..6 {
            let Some((before, after)) = word_before(text, floor, at) else { break };
            let previous = text.slice(before..after);
            if is_verb(previous) {
                return has_options(text, end).then_some((before, end));
            }
            if is_any(previous, OTHER_VERBS) {
                return None;
            }
            if !["OR", "REPLACE", "TEMPORARY", "TEMP", "SYSTEM"]
                .iter()
                .any(|known| is_keyword(previous, known))
            {
                break;
            }
            at = before;
        }
        if word.len() > 10 && word.to_ascii_uppercase().ends_with(b"NS") {
            return None;
        }
        return has_list(text, end, 8).then_some((start, end));
    }
    None
}

fn is_verb(word: &[u8]) -> bool {
    is_keyword(word, "CREATE") || (is_keyword(word, "ALTER") && word.len() >= 4)
}

fn is_noun(word: &[u8]) -> bool {
    word.len() >= 8 && is_keyword(word, "CONNECTION")
}

fn is_any(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

fn from_verb(text: &Text<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    let mut at = end;
    for _ in 0..6 {
        at = skip_gap(text, at, start + 4096);
        let word_end = text.word_end(at);
        let mut name_end = at;
        while is_name(text.at(name_end)) && name_end - at < 64 {
            name_end += 1;
        }
        let word = text.slice(at..name_end);
        if is_noun(word) {
            return has_options(text, name_end).then_some((start, name_end));
        }
        if word_end == at || is_any(word, OBJECTS) {
            return None;
        }
        if !["OR", "REPLACE", "TEMPORARY", "TEMP", "SYSTEM"].iter().any(|known| is_keyword(word, known)) {
            // No kind that we know: a misspelt CONNECTION, if options follow.
            return has_list(text, name_end, 3).then_some((start, name_end));
        }
        at = word_end;
    }
    None
}

/// The word before a position, over white space and comments.
fn word_before(text: &Text<'_>, floor: usize, from: usize) -> Option<(usize, usize)> {
    let mut end = from;
    loop {
        while end > floor && is_blank(text.at(end - 1)) {
            end -= 1;
        }
        if end > floor + 1 && text.slice(end - 2..end) == b"*/" {
            end = floor + memchr::memmem::rfind(text.slice(floor..end), b"/*")?;
            continue;
        }
        break;
    }
    let mut start = end;
    while start > floor && is_name(text.at(start - 1)) && end - start < 64 {
        start -= 1;
    }
    (start < end).then_some((start, end))
}

fn skip_gap(text: &Text<'_>, from: usize, limit: usize) -> usize {
    let mut at = text.skip_blank(from);
    while at < limit
        && let Some((end, _)) = text.comment(at)
    {
        at = text.skip_blank(end);
    }
    at
}

/// Whether `WITH (`, `SET (` or the like follows within a few words.
fn has_list(text: &Text<'_>, from: usize, words: usize) -> bool {
    let mut at = from;
    for _ in 0..words {
        at = skip_gap(text, at, from + 4096);
        let quoted = matches!(text.at(at), b'`' | b'"').then(|| text.literal(at)).flatten();
        if let Some(literal) = quoted {
            if !literal.closed || literal.end - at > 256 {
                at += 1;
            } else {
                at = literal.end;
            }
            continue;
        }
        if text.at(at) == b'(' {
            return starts_pair(text, at + 1);
        }
        let end = text.word_end(at);
        if end == at {
            if !matches!(text.at(at), b'.' | b'-' | b'`' | b'"' | b'[' | b']') {
                return false;
            }
            at += 1;
            continue;
        }
        let word = text.slice(at..end);
        if is_list_word(word) {
            let next = skip_gap(text, end, from + 4096);
            if text.at(next) == b'(' || matches!(text.at(next), b'\'' | b'"') {
                return true;
            }
        }
        if is_keyword(word, "COMMENT") && matches!(text.at(skip_gap(text, end, from + 4096)), b'\'') {
            return true;
        }
        at = end;
    }
    false
}

fn is_list_word(word: &[u8]) -> bool {
    ["WITH", "SET", "RESET"].iter().any(|known| is_keyword(word, known))
}

/// Whether a key and a sign between key and value follow.
fn starts_pair(text: &Text<'_>, from: usize) -> bool {
    let at = skip_gap(text, from, from + 4096);
    if matches!(text.at(at), b'\'' | b'"' | b'`') {
        return true;
    }
    let mut end = at;
    while is_name(text.at(end)) && end - at < 64 {
        end += 1;
    }
    let sign = text.skip_blank(end);
    end > at && separator(text, sign) > sign && nearly_option(text.slice(at..end))
}

/// Words that follow `connection` in sentences.
const PROSE: &[&str] = &[
    "TO",
    "FROM",
    "FOR",
    "AT",
    "ON",
    "IN",
    "OF",
    "WITHIN",
    "VIA",
    "POOL",
    "FAILED",
    "TIMEOUT",
    "TIMED",
    "REFUSED",
    "STRING",
    "OBJECT",
    "HAS",
    "HAVE",
    "IS",
    "WAS",
    "BETWEEN",
    "AND",
    "THAT",
    "USING",
    "BY",
    "AFTER",
    "BEFORE",
    "STATEMENT",
    "STATEMENTS",
    "ERROR",
    "FACTORY",
    "REQUEST",
];

/// Whether anything that could be a literal follows CONNECTION, before the statement ends.
fn has_options(text: &Text<'_>, from: usize) -> bool {
    let mut at = skip_gap(text, from, from + 4096);
    let prose = is_any(text.slice(at..text.word_end(at)), PROSE);
    let mut literals = 0;
    for token in 0..32 {
        at = skip_gap(text, at, from + 4096);
        if at > from + 4096 {
            return !prose;
        }
        match text.at(at) {
            0 | b';' => return false,
            b'(' => {
                if starts_pair(text, at + 1) || !prose {
                    return true;
                }
                at += 1;
            }
            b'\'' | b'"' | b'`' => {
                let name = token == 0 || text.at(at) == b'`';
                let Some(literal) = text.literal(at) else { return false };
                if !literal.closed {
                    return !prose;
                }
                literals += usize::from(!name);
                let sign = text.skip_blank(literal.end);
                if separator(text, sign) > sign || (literals > 0 && !prose) {
                    return true;
                }
                at = literal.end;
            }
            byte if is_name(byte) => {
                let end = text.word_end(at).max(at + 1);
                let word = text.slice(at..end);
                let next = skip_gap(text, end, from + 4096);
                let quote = matches!(text.at(next), b'\'' | b'"');
                if (is_list_word(word) && (text.at(next) == b'(' || quote))
                    || (is_keyword(word, "COMMENT") && quote)
                {
                    return true;
                }
                let mut name_end = end;
                while is_name(text.at(name_end)) && name_end - at < 64 {
                    name_end += 1;
                }
                let sign = text.skip_blank(name_end);
                if separator(text, sign) > sign && nearly_option(text.slice(at..name_end)) {
                    return true;
                }
                at = name_end;
            }
            _ => at += 1,
        }
    }
    false
}
