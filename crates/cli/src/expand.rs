//! `${env:NAME}` and `${file:PATH}` in option values, so that SQL in git needs no secrets.

use lockkeeper::grammar::{AlterAction, Body, OptionEntry, Span, Statement};
use std::env::VarError;
use std::path::Path;
use zeroize::Zeroizing;

/// Why a reference could not be replaced. It holds names of variables and files, never their contents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExpandError {
    #[error("environment variable \"{0}\" is not set")]
    NotSet(String),
    #[error("environment variable \"{0}\" is not UTF-8")]
    NotText(String),
    #[error("file \"{0}\" cannot be read: {1}")]
    File(String, std::io::Error),
    #[error("a reference to the environment or a file is not closed")]
    NotClosed,
}

/// Replaces the references in all option values of a statement.
///
/// # Errors
/// The first reference that cannot be replaced, and where it stands.
pub(crate) fn expand(statement: &mut Statement) -> Result<(), (Span, ExpandError)> {
    let options = match &mut statement.body {
        Body::CreateConnection(create) => &mut create.options,
        Body::AlterConnection(alter) => match &mut alter.action {
            AlterAction::Set(options) => options,
            AlterAction::Reset(_) | AlterAction::Rename(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    for OptionEntry { value, .. } in options {
        if value.as_str().contains("${") {
            let span = value.span();
            let text = expanded(value.as_str()).map_err(|error| (span, error))?;
            value.replace(&text);
        }
    }
    Ok(())
}

/// A value with its references replaced; what they give is not looked at again.
fn expanded(value: &str) -> Result<Zeroizing<String>, ExpandError> {
    let mut text = Zeroizing::new(String::new());
    let mut rest = value;
    while let Some(at) = rest.find("${") {
        let (before, reference) = rest.split_at(at);
        if let Some(escaped) = before.strip_suffix('$') {
            text.push_str(escaped);
            text.push_str("${");
            rest = &reference[2..];
            continue;
        }
        text.push_str(before);
        let Some((scheme, _)) = reference[2..].split_once(':').filter(|(s, _)| matches!(*s, "env" | "file"))
        else {
            text.push_str("${");
            rest = &reference[2..];
            continue;
        };
        let end = reference.find('}').ok_or(ExpandError::NotClosed)?;
        let name = &reference[2 + scheme.len() + 1..end];
        text.push_str(&if scheme == "env" { variable(name)? } else { file(name)? });
        rest = &reference[end + 1..];
    }
    text.push_str(rest);
    Ok(text)
}

fn variable(name: &str) -> Result<Zeroizing<String>, ExpandError> {
    match std::env::var(name) {
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(VarError::NotPresent) => Err(ExpandError::NotSet(name.to_owned())),
        Err(VarError::NotUnicode(_)) => Err(ExpandError::NotText(name.to_owned())),
    }
}

/// A file's content without the line end that editors put at its end.
fn file(path: &str) -> Result<Zeroizing<String>, ExpandError> {
    let read = std::fs::read_to_string(Path::new(path)).map(Zeroizing::new);
    let mut content = read.map_err(|error| ExpandError::File(path.to_owned(), error))?;
    if content.ends_with('\n') {
        content.pop();
        if content.ends_with('\r') {
            content.pop();
        }
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "made-${env:HOME}-up\r\n").unwrap();
        let value = format!("a-${{file:{}}}-z", path.display());
        assert_eq!(*expanded(&value).unwrap(), "a-made-${env:HOME}-up-z");
        assert_eq!(*expanded("$${env:HOME} ${other} ${ $").unwrap(), "${env:HOME} ${other} ${ $");
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = |value| expanded(value).unwrap_err().to_string();
        insta::assert_snapshot!(text("${env:LOCKKEEPER_NO_SUCH}"), @r#"environment variable "LOCKKEEPER_NO_SUCH" is not set"#);
        insta::assert_snapshot!(text("${env:HOME"), @"a reference to the environment or a file is not closed");
    }
}
