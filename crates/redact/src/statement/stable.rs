//! Masks a statement so that masking it again changes nothing.
//!
//! A well-formed statement stays one when its values are masked. Of a broken one the masks may mend a part, and what
//! was in doubt is then read in another way. So what comes out is masked again, until nothing is left to mask.

use crate::edit::{Edits, Rule};
use crate::prose::commented::open_comment;
use crate::sql::lex::{Text, is_name};
use crate::statement::ending::Region;
use crate::statement::recognise::statement_around;
use crate::statement::{broken, written};
use crate::wrapping::lines::line_start;
use crate::wrapping::records::Records;
use crate::wrapping::view::View;

/// How often what comes out is masked again before all behind the name goes.
const ROUNDS: usize = 4;
/// How much of a statement is copied at first; of most it is all.
const COPIED: usize = 2048;
/// How much of what follows the statement is looked at again.
const AHEAD: usize = 1024;

/// Masks the statement that begins at `start`, and whose name should stand at `name`; its line begins at `floor`.
///
/// Returns its end.
pub(crate) fn mask(text: &Text<'_>, floor: usize, start: usize, name: usize, edits: &mut Edits) -> usize {
    if let Some(end) = read(text, floor, start, edits) {
        return end;
    }
    let mut found = Edits::default();
    let mut end = mask_unread(text, floor, start, name, &mut found);
    if found.as_slice().is_empty() {
        return end;
    }
    let mut rounds = 0;
    // What stands before every line may stand before the floor.
    let line = line_start(text, floor);
    loop {
        found.keep_lines(text.slice(0..text.len()));
        let Some(more) = Masked::of(text, line, end, &found).mask_again(text, floor, start) else { break };
        rounds += 1;
        if rounds > ROUNDS {
            // What comments say before the name stays masked.
            found.truncate(found.as_slice().partition_point(|edit| edit.range.end <= name));
            let last = text.slice(name..end).trim_ascii_end().len();
            found.push(name..name + last, " '<REDACTED>'", Rule::ConnectionLiteral);
            break;
        }
        end = end.max(more.end);
        found = more.edits;
    }
    for edit in found.as_slice() {
        edits.push(edit.range.clone(), edit.with, edit.rule);
    }
    end
}

/// Reads a well-formed statement as it stands. In a string, what looks like the end of a literal may be escaped.
pub(crate) fn read(text: &Text<'_>, floor: usize, start: usize, edits: &mut Edits) -> Option<usize> {
    let before = edits.len();
    let end = written::read(text, start, edits)?;
    if memchr::memchr(b'\\', text.slice(start..end)).is_some() && View::is_in_string(text, floor, start) {
        edits.truncate(before);
        return None;
    }
    Some(end)
}

/// Masks a statement that cannot be read as it stands: without what it is wrapped in, or as a broken one.
fn mask_unread(text: &Text<'_>, floor: usize, start: usize, name: usize, edits: &mut Edits) -> usize {
    // To find the end of a broken one takes longer.
    let mut length = COPIED;
    loop {
        match read_in(View::of(text, floor, start, start + length).as_ref(), text, edits) {
            Ok(Some(end)) => return end,
            Ok(None) => break,
            Err(Cut) => length *= 8,
        }
    }
    if let Some(end) = mask_records(text, start, name, edits) {
        return end;
    }
    let region = Region::of(text, start, name);
    let mut length = COPIED;
    loop {
        match mask_copied(text, floor, start, &region, start + length, edits) {
            Ok(end) => return end.unwrap_or_else(|| broken::mask(text, start, &region, edits)),
            Err(Cut) => length *= 8,
        }
    }
}

/// Masks a statement whose lines a log has put apart.
fn mask_records(text: &Text<'_>, start: usize, name: usize, edits: &mut Edits) -> Option<usize> {
    let records = Records::of(text, start)?;
    let odd = records.odd;
    // The marks of a diff say that there are two texts.
    let named =
        records.gaps.first().is_some_and(|gap| text.slice(gap.clone()).iter().any(u8::is_ascii_alphanumeric));
    let view = View::of_records(text, start, records);
    let read = view.mask(text, edits, |inner, found| written::read(inner, 0, found));
    if read.is_some() {
        return read;
    }
    view.mask(text, edits, |inner, found| {
        let region = Region::of(inner, 0, view.position(name));
        // A string, or what a shell has in quotes, may go on over such lines.
        let limit = inner.len() + COPIED;
        let layered = named.then(|| View::of(inner, 0, 0, limit)).flatten();
        let read = read_in(layered.as_ref(), inner, found).ok().flatten();
        if read.is_some() || !odd {
            return read;
        }
        let whole = mask_copied(inner, 0, 0, &region, limit, found).ok().flatten();
        whole.or_else(|| Some(broken::mask(inner, 0, &region, found)))
    })
}

/// A copy ended too early.
struct Cut;

/// Masks a statement without what it is wrapped in, in copies that end at `limit` at the latest; as it stands, it ends
/// with its region.
fn mask_copied(
    text: &Text<'_>,
    floor: usize,
    start: usize,
    region: &Region,
    limit: usize,
    edits: &mut Edits,
) -> Result<Option<usize>, Cut> {
    let view = View::of(text, floor, start, limit);
    if let Some(end) = read_in(view.as_ref(), text, edits)? {
        return Ok(Some(end));
    }
    // Where one thing stands in another, each sign is taken by itself.
    let any = View::of_any(text, start, region.end, limit);
    if let Some(end) = read_in(any.as_ref(), text, edits)? {
        return Ok(Some(end));
    }
    let view = [view, any].into_iter().flatten().find(|view| !view.may_go_on(text));
    let Some(view) = view else { return Ok(None) };
    mask_in(&view, text, edits, |inner, found| {
        let name = view.position(region.from);
        Some(broken::mask(inner, 0, &Region::of(inner, 0, name), found))
    })
}

fn read_in(view: Option<&View>, text: &Text<'_>, edits: &mut Edits) -> Result<Option<usize>, Cut> {
    let Some(view) = view else { return Ok(None) };
    mask_in(view, text, edits, |inner, found| written::read(inner, 0, found))
}

fn mask_in(
    view: &View,
    text: &Text<'_>,
    edits: &mut Edits,
    mask: impl FnOnce(&Text<'_>, &mut Edits) -> Option<usize>,
) -> Result<Option<usize>, Cut> {
    let mut settled = true;
    let end = view.mask(text, edits, |inner, found| {
        let end = mask(inner, found);
        settled = inner.is_settled();
        end.filter(|_| settled)
    });
    if settled { Ok(end) } else { Err(Cut) }
}

/// A copy of a text in which a statement is masked.
struct Masked<'e> {
    bytes: Vec<u8>,
    /// Where the copy begins in the source.
    line: usize,
    edits: &'e Edits,
}

/// What has to be masked in all, and where the statement ends then.
struct More {
    edits: Edits,
    end: usize,
}

impl<'e> Masked<'e> {
    fn of(text: &Text<'_>, line: usize, end: usize, edits: &'e Edits) -> Self {
        let mut bytes = Vec::with_capacity(end - line + AHEAD);
        let mut at = line;
        for edit in edits.as_slice() {
            bytes.extend_from_slice(text.slice(at..edit.range.start));
            bytes.extend_from_slice(edit.with.as_bytes());
            at = edit.range.end;
        }
        bytes.extend_from_slice(text.slice(at..end.max(at) + AHEAD));
        Self { bytes, line, edits }
    }

    /// What a second run would mask; `None` if nothing.
    fn mask_again(&self, source: &Text<'_>, floor: usize, start: usize) -> Option<More> {
        let ends = self.place(source.len()) <= self.bytes.len();
        let text = Text::new(&self.bytes, !ends || source.ends()).commented(open_comment(source, self.line));
        let (floor, start) = (floor - self.line, start - self.line);
        let mut word = start;
        while is_name(text.at(word)) {
            word += 1;
        }
        let mut found = Edits::default();
        let statement = statement_around(&text, floor, start, word);
        let end = statement.map(|(start, name)| {
            let end = read(&text, floor, start, &mut found);
            end.unwrap_or_else(|| mask_unread(&text, floor, start, name, &mut found))
        });
        if !text.is_settled() {
            source.end();
        }
        found.keep_lines(&self.bytes);
        // Masks that stand already may be written anew.
        let changes =
            found.as_slice().iter().any(|edit| text.slice(edit.range.clone()) != edit.with.as_bytes());
        let end = end.filter(|_| changes)?;
        Some(More { edits: self.merged(&found), end: self.source(end, true) })
    }

    /// The edits of the source that stand for those of the source and then those of the copy.
    fn merged(&self, found: &Edits) -> Edits {
        let mut all: Vec<_> = found
            .as_slice()
            .iter()
            .map(|edit| {
                (
                    self.source(edit.range.start, false)..self.source(edit.range.end, true),
                    edit.with,
                    edit.rule,
                )
            })
            .collect();
        for edit in self.edits.as_slice() {
            if !all.iter().any(|(range, ..)| range.start < edit.range.end && edit.range.start < range.end) {
                all.push((edit.range.clone(), edit.with, edit.rule));
            }
        }
        all.sort_by_key(|(range, ..)| range.start);
        let mut edits = Edits::default();
        for (range, with, rule) in all {
            edits.push(range, with, rule);
        }
        edits
    }

    /// Where a position of the source stands in the copy.
    fn place(&self, source: usize) -> usize {
        let before = self.edits.as_slice().iter().filter(|edit| edit.range.end <= source);
        before.fold(source - self.line, |at, edit| at + edit.with.len() - edit.range.len())
    }

    /// Where a position of the copy stands in the source; for one inside of a mask, the start or the end of what it
    /// stands for.
    fn source(&self, position: usize, at_end: bool) -> usize {
        let (mut copy, mut source) = (0, self.line);
        for edit in self.edits.as_slice() {
            let kept = edit.range.start - source;
            if position < copy + kept || (position == copy + kept && at_end) {
                break;
            }
            copy += kept + edit.with.len();
            source = edit.range.end;
            if position < copy {
                return if at_end { source } else { edit.range.start };
            }
        }
        source + (position - copy)
    }
}

#[cfg(test)]
mod tests {
    use crate::redact;

    #[track_caller]
    fn check(text: &str) {
        let once = redact(text).into_owned();
        assert_eq!(redact(&once), once);
        assert!(!once.contains("made-up"), "{once}");
    }

    #[test]
    fn a_second_run_finds_nothing_more() {
        check("ALTER CONNECTION IF 'EXISTS a.`b`\nSET ( 'api-key' =\n    'made-up') ;");
        check("ALTER CONNECTION c\nSET ( '\nttoken' =\n    'made-up');");
        check(
            "CREATE CONNECTION c WITH (’type’=’openai’,’token’=’made-up’,/*’api-key’ = ’made-up’,*/’x’=’made-up`)’ )",
        );
        check("ALTER CONNECTION c SET ('token' = 'made-up'api-key' = 'made-up'aws-access-key' = 'made-up')");
        check(
            "CREATE CONNECTION c WITH ('k'='made-up', /*'api-key' = 'made-up', 'type'='PINECONE'));\n\nCREATE CONNECTION d WITH (/* made-up */ 'type' = 'rest');",
        );
        check(
            "GET /q=CREATE%20CONNECTION%20c%20WITH%20%28%27x%27%3D%27made-up%27%2C%20%27scope%27%3D%27read%20write%27%29&y=1",
        );
        check("<sql>ALTER CONNECTION c SET (&apos;x&apos; = &apos;made-up);</sql>");
    }
}
