//! `lockkeeper sql`: run statements.

use crate::arguments::{Format, Input, Sql};
use crate::diagnostic::{Source, describe};
use crate::expand::{ExpandError, expand};
use crate::failure::Failure;
use crate::local::{Local, Open, block_on};
use crate::output::{Output, note};
use crate::render::json::{Line, Mistake};
use crate::render::{csv::csv, summary::summary, table::table, vertical::vertical};
use lockkeeper::grammar::{Kind, Statement, parse_statement, split};
use lockkeeper::redact::{Clean, clean};
use lockkeeper::{Code, Diagnostic, Outcome, Session, Status};
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// Runs all statements of all inputs, in order.
pub(crate) fn run(open: Open<'_>, arguments: Sql) -> Result<(), Failure> {
    block_on(execute(open, arguments))
}

async fn execute(open: Open<'_>, arguments: Sql) -> Result<(), Failure> {
    let local = Local::open(open, arguments.store)?;
    let session = local.session_in(&arguments.recording, arguments.beginning).await?;
    let mut script = Script {
        session,
        format: arguments.format,
        expand: arguments.expand,
        continue_on_error: arguments.continue_on_error,
        output: Output::new(),
        statements: 0,
        failed: None,
    };
    let inputs = if arguments.inputs.0.is_empty() {
        vec![None]
    } else {
        arguments.inputs.0.into_iter().map(Some).collect()
    };
    for input in inputs {
        let (name, text) = read(input)?;
        if !script.run(&name, &text).await? {
            break;
        }
    }
    script.output.flush()?;
    script.failed.map_or(Ok(()), Err)
}

/// The name of an input, for messages, and its text, which may hold secrets.
fn read(input: Option<Input>) -> Result<(Clean, Zeroizing<String>), Failure> {
    let (name, bytes) = match input {
        Some(Input::Text(text)) => (Clean::literal("command line"), Zeroizing::new(text.into_bytes())),
        Some(Input::File(path)) => {
            let bytes = std::fs::read(&path).map_err(|error| Failure::file(&path, error))?;
            (Clean::text(&path.display().to_string()), Zeroizing::new(bytes))
        }
        None => {
            let mut bytes = Zeroizing::new(Vec::new());
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            (Clean::literal("standard input"), bytes)
        }
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok((name, Zeroizing::new(text.to_owned()))),
        Err(error) => {
            let source = std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("not UTF-8 at byte {}", error.valid_up_to()),
            );
            Err(Failure::file(Path::new(name.as_ref()), source))
        }
    }
}

/// A run over one or more inputs.
struct Script {
    session: Session,
    format: Format,
    expand: bool,
    continue_on_error: bool,
    output: Output,
    statements: u64,
    failed: Option<Failure>,
}

impl Script {
    /// Runs the statements of an input; returns whether to go on with the next one.
    async fn run(&mut self, name: &Clean, text: &str) -> Result<bool, Failure> {
        for piece in split(text) {
            self.statements += 1;
            let source = Source { name, text, piece: piece.span };
            let sql = &text[piece.span.start..piece.span.end];
            let outcome = match parse_statement(sql) {
                Ok(statement) => self.execute(statement).await,
                Err(error) => Err((kind_of(sql), Mistakes::from(lockkeeper::Error::from(error)))),
            };
            match outcome {
                Ok((statement, outcome)) => self.report(&statement, &outcome)?,
                Err((kind, mistakes)) => {
                    self.report_failure(&source, kind, &mistakes)?;
                    self.failed = Some(match (mistakes.environment, self.failed.take()) {
                        (true, _) | (_, Some(Failure::StatementEnvironment)) => Failure::StatementEnvironment,
                        (false, _) => Failure::Statement,
                    });
                    if !self.continue_on_error {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    async fn execute(&mut self, mut statement: Statement) -> Result<(Statement, Outcome), (Kind, Mistakes)> {
        let kind = statement.kind();
        if self.expand {
            expand(&mut statement).map_err(|(span, error)| (kind, Mistakes::of_expand(span, &error)))?;
        }
        match self.session.run(&statement).await {
            Ok(outcome) => Ok((statement, outcome)),
            Err(error) => Err((kind, Mistakes::from(error))),
        }
    }

    fn report(&mut self, statement: &Statement, outcome: &Outcome) -> Result<(), Failure> {
        if self.format == Format::Json {
            self.output.json(&Line::done(self.statements, outcome))?;
            self.output.flush()?;
            return Ok(());
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
                Format::Csv => note(&text),
                _ => self.output.line(&text)?,
            }
        }
        // A person who watches a long script sees each line when it is done.
        Ok(self.output.flush()?)
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

/// The kind of a statement that does not parse, as far as its first words tell.
fn kind_of(sql: &str) -> Kind {
    Kind::likely(sql)
}
