//! The commands that read texts: `sql`, `parse`, `redact`.

use super::{Access, Format};
use clap::{ArgAction, Args, FromArgMatches, ValueEnum};
use std::path::PathBuf;

/// What is run, against which store, and how results are printed.
#[derive(Args)]
#[command(
    after_help = "Without -e and -f, statements are read from standard input. Do not write secrets on the \
                        command line, where other users can see them: use a file, or --expand with \
                        '${env:NAME}' or '${file:PATH}' in the place of the secret."
)]
pub(crate) struct Sql {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) access: Access,
    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Go on with the next statement after one that failed
    #[arg(long)]
    pub(crate) continue_on_error: bool,
    /// Replace ${env:NAME} and ${file:PATH} in option values; $${ stands for ${ itself
    #[arg(long)]
    pub(crate) expand: bool,
}

#[derive(Args)]
pub(crate) struct Parse {
    /// Inputs are texts that end with NUL; one line is printed for each
    #[arg(short = '0', long)]
    pub(crate) null: bool,
    /// Print the values of options as they are, secrets included
    #[arg(long)]
    pub(crate) reveal: bool,
    /// The file to read; standard input if there is none
    pub(crate) file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Redact {
    /// Change nothing; say where secrets stand, never which, and exit with 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,
    /// How --check reports
    #[arg(long, value_enum, default_value_t = Report::Text, requires = "check")]
    pub(crate) format: Report,
    /// The files to read; standard input if there is none
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Report {
    /// A line per place: file, line, column, rule
    Text,
    /// A JSON line per place
    Json,
    /// SARIF 2.1.0, for code review tools
    Sarif,
}

/// SQL texts and files in the order in which they stand on the command line.
pub(crate) struct Inputs(pub(crate) Vec<Input>);

pub(crate) enum Input {
    Text(String),
    File(PathBuf),
}

/// How the two options look to clap; their order among each other comes from the indexes it keeps.
#[derive(Args)]
struct UnorderedInputs {
    /// Run this text; may be given several times
    #[arg(short = 'e', long = "execute", value_name = "SQL", action = ArgAction::Append)]
    texts: Vec<String>,
    /// Run this file; may be given several times
    #[arg(short = 'f', long = "file", value_name = "FILE", action = ArgAction::Append)]
    files: Vec<PathBuf>,
}

impl FromArgMatches for Inputs {
    fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
        let UnorderedInputs { texts, files } = UnorderedInputs::from_arg_matches(matches)?;
        let indexes = |id| matches.indices_of(id).into_iter().flatten();
        let mut inputs: Vec<(usize, Input)> =
            indexes("texts").zip(texts.into_iter().map(Input::Text)).collect();
        inputs.extend(indexes("files").zip(files.into_iter().map(Input::File)));
        inputs.sort_by_key(|(index, _)| *index);
        Ok(Self(inputs.into_iter().map(|(_, input)| input).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Inputs {
    fn augment_args(command: clap::Command) -> clap::Command {
        UnorderedInputs::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        UnorderedInputs::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Arguments, Command};
    use clap::Parser;

    #[test]
    fn texts_and_files_keep_their_order() {
        let line = ["lockkeeper", "sql", "-f", "a.sql", "-e", "SHOW CONNECTIONS", "-f", "b.sql"];
        let Command::Sql(sql) =
            Arguments::try_parse_from(line).map(|a| a.command).unwrap_or_else(|e| panic!("{e}"))
        else {
            panic!("not sql")
        };
        let order: Vec<_> = sql
            .inputs
            .0
            .iter()
            .map(|input| match input {
                Input::Text(text) => text.clone(),
                Input::File(path) => path.display().to_string(),
            })
            .collect();
        assert_eq!(order, ["a.sql", "SHOW CONNECTIONS", "b.sql"]);
    }
}
