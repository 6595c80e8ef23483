//! Goes through a text from one anchor to the next.

use crate::anchors::{Finder, issued::Issued};
use crate::edit::{Edits, Rule};
use crate::found::Found;
use crate::prose::commented::open_comment;
use crate::prose::{former, remark, slips};
use crate::secret::lone::{self, token};
use crate::secret::pem;
use crate::seen::{LookedThrough, Seen};
use crate::sql::lex::{Text, is_name};
use crate::statement::announced::{Announced, announced, announced_before};
use crate::statement::objects::{is_misspelt, object};
use crate::statement::opened::says_head_only;
use crate::statement::other::Others;
use crate::statement::recognise::{OBJECTS, is_any, statement_around};
use crate::statement::{arguments, beginning, displaced, headless, resync, severed, stable, torn};
use crate::stream::held;
use crate::url::{self, damaged, userinfo};
use crate::value::named::word_around;
use crate::value::{astray, command, curl, listed, pairs, sequel, set};
use crate::wrapping::{halves, interrupted, unwrapped};
use std::ops::Range;

/// How far to the left of an anchor anything is looked at.
const LEFT: usize = 4096;
/// How long a statement or value may be; what is longer is masked to where something else begins.
const LONGEST: usize = 1 << 18;

/// What has to be known of a text to go on in it.
#[derive(Default)]
pub(crate) struct Engine {
    finder: Finder,
    issued: Issued,
    /// A statement was longer than the bound: nothing may stay before something else begins.
    overflow: bool,
    /// The beginning of the text was looked at.
    begun: bool,
    /// How much of the text is decided.
    decided: usize,
    /// What comes next goes on with a line.
    inside_line: bool,
    /// What the next line begins with may have begun on the one before.
    goes_on: bool,
    /// What the last words say about what comes next.
    announced: Announced,
    /// How many bytes before the next ones the comment begins that is open.
    comment: Option<usize>,
    others: Others,
    looked_through: LookedThrough,
}

impl Engine {
    /// Notes what has to be masked in `bytes` behind `decided`, where the last call ended; before it stands what of its
    /// line was decided.
    ///
    /// Returns up to where they are decided; the rest has to be given again, with more. With `ends`, all are.
    pub(crate) fn scan(&mut self, bytes: &[u8], decided: usize, ends: bool, edits: &mut Edits) -> usize {
        let done = self.decide(bytes, decided, ends, edits);
        edits.keep_lines(bytes);
        self.decided = self.decided.saturating_add(done - decided);
        // Nothing follows that this matters for.
        if ends {
            return done;
        }
        if done > decided {
            self.inside_line = bytes[done - 1] != b'\n';
            let line = memchr::memrchr(b'\n', &bytes[..done]).map_or(0, |end| end + 1);
            self.announced = announced(&bytes[..line]).unwrap_or(self.announced);
        }
        let needed = held::needed(bytes, done);
        self.goes_on = !severed::begins_apart(&Text::new(bytes, true), needed, !self.goes_on);
        self.comment = open_comment(&Text::new(bytes, true).commented(self.comment), needed);
        self.others.decide(&Text::new(bytes, ends), done, needed);
        self.looked_through = self.looked_through.behind(done, needed);
        done
    }

    fn decide(&mut self, bytes: &[u8], decided: usize, ends: bool, edits: &mut Edits) -> usize {
        self.finder.reset();
        self.issued.reset(self.decided, decided);
        let mut done = decided;
        if self.overflow {
            done = self.skip_from(bytes, decided, ends, edits);
            if self.overflow {
                return done;
            }
        }
        if !self.begun {
            let limit = bytes.len().min(LONGEST);
            let text = Text::new(&bytes[..limit], ends || limit == LONGEST);
            let end = beginning::mask_first(&text, edits);
            if !text.is_settled() {
                edits.clear();
                return done;
            }
            self.begun = true;
            done = end.unwrap_or(done);
        }
        let mut seen = Seen::default();
        seen.announced = self.announced;
        seen.others = std::mem::take(&mut self.others);
        seen.looked_through = self.looked_through;
        let done = self.look_through(bytes, done, ends, &mut seen, edits);
        self.others = seen.others;
        self.looked_through = seen.looked_through;
        done
    }

    /// Looks at one anchor after the other behind what is decided.
    fn look_through(
        &mut self,
        bytes: &[u8],
        decided: usize,
        ends: bool,
        seen: &mut Seen,
        edits: &mut Edits,
    ) -> usize {
        let (mut from, mut done, mut looked) = (decided, decided, decided);
        // What begins inside of a secret is looked for at the beginning of the text, before what comes behind it.
        let beginning = decided + torn::BEGINNING.saturating_sub(self.decided);
        loop {
            let hit = self.issued.first(bytes, from, self.finder.next(bytes, from));
            // The line break that an anchor begins with may end the rest of a comment.
            let until = hit.map_or(bytes.len(), |hit| hit + usize::from(bytes[hit] == b'\n')).min(beginning);
            looked = looked.max(done);
            if looked < until {
                let limit = bytes.len().min(until + LONGEST);
                let text = Text::new(&bytes[..limit], ends || limit < bytes.len());
                let before = (edits.len(), seen.looked_through);
                let rest = torn::find(&text, done, looked..until, !self.goes_on);
                let end = rest.map(|rest| rest.mask(&text, seen, edits));
                if !text.is_settled() {
                    edits.truncate(before.0);
                    seen.looked_through = before.1;
                    return done.max(memchr::memrchr(b'\n', &bytes[..looked]).map_or(0, |end| end + 1));
                }
                looked = until;
                if let Some(end) = end {
                    (done, looked, from) = (end, end, from.max(end));
                    continue;
                }
            }
            let Some(hit) = hit else { break };
            // An anchor may begin with the sign before a word, and that with the line.
            let line = seen.line_of(bytes, hit + usize::from(bytes[hit] == b'\n'));
            let floor = done.max(hit.saturating_sub(LEFT)).max(line);
            let limit = bytes.len().min(floor + LONGEST);
            let bound = limit < bytes.len() || limit == floor + LONGEST;
            let text = Text::new(&bytes[..limit], ends || bound).commented(self.comment);
            let before = (edits.len(), seen.looked_through);
            let begins_line = if floor > 0 { bytes[floor - 1] == b'\n' } else { !self.inside_line };
            let found = look(&text, floor, begins_line, hit, seen, edits);
            if !text.is_settled() {
                edits.truncate(before.0);
                seen.looked_through = before.1;
                return floor;
            }
            let decided = found.end().or((edits.len() > before.0).then_some(hit));
            self.issued.note(bytes, floor, hit, decided, edits);
            match found {
                Found::Nothing(next) => {
                    from = next.max(hit + 1);
                    // What is noted is decided: nothing before it may be read again.
                    if decided.is_some() {
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
        let line = memchr::memrchr(b'\n', &bytes[left..]).map_or(left, |line| left + line + 1);
        // What the next line says may tell that the text begins inside of a secret.
        if line <= beginning { torn::before_word(bytes, done, line) } else { line }
    }

    /// An engine for a text of which other engines had the beginning.
    pub(crate) fn behind() -> Self {
        Self { begun: true, decided: torn::BEGINNING, ..Self::default() }
    }

    /// Whether nothing of what came before matters for what comes next, if that begins something else.
    pub(crate) fn is_between(&self) -> bool {
        let open =
            self.overflow || self.inside_line || self.comment.is_some() || self.decided < torn::BEGINNING;
        self.begun
            && !open
            && self.looked_through == LookedThrough::default()
            && self.announced == Announced::Nothing
    }

    /// Whether nothing of what came before matters for this.
    pub(crate) fn is_before(&self, next: &[u8]) -> bool {
        self.is_between() && !self.others.reach_into(&Text::new(next, true))
    }

    /// Drops everything up to a line that begins something else.
    fn skip_from(&mut self, bytes: &[u8], start: usize, ends: bool, edits: &mut Edits) -> usize {
        let text = Text::new(bytes, ends);
        let mut at = start;
        while let Some(offset) = memchr::memchr(b'\n', &bytes[at..]) {
            let line = at + offset;
            text.settle();
            let other = resync::begins_other(&text, line + 1);
            if other || !text.is_settled() {
                edits.push(start..line, "", Rule::ConnectionLiteral);
                self.overflow = !text.is_settled();
                return line;
            }
            at = line + 1;
        }
        edits.push(start..bytes.len(), "", Rule::ConnectionLiteral);
        bytes.len()
    }
}

/// Looks at the word that an anchor was found in; a private key that begins in what is masked there is masked to its end.
pub(crate) fn look(
    text: &Text<'_>,
    floor: usize,
    begins_line: bool,
    hit: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Found {
    let before = edits.len();
    let found = look_at(text, floor, begins_line, hit, seen, edits);
    let found = if edits.len() > before { found } else { astray::mask(text, floor, hit, found, seen, edits) };
    let Found::Secret(end) = found else { return found };
    let end = sequel::mask(text, before, hit..end, edits);
    let end = pem::behind(text, hit, end, edits);
    Found::Secret(former::mask(text, halves::mask(text, hit, end, edits).unwrap_or(end), edits))
}

fn look_at(
    text: &Text<'_>,
    floor: usize,
    begins_line: bool,
    hit: usize,
    seen: &mut Seen,
    edits: &mut Edits,
) -> Found {
    if text.has(hit, b"://") {
        return Found::Nothing(damaged::mask_behind(text, hit, edits).unwrap_or(hit + 3));
    }
    if text.at(hit) == b'%' {
        userinfo::mask_before(text, floor, hit, edits);
        return Found::Nothing(hit + 1);
    }
    // Inside of a URL, user info and parameters are told by their place.
    if let Some(colon) = seen.scheme(text, floor, hit) {
        let end = url::in_text(text, colon, edits);
        if end > hit {
            return Found::Nothing(end);
        }
    }
    if matches!(text.at(hit), b'@' | b'?') {
        if text.at(hit) == b'@' {
            url::user_of_oracle(text, floor, hit, edits);
            damaged::mask_before(text, floor, hit, edits);
        } else if let Some(end) = damaged::mask_query(text, floor, hit, edits) {
            return Found::Nothing(end);
        }
        let others = text.slice(hit..text.len()).iter().take_while(|byte| matches!(byte, b'@' | b'?'));
        return Found::Nothing(hit + others.count());
    }
    let star = text.at(hit) == b'*';
    let dashes = || text.has(hit, b"--") && matches!(text.at(hit + 2), b' ' | b'\t' | b'-');
    if star || dashes() || text.has(hit, b"// ") {
        let hint = if star { listed::hint(text, floor, hit, seen, edits) } else { None };
        let hint = hint.or_else(|| slips::mask(text, floor, hit + 1, seen, edits));
        return hint.map_or(Found::Nothing(hit + 1), Found::Secret);
    }
    if text.is_wide_blank(hit) {
        let wide = (hit..hit + LEFT).step_by(text.wide_blank(hit)).find(|at| !text.is_wide_blank(*at));
        return Found::Nothing(wide.unwrap_or(hit + LEFT));
    }
    // Anchors may begin with the sign before what is meant.
    let hit = if is_name(text.at(hit)) { hit } else { hit + 1 };
    if text.has(hit, b"KEY-----") {
        return pem::mask(text, floor, hit, edits).map_or(Found::Nothing(hit + 3), Found::Secret);
    }
    let Range { start, end } = word_around(text, floor, hit);
    if end == start {
        return Found::Nothing(hit + 1);
    }
    let word = text.slice(start..end);
    if let Some(end) = seen.behind_vain(text, word, end) {
        return Found::Nothing(end);
    }
    // In a string, the letter of an escape may stand before it; so may the mark of a diff.
    let escape = start > floor && text.at(start - 1) == b'\\' && b"nrt".contains(&text.at(start));
    let escaped = usize::from(escape || word.eq_ignore_ascii_case(b"-SET"));
    if is_any(word, &["CURL"]) {
        return curl::mask(text, floor, end, seen, edits).map_or(Found::Nothing(end), Found::Secret);
    }
    if is_any(&word[escaped..], &["WITH", "SET"]) {
        let is_set = is_any(&word[escaped..], &["SET"]);
        if is_set && set::is_other(text, floor, start) {
            return Found::Nothing(end);
        }
        if is_set
            && let Some(end) = unwrapped::mask_set(text, floor, start + escaped, seen, edits)
                .or_else(|| set::mask(text, floor, end, seen, edits))
        {
            return Found::Secret(end);
        }
        return match listed::mask(text, floor, end, start + escaped..end, seen, edits) {
            Some(end) => Found::Secret(end),
            None => Found::Nothing(end),
        };
    }
    if is_any(&word[escaped..], &["CREATE", "ALTER"]) {
        let next = text.skip_space(end);
        let next = text.slice(next..text.word_end(next));
        // A statement begins with the next word, or something else is created.
        if is_any(next, &["CREATE", "ALTER"]) {
            return Found::Nothing(end);
        }
        let other = || {
            let object = object(text, start + escaped..end);
            is_any(text.slice(object.clone()), OBJECTS) || is_misspelt(text, object.start)
        };
        if !is_any(next, &["CONNECTION"]) && other() {
            seen.others.begin(end);
            if let Some(end) = command::identified(text, end, edits)
                .or_else(|| unwrapped::mask(text, floor, start + escaped, seen, edits))
                .or_else(|| remark::mask(text, floor, end, seen, edits))
            {
                return Found::Secret(end);
            }
            let set = if is_any(&word[escaped..], &["ALTER"]) { listed::set_behind(text, end) } else { None };
            return match set.and_then(|set| listed::mask(text, floor, end, set, seen, edits)) {
                Some(end) => Found::Secret(end),
                None => Found::Nothing(end),
            };
        }
        if is_any(next, &["SECRET"])
            && let Some(end) = lone::created(text, text.word_end(text.skip_space(end)), edits)
        {
            return Found::Secret(end);
        }
        if let Some(end) = stable::read(text, floor, start + escaped, edits) {
            return Found::Secret(arguments::mask(text, start, end, edits));
        }
    }
    if is_any(word, &["ENDPOINT", "TOKEN-ENDPOINT", "SSE-ENDPOINT"])
        && text.at(end) == b'\''
        && begins_line
        && !seen.others.reach(text, start)
        && let Some(end) = beginning::mask(text, floor, edits)
    {
        return Found::Secret(end);
    }
    if is_any(word, &["CONNECTOR", "CREATED", "CREATING"]) {
        return Found::Nothing(end);
    }
    if is_any(&word[escaped..], &["CONNECTION", "CREATE"])
        && let Some(end) = announced_before(text, start + escaped, seen).named(text, &word[escaped..], end)
    {
        return Found::Nothing(end);
    }
    if let Some((start, name)) =
        statement_around(text, floor, start, end).filter(|(start, _)| !says_head_only(text, *start))
    {
        displaced::mask_before(text, floor, start, edits);
        let end = stable::mask(text, floor, start, name, edits);
        let end = arguments::mask(text, start, end, edits);
        return Found::Secret(interrupted::mask(text, end, seen, edits));
    }
    if let Some(end) = headless::mask(text, floor, start..end, begins_line, seen, edits)
        .or_else(|| (text.at(end) == b'@' && url::user_of_oracle(text, floor, end, edits)).then_some(end))
        .or_else(|| token(text, floor, start, seen, edits))
        .or_else(|| remark::mask_misspelt(text, floor, start..end, seen, edits))
    {
        return Found::Secret(end);
    }
    if let Some(set) = set::before(text, floor, start)
        && let Some(end) = unwrapped::mask_set(text, floor, set - 3, seen, edits)
            .or_else(|| set::mask(text, floor, set, seen, edits))
    {
        return Found::Secret(end);
    }
    pairs::mask(text, floor, start..end, edits).map_or(Found::Nothing(end), Found::Secret)
}
