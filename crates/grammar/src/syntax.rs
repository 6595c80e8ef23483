//! The grammar's rules, which stay in this crate, and what to call them.

use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pairs;

use crate::error::{Expected, Found};
use crate::keywords::keyword;
use crate::{ParseError, ParseErrorKind, Span};

pub(crate) use rules::Rule;

mod rules {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar/words.pest"]
    #[grammar = "grammar/literals.pest"]
    #[grammar = "grammar/statements.pest"]
    pub(super) struct Grammar;
}

/// Matches `rule` at the start of `text`.
///
/// # Errors
///
/// A syntax error. pest's own error would print the source line, and so a secret: only its position and rules are
/// used.
pub(crate) fn parse(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, ParseError> {
    rules::Grammar::parse(rule, text).map_err(|error| {
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let rules = match error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives,
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        syntax_error(expected(&rules), text, at)
    })
}

/// Matches `rule` at the start of `text`, or says nothing about why not.
pub(crate) fn try_parse(rule: Rule, text: &str) -> Option<Pairs<'_, Rule>> {
    rules::Grammar::parse(rule, text).ok()
}

/// Measures how much of the start of `text` matches `rule`; nothing counts as 0.
pub(crate) fn measure(rule: Rule, text: &str) -> usize {
    try_parse(rule, text).and_then(|pairs| pairs.last().map(|pair| pair.as_span().end())).unwrap_or(0)
}

/// Measures the blanks and comments at the start of `text`.
pub(crate) fn measure_blanks(text: &str) -> usize {
    let plain = text.bytes().take_while(is_blank).count();
    plain + measure_if_comment(Rule::blanks, &text[plain..])
}

/// Measures the blanks, comments and semicolons at the start of `text`.
pub(crate) fn measure_separators(text: &str) -> usize {
    let plain = text.bytes().take_while(|byte| *byte == b';' || is_blank(byte)).count();
    plain + measure_if_comment(Rule::separators, &text[plain..])
}

/// A parser is made only where there may be a comment, which is seldom.
fn measure_if_comment(rule: Rule, rest: &str) -> usize {
    match rest.starts_with(['-', '/']) {
        true => measure(rule, rest),
        false => 0,
    }
}

/// Those of the rule `blank`.
fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\n' | 0x0c..=b'\r')
}

/// Says that something else was expected at `at`.
pub(crate) fn syntax_error(expected: Expected, text: &str, at: usize) -> ParseError {
    let (found, length) = look(&text[at..]);
    ParseError::new(ParseErrorKind::Syntax { expected, found }, Span { start: at, end: at + length })
}

/// Tells what kind of token `rest` begins with, and how long it is.
fn look(rest: &str) -> (Found, usize) {
    let Some(first) = rest.chars().next() else { return (Found::End, 0) };
    let string = [Rule::quoted, Rule::escaped, Rule::unicode, Rule::charset, Rule::binary]
        .map(|rule| measure(rule, rest))
        .into_iter()
        .max()
        .unwrap_or(0);
    if string > 0 {
        return (Found::String, string);
    }
    let word = measure(Rule::word, rest);
    if word > 0 {
        return (keyword(&rest[..word]).map_or(Found::Word, Found::KeyWord), word);
    }
    let found = match first {
        '"' => Found::DoubleQuote,
        '`' => return (Found::QuotedName, measure(Rule::quoted_word, rest).max(1)),
        '0'..='9' => Found::Number,
        '(' => Found::Symbol("("),
        ')' => Found::Symbol(")"),
        ',' => Found::Symbol(","),
        '.' => Found::Symbol("."),
        ';' => Found::Symbol(";"),
        '=' => Found::Symbol("="),
        '/' if rest.starts_with("/*+") => return (Found::Hint, 3),
        _ => Found::Sign,
    };
    (found, first.len_utf8())
}

fn expected(rules: &[Rule]) -> Expected {
    // That a literal could go on with a neighbour helps nobody who has forgotten a sign after it.
    let goes_on = |rule: &Rule| matches!(rule, Rule::quoted | Rule::kw_uescape | Rule::uescape);
    let wants_sign = rules.iter().any(|rule| matches!(rule, Rule::missing_comma | Rule::missing_equals));
    let mut names: Vec<&'static str> = Vec::new();
    for name in rules.iter().filter(|rule| !(wants_sign && goes_on(rule))).map(|rule| name_for_people(*rule))
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        names.push(Expected::STATEMENT);
    }
    Expected(names)
}

fn name_for_people(rule: Rule) -> &'static str {
    match rule {
        Rule::kw_alter => "ALTER",
        Rule::kw_begin => "BEGIN",
        Rule::kw_cascade => "CASCADE",
        Rule::kw_catalog => "CATALOG",
        Rule::kw_catalogs => "CATALOGS",
        Rule::kw_comment | Rule::comment => "COMMENT",
        Rule::kw_connection => "CONNECTION",
        Rule::kw_connections => "CONNECTIONS",
        Rule::kw_create => "CREATE",
        Rule::kw_current => "CURRENT",
        Rule::kw_database => "DATABASE",
        Rule::kw_databases => "DATABASES",
        Rule::kw_describe => "DESCRIBE",
        Rule::kw_drop => "DROP",
        Rule::kw_end => "END",
        Rule::kw_exists => "EXISTS",
        Rule::kw_explain => "EXPLAIN",
        Rule::kw_extended => "EXTENDED",
        Rule::kw_for => "FOR",
        Rule::kw_from => "FROM",
        Rule::kw_if => "IF",
        Rule::if_exists => "IF EXISTS",
        Rule::if_not_exists => "IF NOT EXISTS",
        Rule::kw_ilike | Rule::ilike => "ILIKE",
        Rule::kw_in => "IN",
        Rule::from | Rule::from_catalog => "FROM",
        Rule::kw_like | Rule::like => "LIKE",
        Rule::kw_modules => "MODULES",
        Rule::kw_not => "NOT",
        Rule::kw_options => "OPTIONS",
        Rule::kw_or | Rule::or_replace => "OR REPLACE",
        Rule::kw_plan => "PLAN",
        Rule::kw_rename | Rule::rename_to => "RENAME TO",
        Rule::kw_replace => "REPLACE",
        Rule::kw_reset | Rule::reset_options => "RESET",
        Rule::kw_restrict => "RESTRICT",
        Rule::kw_set | Rule::set_options => "SET",
        Rule::kw_show => "SHOW",
        Rule::kw_statement => "STATEMENT",
        Rule::kw_system => "SYSTEM",
        Rule::kw_temporary => "TEMPORARY",
        Rule::kw_to => "TO",
        Rule::kw_uescape | Rule::uescape => "UESCAPE",
        Rule::kw_use => "USE",
        Rule::kw_using => "USING",
        Rule::kw_validate => "VALIDATE",
        Rule::kw_with => "WITH",
        Rule::opening_bracket | Rule::options => "(",
        Rule::closing_bracket => ")",
        Rule::missing_comma => ",",
        Rule::missing_equals => "=",
        Rule::name | Rule::simple_name | Rule::chain | Rule::plain_part | Rule::clause_word => Expected::NAME,
        Rule::word | Rule::quoted_word | Rule::unicode_word | Rule::unicode_quoted | Rule::star => {
            Expected::NAME
        }
        Rule::plain
        | Rule::quoted
        | Rule::joined
        | Rule::unicode
        | Rule::charset
        | Rule::binary
        | Rule::escaped => Expected::STRING,
        Rule::text | Rule::option | Rule::plain_option => Expected::STRING,
        Rule::end_of_statement => Expected::END,
        Rule::gap
        | Rule::loose_gap
        | Rule::blank
        | Rule::blanks
        | Rule::line_comment
        | Rule::block_comment
        | Rule::separators => "a blank",
        Rule::letter | Rule::word_part | Rule::word_end | Rule::glued => "a letter",
        Rule::open | Rule::close | Rule::comma | Rule::equals | Rule::lexeme | Rule::symbol => "a sign",
        Rule::statement
        | Rule::ours
        | Rule::create_connection
        | Rule::alter_connection
        | Rule::drop_connection
        | Rule::describe_connection
        | Rule::show_connections
        | Rule::show_create_connection
        | Rule::validate_connection
        | Rule::scope_words
        | Rule::ignored_words
        | Rule::unless_exists
        | Rule::use_catalog
        | Rule::use_database
        | Rule::create_database
        | Rule::drop_database
        | Rule::show_current_catalog
        | Rule::show_current_database
        | Rule::show_databases
        | Rule::show_catalogs
        | Rule::piece
        | Rule::tokens
        | Rule::statement_set
        | Rule::set_end
        | Rule::nearly_ours
        | Rule::connection_head
        | Rule::database_head
        | Rule::show_head
        | Rule::modifier
        | Rule::other
        | Rule::first_words
        | Rule::reference
        | Rule::using_connection
        | Rule::using_connections
        | Rule::table_options => Expected::STATEMENT,
    }
}
