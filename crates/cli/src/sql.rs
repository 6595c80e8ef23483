//! `lockkeeper sql`: run statements.

use crate::arguments::{Format, Sql};
use crate::diagnostic::{Source, describe};
use crate::expand::{ExpandError, expand};
use crate::failure::Failure;
use crate::local::{Open, block_on, session};
use crate::output::{Output, note};
use crate::reading::{Read, Reading};
use crate::render::json::{Line, Mistake};
use crate::render::{csv::csv, summary::summary, table::table, vertical::vertical};
use crate::visible;
use lockkeeper::grammar::{Kind, ParseError, Span, Statement};
use lockkeeper::redact::{Clean, clean};
use lockkeeper::{Code, Diagnostic, Outcome, Series, Session, Status};

/// How many statements are read ahead, for those that may share a commit.
const GROUP: usize = 512;

/// Runs all statements of all inputs, in order.
pub(crate) fn run(open: Open<'_>, arguments: Sql) -> Result<(), Failure> {
    block_on(execute(open, arguments))
}

async fn execute(open: Open<'_>, arguments: Sql) -> Result<(), Failure> {
    visible::warn(&arguments.inputs.0, arguments.expand);
    let mut script = Script {
        session: session(open, arguments.access).await?,
        expand: arguments.expand,
        report: Report::new(arguments.format, arguments.continue_on_error),
    };
    let inputs = if arguments.inputs.0.is_empty() {
        vec![None]
    } else {
        arguments.inputs.0.into_iter().map(Some).collect()
    };
    for input in inputs {
        if !script.run(Reading::open(input)?).await? {
            break;
        }
    }
    script.report.output.flush()?;
    script.report.failed.map_or(Ok(()), Err)
}

/// A run over one or more inputs.
struct Script {
    session: Session,
    expand: bool,
    report: Report,
}

impl Script {
    /// Runs the statements of an input; returns whether to go on with the next one.
    async fn run(&mut self, mut reading: Reading) -> Result<bool, Failure> {
        let Self { session, expand, report } = self;
        let mut group = Group::understand(&reading, 0, session, *expand).await;
        let mut done: Option<Done> = None;
        loop {
            if group.pieces.is_empty() {
                done.take().map_or(Ok(()), |done| report.tell(&done))?;
                if !reading.read_on(group.end)? {
                    return Ok(true);
                }
                group = Group::understand(&reading, 0, session, *expand).await;
                continue;
            }
            let end = group.end;
            // While a commit waits for the disk, there is time to tell of the one before, and for the next statements.
            let meanwhile = async |session: &Session| {
                let told = done.take().map_or(Ok(()), |done| report.tell(&done));
                (told, Group::understand(&reading, end, session, *expand).await)
            };
            let (outcomes, (told, following)) = session.run_prepared(&mut group.series, meanwhile).await;
            let ended = match told {
                Ok(()) if group.is_done(&outcomes) => {
                    done = Some(Done { series: group.series, outcomes });
                    Ok(true)
                }
                Ok(()) => report.go_on(session, &reading, group, outcomes).await,
                Err(failure) => Err(failure),
            };
            if !matches!(ended, Ok(true)) {
                following.series.discard().await;
                return ended;
            }
            group = following;
        }
    }
}

/// Statements of which all are done.
struct Done {
    series: Series,
    outcomes: Vec<Ran>,
}

/// What became of a statement.
type Ran = Result<Outcome, lockkeeper::Error>;

/// Tells what became of the statements.
struct Report {
    format: Format,
    continue_on_error: bool,
    output: Output,
    statements: u64,
    failed: Option<Failure>,
}

impl Report {
    fn new(format: Format, continue_on_error: bool) -> Self {
        Self { format, continue_on_error, output: Output::new(), statements: 0, failed: None }
    }

    /// Tells of a group of which nothing has failed.
    fn tell(&mut self, done: &Done) -> Result<(), Failure> {
        for (statement, outcome) in done.series.statements().iter().zip(done.outcomes.iter().flatten()) {
            self.statements += 1;
            self.report_outcome(statement, outcome)?;
        }
        // A person who watches a long script sees what is done.
        Ok(self.output.flush()?)
    }

    /// Tells what became of the first statements of a group, and runs the others, those together that may share a commit.
    async fn go_on(
        &mut self,
        session: &mut Session,
        reading: &Reading,
        group: Group,
        outcomes: Vec<Ran>,
    ) -> Result<bool, Failure> {
        let mut places = group.pieces.iter().map(|piece| reading.source(*piece));
        let mut waiting = group.series.statements();
        let mut reach = waiting.len();
        let mut first = Some(outcomes);
        while !waiting.is_empty() {
            let outcomes = match first.take() {
                Some(outcomes) => outcomes,
                None => session.run_first(&waiting[..reach.min(waiting.len())]).await,
            };
            // Where one has failed, others may, and what was sealed for them is sealed in vain.
            reach = if outcomes.iter().any(Result::is_err) { 1 } else { GROUP.min(2 * reach) };
            let (done, later) = waiting.split_at(outcomes.len());
            for ((statement, outcome), source) in done.iter().zip(outcomes).zip(&mut places) {
                let outcome = match outcome {
                    Ok(outcome) => Ok((statement, outcome)),
                    Err(error) => Err((statement.kind(), Mistakes::from(error))),
                };
                if !self.conclude(&source, outcome)? {
                    return Ok(false);
                }
            }
            self.output.flush()?;
            waiting = later;
        }
        match (group.mistake, places.next()) {
            (Some(mistake), Some(source)) => self.conclude(&source, Err(mistake)),
            _ => Ok(true),
        }
    }

    /// Reports what became of a statement; returns whether to go on.
    fn conclude(
        &mut self,
        source: &Source<'_>,
        outcome: Result<(&Statement, Outcome), (Kind, Mistakes)>,
    ) -> Result<bool, Failure> {
        self.statements += 1;
        match outcome {
            Ok((statement, outcome)) => self.report_outcome(statement, &outcome)?,
            Err((kind, mistakes)) => {
                self.report_failure(source, kind, &mistakes)?;
                self.failed = Some(match (mistakes.environment, self.failed.take()) {
                    (true, _) | (_, Some(Failure::StatementEnvironment)) => Failure::StatementEnvironment,
                    (false, _) => Failure::Statement,
                });
                return Ok(self.continue_on_error);
            }
        }
        Ok(true)
    }

    fn report_outcome(&mut self, statement: &Statement, outcome: &Outcome) -> Result<(), Failure> {
        if self.format == Format::Json {
            return Ok(self.output.json(&Line::done(self.statements, outcome))?);
        }
        let mut notes: Vec<Clean> =
            outcome.notices.iter().map(|notice| clean!("notice: {}", notice.clone())).collect();
        if let Status::Passed(_) = outcome.status {
            notes.push(clean!(
                "notice: statement {} is not about connections and was not run",
                Clean::from(self.statements)
            ));
        }
        match (self.format, outcome.columns.is_empty()) {
            (Format::Table, false) => self.output.line(&table(&outcome.columns, &outcome.rows))?,
            (Format::Vertical, false) => self.output.line(&vertical(&outcome.columns, &outcome.rows))?,
            (Format::Csv, false) => self.output.write(&csv(&outcome.columns, &outcome.rows))?,
            (_, _) => notes.extend(summary(statement, outcome)),
        }
        for text in notes {
            match self.format {
                Format::Csv => {
                    self.output.flush()?;
                    note(&text);
                }
                _ => self.output.line(&text)?,
            }
        }
        Ok(())
    }

    fn report_failure(
        &mut self,
        source: &Source<'_>,
        kind: Kind,
        mistakes: &Mistakes,
    ) -> Result<(), Failure> {
        self.output.flush()?;
        if self.format == Format::Json {
            let mistakes = mistakes.diagnostics.iter().map(|d| Mistake::new(d, source.position(d.span)));
            self.output.json(&Line::failed(self.statements, Some(kind), mistakes.collect()))?;
            return Ok(self.output.flush()?);
        }
        for diagnostic in &mistakes.diagnostics {
            note(&describe(source, diagnostic));
        }
        Ok(())
    }
}

/// Statements that follow each other, up to one that is no statement.
struct Group {
    /// Where they stand, that with the mistake included.
    pieces: Vec<Span>,
    /// Where the next one begins.
    end: usize,
    series: Series,
    mistake: Option<(Kind, Mistakes)>,
}

impl Group {
    /// Reads statements from a place on, and prepares them.
    async fn understand(reading: &Reading, start: usize, session: &Session, expands: bool) -> Self {
        let (mut pieces, mut statements) = (Vec::with_capacity(GROUP), Vec::with_capacity(GROUP));
        let (mut mistake, mut end) = (None, start);
        for Read { piece, next, statement } in reading.statements(start).take(GROUP) {
            pieces.push(piece);
            end = next;
            match understand(&reading.text()[piece.start..piece.end], statement, expands) {
                Ok(statement) => statements.push(statement),
                Err(wrong) => {
                    mistake = Some(wrong);
                    break;
                }
            }
        }
        Self { pieces, end, series: session.prepare(statements).await, mistake }
    }

    /// Whether these are the outcomes of all of it, and good ones.
    fn is_done(&self, outcomes: &[Ran]) -> bool {
        self.mistake.is_none()
            && outcomes.len() == self.series.statements().len()
            && outcomes.iter().all(Result::is_ok)
    }
}

fn understand(
    sql: &str,
    parsed: Result<Statement, ParseError>,
    expands: bool,
) -> Result<Statement, (Kind, Mistakes)> {
    let mut statement =
        parsed.map_err(|error| (Kind::likely(sql), Mistakes::from(lockkeeper::Error::from(error))))?;
    if expands {
        let kind = statement.kind();
        expand(&mut statement).map_err(|(span, error)| (kind, Mistakes::of_expand(span, &error)))?;
    }
    Ok(statement)
}

/// What is wrong with a statement, and whether the environment is to blame.
struct Mistakes {
    diagnostics: Vec<Diagnostic>,
    environment: bool,
}

impl From<lockkeeper::Error> for Mistakes {
    fn from(error: lockkeeper::Error) -> Self {
        Self { environment: error.is_environment(), diagnostics: error.diagnostics() }
    }
}

impl Mistakes {
    fn of_expand(span: lockkeeper::grammar::Span, error: &ExpandError) -> Self {
        let diagnostic = Diagnostic {
            code: Code::Own("expansion_failed"),
            message: Clean::text(&error.to_string()),
            hint: None,
            span,
        };
        Self { diagnostics: vec![diagnostic], environment: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Input;
    use lockkeeper::store::{MemorySecrets, MemoryStore, SecretStore};
    use lockkeeper::{Engine, Principal};
    use std::sync::Arc;

    /// Where secrets are kept apart from the catalog, those of the statements behind the one that fails are sealed
    /// already.
    #[tokio::test]
    async fn a_script_that_fails_leaves_no_secrets_of_what_it_did_not_do() {
        let secrets = Arc::new(MemorySecrets::new());
        let store = Arc::new(MemoryStore::new().unwrap());
        let engine = Engine::builder(store, secrets.clone()).unwrap().build();
        let mut script = Script {
            session: engine.session(Principal::new("me")),
            expand: false,
            report: Report::new(Format::Json, false),
        };
        let creation = |name: usize| {
            format!(
                "CREATE CONNECTION c{name} WITH ('type' = 'openai', 'endpoint' = 'https://a.example/v1', \
                 'api-key' = 'made-up');"
            )
        };
        // The tenth has a name that is taken.
        let text: String =
            (0..2 * GROUP).map(|number| creation(if number == 9 { 0 } else { number })).collect();
        let reading = Reading::open(Some(Input::Text(text))).ok().unwrap();
        assert!(!script.run(reading).await.ok().unwrap());
        assert_eq!(script.report.statements, 10);
        assert_eq!(secrets.list(None, 2 * GROUP).await.unwrap().len(), 9);
    }
}
