//! Secrets that were given where other users see them.

use crate::arguments::Input;
use crate::output::note;
use lockkeeper::grammar::{AlterAction, Body, OptionEntry, Statement, split_and_parse};
use lockkeeper::model::{Class, OptionKey};
use lockkeeper::redact::{Clean, check};

/// Warns once if a text on the command line holds a secret. It is too late for this one, and not for the next.
pub(crate) fn warn(inputs: &[Input], expands: bool) {
    let holds = |input: &Input| match input {
        Input::Text(text) => holds_secret(text, expands),
        Input::File(_) => false,
    };
    if inputs.iter().any(holds) {
        note(&Clean::literal(
            "warning: there is a secret in an argument, where other users and the shell's history may see it\n  \
             help: give statements by -f or standard input, or write '${env:NAME}' or '${file:PATH}' in its place \
             with --expand",
        ));
    }
}

fn holds_secret(text: &str, expands: bool) -> bool {
    split_and_parse(text).any(|(piece, statement)| match statement {
        Ok(Statement { body: Body::CreateConnection(create), .. }) => is_shown(&create.options, expands),
        Ok(Statement { body: Body::AlterConnection(alter), .. }) => match &alter.action {
            AlterAction::Set(options) => is_shown(options, expands),
            AlterAction::Reset(_) | AlterAction::Rename(_) => false,
        },
        // What is no statement of ours, or a mistyped one.
        _ => !check(&text[piece.span.start..piece.span.end]).is_empty(),
    })
}

fn is_shown(options: &[OptionEntry], expands: bool) -> bool {
    options.iter().any(|OptionEntry { key, value, .. }| {
        let secret = OptionKey::find(key.as_str()).is_none_or(|key| key.class() == Class::Secret);
        let elsewhere = expands && value.as_str().contains("${");
        secret && !elsewhere && !value.as_str().is_empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_references_and_plain_options() {
        let create = |options: &str| format!("SHOW CONNECTIONS; CREATE CONNECTION c WITH ({options});");
        let plain = create("'type' = 'openai', 'endpoint' = 'https://a.example'");
        let secret = create("'type' = 'openai', 'api-key' = 'made-up'");
        let reference = create("'type' = 'openai', 'api-key' = '${env:NAME}'");
        assert!(!holds_secret(&plain, false));
        assert!(holds_secret(&secret, false) && holds_secret(&secret, true));
        assert!(holds_secret(&reference, false) && !holds_secret(&reference, true));
        assert!(holds_secret("ALTER CONNECTION c SET ('ap-key' = 'made-up')", true));
        assert!(holds_secret("CREATE CONNECTION c WITH ('api-key' = 'made-up'", true));
        assert!(!holds_secret("ALTER CONNECTION c RENAME TO d; USE e", true));
    }
}
