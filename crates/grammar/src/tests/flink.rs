//! Agreement with the parser of Flink 2.3.0, statement by statement.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{AlterAction, Body, Kind, Like, Name, OptionEntry, Scope, Statement, Text, parse};

/// Texts of which we judge otherwise than Flink, and why.
///
/// The reason stands for every text whose error has the code; codes that Flink knows as well are not listed.
const EXCEPTIONS: [(&str, &str); 5] = [
    ("wildcard_in_name", "Flink reads `a.*` as a name, and refuses it in the next step"),
    ("unsupported_literal", "Flink reads X'..' where a string belongs, and crashes in the next step"),
    ("bad_unicode_escape", "Flink keeps half a surrogate pair, which no UTF-8 text can hold"),
    ("unsupported_clause", "Flink reads OR REPLACE and TEMPORARY before DATABASE, and forgets them"),
    ("statement_too_long", "Flink has no limit"),
];

#[test]
fn the_shared_cases_agree() {
    check(include_str!("../../../../tests/data/flink-parse.jsonl"));
}

#[test]
fn the_instructive_cases_agree() {
    check(include_str!("../../../../tests/data/flink-parse-more.jsonl"));
}

/// Compares with what `tests/flink/Oracle.java` has answered about any other texts.
#[test]
#[ignore = "needs a file of answers, named by LOCKKEEPER_FLINK_ANSWERS"]
fn other_cases_agree() {
    let path = std::env::var("LOCKKEEPER_FLINK_ANSWERS").expect("LOCKKEEPER_FLINK_ANSWERS names a file");
    check(&std::fs::read_to_string(path).expect("the file of answers is readable"));
}

/// Compares every text of a data file, and reports all that differ at once.
#[track_caller]
fn check(data: &str) {
    let differences: Vec<String> = data
        .lines()
        .filter_map(|line| {
            let flink: Value = serde_json::from_str(line).expect("every line is JSON");
            difference(&flink)
        })
        .collect();
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

fn difference(flink: &Value) -> Option<String> {
    let sql = flink["sql"].as_str().expect("every case has a text");
    let accepted = flink["ok"] == json!(true);
    let statements = match parse(sql) {
        Err(error) => {
            let excused = EXCEPTIONS.iter().any(|(code, _)| *code == error.code());
            return (accepted && !excused).then(|| format!("{sql:?}: we say {}", error.code()));
        }
        Ok(statements) => statements,
    };
    // Of what is not ours we judge the tokens only, and VALIDATE is our own.
    let foreign = |statement: &Statement| matches!(statement.kind(), Kind::Other | Kind::ValidateConnection);
    if !accepted {
        let excused = statements.iter().any(foreign);
        return (!excused).then(|| format!("{sql:?}: Flink says {}", flink["error"]));
    }
    if flink["count"] != json!(statements.len()) {
        return Some(format!("{sql:?}: we count {}", statements.len()));
    }
    let [statement] = statements.as_slice() else { return None };
    let ours = in_flinks_words(statement)?;
    let differs = |field: &&&str| match (ours.get(**field), flink.get(**field)) {
        // The first data file leaves these names out.
        (Some(_), None) if **field == "name" => {
            !matches!(&statement.body, Body::UseCatalog(_) | Body::UseDatabase(_))
        }
        (ours, flink) if **field == "resetKeys" => ours.map(key_set) != flink.map(key_set),
        (ours, flink) => ours != flink,
    };
    let fields: Vec<&&str> = FIELDS.iter().filter(|field| differs(field)).collect();
    (!fields.is_empty()).then(|| format!("{sql:?}: {fields:?} differ: we read {ours}"))
}

const FIELDS: [&str; 16] = [
    "kind",
    "name",
    "newName",
    "options",
    "resetKeys",
    "comment",
    "like",
    "notLike",
    "likeType",
    "preposition",
    "temporary",
    "system",
    "ifNotExists",
    "ifExists",
    "extended",
    "cascade",
];

/// Writes a statement as the data files have it; nothing for a statement of others.
fn in_flinks_words(statement: &Statement) -> Option<Value> {
    let mut words = json!({});
    let kind = match &statement.body {
        Body::CreateConnection(create) => {
            words["name"] = parts(&create.name);
            words["options"] = options(&create.options);
            text(&mut words, "comment", create.comment.as_ref());
            flag(&mut words, "temporary", create.temporary);
            flag(&mut words, "system", create.system);
            flag(&mut words, "ifNotExists", create.if_not_exists);
            "SqlCreateConnection"
        }
        Body::AlterConnection(alter) => {
            words["name"] = parts(&alter.name);
            flag(&mut words, "ifExists", alter.if_exists);
            match &alter.action {
                AlterAction::Set(set) => {
                    words["options"] = options(set);
                    "SqlAlterConnectionSet"
                }
                AlterAction::Reset(keys) => {
                    words["resetKeys"] = keys.iter().map(Text::as_str).collect();
                    "SqlAlterConnectionReset"
                }
                AlterAction::Rename(name) => {
                    words["newName"] = parts(name);
                    "SqlAlterConnectionRename"
                }
            }
        }
        Body::DropConnection(drop) => {
            words["name"] = parts(&drop.name);
            flag(&mut words, "temporary", drop.temporary);
            flag(&mut words, "system", drop.system);
            flag(&mut words, "ifExists", drop.if_exists);
            "SqlDropConnection"
        }
        Body::DescribeConnection(describe) => {
            words["name"] = parts(&describe.name);
            flag(&mut words, "extended", describe.extended);
            "SqlRichDescribeConnection"
        }
        Body::ShowConnections(show) => {
            shown(&mut words, show.scope.as_ref(), show.like.as_ref());
            "SqlShowConnections"
        }
        Body::ShowCreateConnection(show) => {
            words["name"] = parts(&show.name);
            "SqlShowCreateConnection"
        }
        Body::UseCatalog(r#use) => {
            words["name"] = parts(&r#use.name);
            "SqlUseCatalog"
        }
        Body::UseDatabase(r#use) => {
            words["name"] = parts(&r#use.name);
            "SqlUseDatabase"
        }
        Body::ShowCurrentCatalog => "SqlShowCurrentCatalog",
        Body::ShowCurrentDatabase => "SqlShowCurrentDatabase",
        Body::CreateDatabase(create) => {
            words["name"] = parts(&create.name);
            words["options"] = options(&create.options);
            text(&mut words, "comment", create.comment.as_ref());
            flag(&mut words, "ifNotExists", create.if_not_exists);
            "SqlCreateDatabase"
        }
        Body::DropDatabase(drop) => {
            words["name"] = parts(&drop.name);
            flag(&mut words, "ifExists", drop.if_exists);
            flag(&mut words, "cascade", drop.cascade);
            "SqlDropDatabase"
        }
        Body::ShowDatabases(show) => {
            shown(&mut words, show.scope.as_ref(), show.like.as_ref());
            "SqlShowDatabases"
        }
        Body::ShowCatalogs(show) => {
            shown(&mut words, None, show.like.as_ref());
            "SqlShowCatalogs"
        }
        Body::ValidateConnection(_) | Body::Other(_) => return None,
    };
    words["kind"] = json!(kind);
    Some(words)
}

/// Flink keeps keys to reset as a set.
fn key_set(keys: &Value) -> BTreeSet<&str> {
    keys.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn parts(name: &Name) -> Value {
    name.parts.iter().map(|part| part.value.as_str()).collect()
}

fn options(options: &[OptionEntry]) -> Value {
    // Of duplicates the last counts, as in Flink.
    let last: BTreeMap<&str, &str> =
        options.iter().map(|entry| (entry.key.as_str(), entry.value.as_str())).collect();
    json!(last)
}

fn shown(words: &mut Value, scope: Option<&Scope>, like: Option<&Like>) {
    words["name"] = scope.map_or(json!([]), |scope| parts(&scope.name));
    if let Some(scope) = scope {
        words["preposition"] = json!(scope.preposition.as_str());
    }
    if let Some(like) = like {
        words["like"] = json!(like.pattern.as_str());
        words["likeType"] = json!(if like.case_insensitive { "ILIKE" } else { "LIKE" });
        flag(words, "notLike", like.negated);
    }
}

fn text(words: &mut Value, field: &str, text: Option<&Text>) {
    if let Some(text) = text {
        words[field] = json!(text.as_str());
    }
}

fn flag(words: &mut Value, field: &str, set: bool) {
    if set {
        words[field] = json!(true);
    }
}
