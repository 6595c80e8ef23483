//! `lockkeeper parse`: what texts say, as JSON, for tools and tests.

use crate::arguments::Parse;
use crate::failure::Failure;
use crate::output::Output;
use lockkeeper::grammar::{
    AlterAction, Body, Like, Name, OptionEntry, ParseError, Scope, Span, Statement, Text, parse,
};
use lockkeeper::model::{MASK, OptionKey};
use lockkeeper::redact::Clean;
use serde_json::{Map, Value, json};
use std::io::Read;
use zeroize::Zeroizing;

/// What a text says. Option values in it are masked unless they were asked for.
#[derive(serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Parsed(Value);

/// Prints one JSON line per text.
pub(crate) fn run(arguments: &Parse) -> Result<(), Failure> {
    let input = read(arguments)?;
    let mut output = Output::new();
    let texts: Vec<&[u8]> = match arguments.null {
        true => {
            let mut texts: Vec<_> = input.split(|byte| *byte == 0).collect();
            // A NUL ends a text; it does not begin another one.
            if texts.last().is_some_and(|last| last.is_empty()) {
                texts.pop();
            }
            texts
        }
        false => vec![&input],
    };
    for text in texts {
        output.parsed_json(&Parsed(parsed(text, arguments.reveal)))?;
    }
    Ok(output.flush()?)
}

fn read(arguments: &Parse) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let Some(path) = &arguments.file else {
        let mut bytes = Zeroizing::new(Vec::new());
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    };
    std::fs::read(path).map(Zeroizing::new).map_err(|error| Failure::file(path, error))
}

fn parsed(bytes: &[u8], reveal: bool) -> Value {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let end = Span { start: before.len(), end: before.len() };
            return refused("invalid_utf8", "the text is not UTF-8", end.position(&before));
        }
    };
    match parse(text) {
        Ok(statements) => {
            let statements: Vec<_> = statements.iter().map(|statement| said(statement, reveal)).collect();
            json!({"ok": true, "statements": statements})
        }
        Err(error) => refused_by_grammar(&error, text),
    }
}

fn refused_by_grammar(error: &ParseError, text: &str) -> Value {
    refused(error.code(), &error.to_string(), error.position(text))
}

fn refused(code: &str, message: &str, position: lockkeeper::grammar::Position) -> Value {
    let message = Clean::text(message);
    json!({"ok": false, "error": {
        "code": code, "message": message.as_ref(), "line": position.line, "column": position.column,
    }})
}

/// What a statement says, field by field; clauses that are not there are left out.
fn said(statement: &Statement, reveal: bool) -> Value {
    let mut fields = Fields { map: Map::new(), reveal };
    fields.put("kind", statement.kind().as_str());
    match &statement.body {
        Body::CreateConnection(create) => {
            fields.name(&create.name);
            fields.flag("or_replace", create.or_replace);
            fields.flag("temporary", create.temporary);
            fields.flag("system", create.system);
            fields.flag("if_not_exists", create.if_not_exists);
            fields.comment(create.comment.as_ref());
            fields.options(&create.options);
        }
        Body::AlterConnection(alter) => {
            fields.name(&alter.name);
            fields.flag("if_exists", alter.if_exists);
            match &alter.action {
                AlterAction::Set(options) => {
                    fields.put("action", "SET");
                    fields.options(options);
                }
                AlterAction::Reset(keys) => {
                    fields.put("action", "RESET");
                    fields.keys(keys);
                }
                AlterAction::Rename(new_name) => {
                    fields.put("action", "RENAME");
                    fields.put("new_name", parts(new_name));
                }
            }
        }
        Body::DropConnection(drop) => {
            fields.name(&drop.name);
            fields.flag("temporary", drop.temporary);
            fields.flag("system", drop.system);
            fields.flag("if_exists", drop.if_exists);
        }
        Body::DescribeConnection(describe) => {
            fields.name(&describe.name);
            fields.flag("extended", describe.extended);
        }
        Body::ShowCreateConnection(show) => fields.name(&show.name),
        Body::ValidateConnection(validate) => fields.name(&validate.name),
        Body::ShowConnections(show) => {
            fields.scope(show.scope.as_ref());
            fields.like(show.like.as_ref());
        }
        Body::ShowDatabases(show) => {
            fields.scope(show.scope.as_ref());
            fields.like(show.like.as_ref());
        }
        Body::ShowCatalogs(show) => fields.like(show.like.as_ref()),
        Body::UseCatalog(used) => fields.name(&used.name),
        Body::UseDatabase(used) => fields.name(&used.name),
        Body::CreateDatabase(create) => {
            fields.name(&create.name);
            fields.flag("if_not_exists", create.if_not_exists);
            fields.comment(create.comment.as_ref());
            fields.options(&create.options);
        }
        Body::DropDatabase(drop) => {
            fields.name(&drop.name);
            fields.flag("if_exists", drop.if_exists);
            fields.flag("cascade", drop.cascade);
        }
        Body::Other(other) => {
            let connections: Vec<_> =
                other.references.iter().map(|reference| parts(&reference.name)).collect();
            fields.put("connections", connections);
        }
        _ => {}
    }
    Value::Object(fields.map)
}

struct Fields {
    map: Map<String, Value>,
    reveal: bool,
}

impl Fields {
    fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.map.insert(key.to_owned(), value.into());
    }

    fn flag(&mut self, key: &str, set: bool) {
        if set {
            self.put(key, true);
        }
    }

    fn name(&mut self, name: &Name) {
        self.put("name", parts(name));
    }

    /// A text as it is if all is to be shown, else as the redactor shows it.
    fn text(&self, text: &str, clean: fn(&str) -> Clean) -> String {
        if self.reveal { text.to_owned() } else { clean(text).into_string() }
    }

    fn comment(&mut self, comment: Option<&Text>) {
        if let Some(comment) = comment {
            self.put("comment", self.text(comment.as_str(), Clean::remark));
        }
    }

    fn options(&mut self, options: &[OptionEntry]) {
        let value = |option: &OptionEntry| match self.reveal {
            true => option.value.as_str().to_owned(),
            false => MASK.to_owned(),
        };
        let key = |option: &OptionEntry| match !self.reveal && is_swapped(option) {
            true => MASK.to_owned(),
            false => self.text(option.key.as_str(), Clean::key),
        };
        let pairs: Vec<_> = options.iter().map(|option| json!([key(option), value(option)])).collect();
        self.put("options", pairs);
    }

    /// The keys of a RESET, each once, as Flink keeps them.
    fn keys(&mut self, keys: &[Text]) {
        let mut once: Vec<String> = Vec::new();
        for key in keys {
            let key = self.text(key.as_str(), Clean::key);
            if !once.contains(&key) {
                once.push(key);
            }
        }
        self.put("keys", once);
    }

    fn scope(&mut self, scope: Option<&Scope>) {
        if let Some(scope) = scope {
            self.put("preposition", scope.preposition.as_str());
            self.put("from", parts(&scope.name));
        }
    }

    fn like(&mut self, like: Option<&Like>) {
        if let Some(like) = like {
            self.put(
                if like.case_insensitive { "ilike" } else { "like" },
                self.text(like.pattern.as_str(), Clean::text),
            );
            self.flag("not_like", like.negated);
        }
    }
}

fn parts(name: &Name) -> Vec<&str> {
    name.parts.iter().map(|part| part.value.as_str()).collect()
}

/// Whether key and value stand in each other's place, so that the key may be the secret.
fn is_swapped(option: &OptionEntry) -> bool {
    OptionKey::find(option.key.as_str()).is_none() && OptionKey::find(option.value.as_str()).is_some()
}
