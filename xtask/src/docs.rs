//! `cargo xtask docs`: documents that follow from the code.

use crate::Failure;
use lockkeeper::Code;
use lockkeeper::grammar::ParseError;
use lockkeeper::model::{
    Class, ConnectionType, MAX_NAME_CHARACTERS, MAX_SECRET_BYTES, OptionKey, ProblemCode,
};
use std::fmt::Write as _;
use xshell::Shell;

/// Writes the documents, or says which of them are not current.
pub(crate) fn run(shell: &Shell, check: bool) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for (path, text) in [("docs/errors.md", errors()?), ("docs/connection-types.md", connection_types()?)] {
        match check {
            true if shell.read_file(path).ok().as_deref() == Some(text.as_str()) => {}
            true => stale.push(path),
            false => shell.write_file(path, text)?,
        }
    }
    match stale.is_empty() {
        true => Ok(()),
        false => Err(format!("not current: {}; run cargo xtask docs", stale.join(", ")).into()),
    }
}

fn errors() -> Result<String, Failure> {
    let mut text = String::from(
        "# Error codes\n\n\
         <!-- Written by `cargo xtask docs`. -->\n\n\
         Codes are stable: programs may compare them. Messages are for people and may change.\n\
         The exit status of the program is 1 if a statement failed, 2 for wrong usage, 3 if the environment failed.\n",
    );
    let mut table = |title: &str, intro: &str, codes: Vec<(&str, &str)>| -> Result<(), Failure> {
        write!(text, "\n## {title}\n\n{intro}\n\n| code | meaning |\n|---|---|\n")?;
        for (code, meaning) in codes {
            writeln!(text, "| `{code}` | {meaning} |")?;
        }
        Ok(())
    };
    table("Syntax", "The text is not a statement.", ParseError::CODES.to_vec())?;
    let problems = ProblemCode::ALL.iter().map(|code| (code.as_str(), code.meaning())).collect();
    table("Options", "The options are wrong; all mistakes of a statement are reported at once.", problems)?;
    table("Execution", "The statement is right, and cannot be executed as things are.", Code::OWN.to_vec())?;
    let program = vec![
        (
            "expansion_failed",
            "With `--expand`: an environment variable is not set, or a file cannot be read.",
        ),
        ("invalid_utf8", "`lockkeeper parse`: the text is not UTF-8."),
    ];
    table("Program", "Only the program has these.", program)?;
    Ok(text)
}

fn connection_types() -> Result<String, Failure> {
    let mut text = format!(
        "# Connection types\n\n\
         <!-- Written by `cargo xtask docs`. -->\n\n\
         Keys and types are read in any case, and `_` counts as `-`. `type` and `endpoint` are always needed; where\n\
         there are several ways to authenticate, exactly one is given. A secret has at most {MAX_SECRET_BYTES} bytes, a\n\
         name at most {MAX_NAME_CHARACTERS} characters.\n\n\
         | type | authentication, one of | further options | endpoint, for example |\n|---|---|---|---|\n"
    );
    let keys = |keys: &[OptionKey]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    for known in ConnectionType::ALL {
        let mut ways: Vec<String> = known
            .auth_groups()
            .iter()
            .map(|group| match group.optional() {
                [] => keys(group.required()),
                optional => format!("{} [{}]", keys(group.required()), keys(optional)),
            })
            .collect();
        if known.may_lack_credential() {
            ways.push("none, as `'token' = ''`".to_owned());
        }
        let form = known.endpoint_form();
        let row =
            [known.name(), &ways.join("<br>"), &keys(known.own_options()), &format!("`{}`", form.example)];
        writeln!(text, "| {} |", row.join(" | "))?;
    }
    text.push_str(
        "\nPlain `http` (and `mongodb`, `couchbase`) is for hosts on this machine only.\n\n\
         ## Options\n\n\
         A *secret* and an *identifier* are sealed and masked; an option that is not in this table is a secret.\n\n\
         | option | class | name in REST |\n|---|---|---|\n",
    );
    for key in OptionKey::ALL {
        let class = match key.class() {
            Class::Plain => "plain",
            Class::Identifier => "identifier",
            Class::Secret => "secret",
        };
        writeln!(text, "| `{key}` | {class} | `{}` |", key.wire_name())?;
    }
    Ok(text)
}
