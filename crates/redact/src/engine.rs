//! Goes through a text from one anchor to the next.

use crate::anchors::Finder;
use crate::edit::{Edits, Rule};
use crate::lex::{Text, is_blank, is_name};
use crate::names::nearly_option;
use crate::shape::{is_known_token, is_token_byte};
use crate::statement::{is_keyword, separator};
use crate::view::View;
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
                Found::Nothing(next) => {
                    from = next.max(hit + 1);
                    // What is noted is decided: nothing before it may be read again.
                    if edits.len() > before {
                        done = from;
                    }
                }
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

    /// Whether nothing of what came before matters for what comes next.
    pub(crate) fn is_between(&self) -> bool {
        !self.overflow
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
    // Inside of a URL, user info and parameters are told by their place.
    let before = text.slice(floor.max(hit.saturating_sub(1024))..hit);
    let run = before.iter().rposition(|byte| *byte <= b' ').map_or(before, |blank| &before[blank + 1..]);
    if let Some(colon) = memchr::memmem::rfind(run, b"://") {
        let end = url::in_text(text, hit - run.len() + colon, edits);
        if end > hit {
            return Found::Nothing(end);
        }
    }
    if matches!(text.at(hit), b'@' | b'?') {
        return Found::Nothing(hit + 1);
    }
    // Anchors may begin with the sign before what is meant.
    let hit = if is_name(text.at(hit)) { hit } else { hit + 1 };
    if text.has(hit, b"KEY-----")
        && let Some(begin) = memchr::memmem::rfind(text.slice(floor..hit), b"-----BEGIN")
        && let Some(end) = private_key(text, floor + begin, edits)
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
    let word = text.slice(start..end);
    if is_any(word, &["CREATE", "ALTER"]) {
        let object = text.skip_space(end);
        if is_any(text.slice(object..text.word_end(object)), OBJECTS) {
            return Found::Nothing(end);
        }
        if let Some(end) = statement::read(text, start, edits) {
            return Found::Secret(end);
        }
    }
    if is_any(word, &["CONNECTOR", "CREATED", "CREATING"]) {
        return Found::Nothing(end);
    }
    if let Some((start, name)) = statement_around(text, floor, start, end) {
        return Found::Secret(statement_at(text, floor, start, name, edits));
    }
    if let Some(end) = token(text, start, edits) {
        return Found::Secret(end);
    }
    match pairs::mask_value(text, start..end, edits) {
        Some(end) => Found::Secret(end),
        None => Found::Nothing(end),
    }
}

/// Masks the statement that begins at `start`, as it stands, or without what it is wrapped in. Returns its end.
fn statement_at(text: &Text<'_>, floor: usize, start: usize, name: usize, edits: &mut Edits) -> usize {
    if let Some(end) = statement::read(text, start, edits) {
        return end;
    }
    let Some(view) = View::of(text, floor, start) else { return broken::mask(text, start, name, edits) };
    let inner = view.text();
    let mut found = Edits::default();
    let end = match statement::read(&inner, 0, &mut found) {
        Some(end) => end,
        None => broken::mask(&inner, 0, view.position(name), &mut found),
    };
    view.carry(&found, edits);
    view.source(end)
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
    let head = text.ahead(start, 64);
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
    if word.len() < 4 || (word.len() > 32 && word.is_ascii()) {
        return None;
    }
    if word.len() > 12 && is_glued(word) {
        return has_options(text, end).then_some((start, end));
    }
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
        return has_list(text, end, 16).then_some((start, end));
    }
    None
}

fn is_verb(word: &[u8]) -> bool {
    is_keyword(word, "CREATE") || (is_keyword(word, "ALTER") && word.len() >= 4)
}

fn is_noun(word: &[u8]) -> bool {
    word.len() >= 8 && is_keyword(word, "CONNECTION")
}

/// Whether a lost blank made one word of CONNECTION and the word before it.
fn is_glued(word: &[u8]) -> bool {
    (9..=11).any(|length| {
        let Some(before) = word.len().checked_sub(length).filter(|before| (4..=16).contains(before)) else {
            return false;
        };
        let (verb, noun) = word.split_at(before);
        is_keyword(noun, "CONNECTION")
            && ["CREATE", "ALTER", "REPLACE", "TEMPORARY", "SYSTEM"]
                .iter()
                .any(|known| is_keyword(verb, known))
    })
}

fn is_any(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

fn from_verb(text: &Text<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    let mut at = end;
    let mut unknown = None;
    for _ in 0..6 {
        at = skip_gap(text, at, start + 4096);
        let word_end = text.word_end(at);
        let mut name_end = at;
        while is_name(text.at(name_end)) && name_end - at < 64 {
            name_end += 1;
        }
        let word = text.slice(at..name_end);
        if is_noun(word) || is_glued(word) {
            return has_options(text, name_end).then_some((start, name_end));
        }
        if is_any(word, OBJECTS) {
            return None;
        }
        if word_end == at {
            break;
        }
        if !["OR", "REPLACE", "TEMPORARY", "TEMP", "SYSTEM"].iter().any(|known| is_keyword(word, known)) {
            unknown = unknown.or(Some(name_end));
        }
        at = word_end;
    }
    // No kind that we know: a misspelt CONNECTION, if options follow.
    unknown.filter(|name| has_list(text, *name, 3)).map(|name| (start, name))
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

/// Skips white space, comments, and the wrapping that may stand between words: escaped line breaks, marks of lines,
/// encoded blanks.
fn skip_gap(text: &Text<'_>, from: usize, limit: usize) -> usize {
    let mut at = from;
    while at < limit {
        let next = text.skip_blank(at);
        let line_start = next > 0 && text.at(next - 1) == b'\n' || (next > 1 && text.at(next - 2) == b'\n');
        at = match (text.at(next), text.at(next + 1), text.at(next + 2)) {
            (b'\\', b'n' | b't' | b'r', _) => next + 2,
            (b'\\', b'`' | b'"' | b'\\', _) => next + 1,
            (b'%', b'2', b'0') | (b'%', b'0', b'A' | b'a' | b'D' | b'd') => next + 3,
            (b'+' | b'>' | b'|' | b'#', ..) if line_start => next + 1,
            (b'+', ..) => next + 1,
            _ => match text.comment(next) {
                Some((end, _)) if text.at(next + 1) == b'*' => end,
                Some((end, _)) => {
                    // In a string of JSON, a line ends in `\n`.
                    let line = text.slice(next..end);
                    memchr::memmem::find(line, b"\\n").map_or(end, |offset| next + offset)
                }
                None => return next,
            },
        };
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
    let mut remark = false;
    for token in 0..32 {
        let before = at;
        at = skip_gap(text, at, from + 4096);
        if at > from + 4096 {
            return !prose;
        }
        if text.slice(before..at).contains(&b'\n') && (prose || resync::begins_other(text, at)) {
            return (literals > 0 || remark) && !prose;
        }
        match text.at(at) {
            0 | b';' => return (literals > 0 || remark) && !prose,
            b'(' => {
                if starts_pair(text, at + 1) || !prose {
                    return true;
                }
                at += 1;
            }
            b'\'' | b'"' | b'`' => {
                let name = token == 0 || (text.at(at) == b'`' && literals == 0);
                let Some(literal) = text.literal(at) else { return false };
                let content = text.slice(literal.content.clone());
                if text.at(at) == b'`' && (content.len() > 128 || content.contains(&b'(')) {
                    // A backtick without a partner.
                    at += 1;
                    continue;
                }
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
                let quote = matches!(text.at(next), b'\'' | b'"' | b'`');
                if (is_list_word(word) && (text.at(next) == b'(' || quote))
                    || (is_keyword(word, "COMMENT") && quote)
                {
                    return true;
                }
                remark |= word.eq_ignore_ascii_case(b"COMMENT");
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
