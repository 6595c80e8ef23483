//! Statements whose lines a log has put apart: before each stands a time, a level or a source, which need not be the same, and others
//! may have written between them.
//!
//! A line belongs to a statement if what stands before it has the shape of what stands before the first, and what it says could come
//! next.

mod layout;
mod progress;
mod shape;

use crate::edit::Edits;
use crate::seen::Seen;
use crate::sql::lex::Text;
use crate::statement::recognise::is_any;
use crate::statement::resync::{begins_other, is_exception};
use crate::value::listed::look_within;
use crate::wrapping::colour;
use crate::wrapping::lines::behind_alike;
use layout::Layout;
use progress::Progress;
use std::ops::Range;

/// How long a line may be, and how many are looked at.
const LONGEST_LINE: usize = 4096;
const MOST_LINES: usize = 96;
/// How long a statement may be, with what stands between its lines.
const LONGEST: usize = 1 << 14;
/// How many lines of others may stand between two of a statement.
const MOST_OTHERS: usize = 8;

/// What of a text is a statement whose lines stand apart.
pub(crate) struct Records {
    /// What stands between its parts, each with one line break at least.
    pub(crate) gaps: Vec<Range<usize>>,
    pub(crate) end: usize,
    /// Each part is a string, with escapes.
    pub(crate) in_string: bool,
    /// The parts are one text without a blank between them.
    pub(crate) hard: bool,
    /// Lines that begin alike do not tell all of its parts.
    pub(crate) odd: bool,
}

impl Records {
    /// The statement that begins at `start`, if it goes on on other lines.
    pub(crate) fn of(text: &Text<'_>, start: usize) -> Option<Self> {
        let line = text.slice(start..text.find_either([b'\n'; 2], start, LONGEST_LINE)?).trim_ascii_end();
        let ends = line.ends_with(b"')") || line.ends_with(b";");
        // A comment may end so, too.
        if ends && memchr::memmem::find(line, b"--").is_none() {
            return None;
        }
        let layout = Layout::of(text, start)?;
        let in_string = matches!(layout, Layout::Label(_));
        let cell = if let Layout::Cell(cell) = &layout { Some(cell.hard) } else { None };
        let first = layout.first(text, start)?;
        let mut progress = Progress::of(text, start);
        progress.advance(text, first.clone(), in_string);
        let (hard, odd) = (cell == Some(true), cell.is_some());
        let mut records = Self { gaps: Vec::new(), end: first.end, in_string, hard, odd };
        let (mut line, mut others, mut strangers) = (start, 0, false);
        for _ in 0..MOST_LINES {
            if progress.has_ended() {
                break;
            }
            progress.doubt(|signs| layout.goes_on_to(text, line, signs));
            let Some(end) = text.find_either([b'\n'; 2], line, LONGEST_LINE) else { break };
            line = end + 1;
            if line >= text.len() || line > start + LONGEST {
                break;
            }
            let part = layout.next(text, line);
            let part = part.map(|part| if hard { part } else { without_escapes(text, part, in_string) });
            let alike = || behind_alike(text, start, line).map(|from| text.skip_space(from));
            match part {
                Some(part) if cell.is_some() || progress.takes(text, part.clone()) => {
                    if progress.may_end() && begins_another(text, part.start) || part.start <= records.end {
                        break;
                    }
                    records.odd = records.odd || strangers || alike() != Some(part.start);
                    records.gaps.push(records.end..part.start);
                    records.end = part.end;
                    progress.advance(text, part, in_string);
                    (others, strangers) = (0, false);
                    continue;
                }
                Some(part) if progress.may_end() || begins_another(text, part.start) => break,
                None if cell.is_some() => break,
                // It may be a part of the statement.
                None if !begins_other(text, line) && !is_exception(text, line) => return None,
                _ if others == MOST_OTHERS => break,
                _ => (others, strangers) = (others + 1, strangers || alike().is_none()),
            }
        }
        (!records.gaps.is_empty()).then_some(records)
    }

    /// Masks what has to be masked between the parts before `end`.
    pub(crate) fn mask_gaps(&self, text: &Text<'_>, end: usize, edits: &mut Edits) {
        for gap in self.gaps.iter().take_while(|gap| gap.start < end) {
            let mut found = Edits::default();
            let line =
                memchr::memchr(b'\n', text.slice(gap.clone())).map_or(gap.start, |at| gap.start + at + 1);
            look_within(text, line, line..gap.end, &[], &mut Seen::default(), &mut found);
            for edit in found.as_slice().iter().filter(|edit| edit.range.end <= gap.end) {
                edits.cover(edit.range.clone(), edit.with, edit.rule);
            }
        }
    }

    /// Where the gap ends that begins at a position.
    pub(crate) fn behind_gap(&self, at: usize) -> Option<usize> {
        let gap = self.gaps.partition_point(|gap| gap.start < at);
        self.gaps.get(gap).filter(|gap| gap.start == at).map(|gap| gap.end)
    }
}

/// Whether a statement begins here that is looked at by itself.
fn begins_another(text: &Text<'_>, at: usize) -> bool {
    is_any(text.slice(at..text.word_end(at)), &["ALTER", "CREATE", "SET"])
}

/// A part without the blanks and colours before it, in a string also without blanks that are escaped.
fn without_escapes(text: &Text<'_>, part: Range<usize>, in_string: bool) -> Range<usize> {
    let mut start = colour::skip(text, part.start).min(part.end);
    while in_string && start + 1 < part.end && matches!(text.ahead(start, 2), b"\\t" | b"\\n" | b"\\r") {
        start = text.skip_space(start + 2).min(part.end);
    }
    start..part.end
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn what_stands_before_the_lines_may_differ() {
        for before in [
            ["web-1  | ", "worker-12  | ", "db | ", "web-2  | ", "a | ", "b-7 | "],
            [
                "2026-01-02 10:00:00 INFO a.b.C - ",
                "2026-01-02 10:00:00 WARN d.E - ",
                "2026-01-02 10:00:01 ERROR f - ",
                "2026-01-02 10:00:01 INFO a.b.C - ",
                "2026-01-02 10:00:02 DEBUG g.h.I.J - ",
                "2026-01-02 10:00:02 INFO k - ",
            ],
            ["[INFO] ab: ", "[WARN] c: ", "[ERROR] de: ", "[INFO] f: ", "[TRACE] g: ", "[INFO] h: "],
        ] {
            for parts in [
                [
                    "CREATE",
                    "CONNECTION c",
                    "WITH (",
                    "'username' = 'made-up'",
                    ", 'endpoint' = 'https://h.example'",
                    ");",
                ],
                ["ALTER CONNECTION", "c SET", "(", "'username'", "=", "'made-up');"],
                ["CREATE TABLE t (", "a INT)", "WITH (", "'s3.secret-key'", "= ", " 'made-up');"],
            ] {
                let lines = before.iter().zip(parts).map(|(before, part)| format!("{before}{part}\n"));
                let text = lines.collect::<String>();
                check(&text, &text.replace("made-up", "<REDACTED>"));
            }
        }
    }

    #[test]
    fn others_write_between_the_lines() {
        let text = "I0304 10:00:00.1 1 a.cc:7] CREATE CONNECTION c WITH (\n\
            I0304 10:00:00.2 1 b.cc:9] user doesn't own x\n\
            I0304 10:00:00.2 1 a.cc:8] 'username'\n\
            Caused by: a.b.C: no\n\tat a.b.C(D.java:7)\n\
            I0304 10:00:00.3 1 a.cc:9] = 'made-up', 'x'\n\
            I0304 10:00:00.3 1 a.cc:9]  = 'made-\n\
            I0304 10:00:00.3 1 a.cc:9] up' )\n\
            I0304 10:00:00.3 1 a.cc:9] ; \n\
            I0304 10:00:00.3 1 a.cc:9] 'made up' is done\n";
        let masked = text.replace("'made-\n", "'<REDACTED>'\n").replace("] up' )", "]  )");
        check(text, &masked.replace("= 'made-up'", "= '<REDACTED>'"));
    }

    #[test]
    fn a_table_breaks_statements_in_its_cells() {
        let text = |user: [&str; 2], value: &str| {
            format!(
                "| Statement | CREATE CONNECTION c WITH ('type' = |\n|           | '{}', 'endpoint' = 'https://h.example/{} |\n\
                 |           | api-version=1', 'username' = |\n|           | '{value}'); |\n| Status    | RUNNING |\n",
                user[0], user[1]
            )
        };
        // The masks move the bars.
        let text = text(["rest", "a?"], "made-up");
        check(&text, &text.replace("made-up", "<REDACTED>"));
        check(
            "| a | SELECT 1; SET 'sql.secret |\n|   | s.b' = 'made-up-mad |\n|   | e'; |\n| b |  |\n",
            "| a | SELECT 1; SET 'sql.secret |\n|   | s.b' = '<REDACTED>' |\n|   | ; |\n| b |  |\n",
        );
    }

    #[test]
    fn parts_may_stand_in_strings() {
        let text = "time=10:00 level=info svc=a msg=\"CREATE CONNECTION c WITH (\"\n\
            time=10:00 level=info svc=b msg=\"'username' = 'made-up',\" job=a\n\
            time=10:00 level=warn svc=c msg=\"no\"\n\
            time=10:00 level=info svc=d msg=\"\\t'x' = 'made-up')\" job=b\n";
        check(text, &text.replace("made-up", "<REDACTED>"));
    }
}
