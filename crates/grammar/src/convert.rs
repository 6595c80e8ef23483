//! From pest's pairs to the tree: one function per node.

use pest::iterators::{Pair, Pairs};
use zeroize::Zeroizing;

use crate::error::{Expected, ParseError, ParseErrorKind};
use crate::syntax::{Rule, syntax_error};
use crate::{
    AlterAction, AlterConnection, Body, ClauseSpans, ConnectionReference, CreateConnection, CreateDatabase,
    DescribeConnection, DropConnection, DropDatabase, Ident, Like, Name, OptionEntry, Other, Preposition,
    Scope, ShowCatalogs, ShowConnections, ShowCreateConnection, ShowDatabases, Span, Statement, Text,
    UseCatalog, UseDatabase, ValidateConnection, keywords, literal,
};

type Read<T> = Result<T, ParseError>;

/// The longest part of a name, in UTF-16 units.
const MAX_IDENTIFIER: usize = 256;

/// Builds nodes from pairs of a part of a text.
#[derive(Clone, Copy)]
pub(crate) struct Converter {
    /// Where the part begins in the text.
    pub(crate) base: usize,
}

impl Converter {
    /// Builds the statement that `pair` is.
    pub(crate) fn statement(self, pair: Pair<'_, Rule>) -> Read<Statement> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let clauses = self.clauses(pair.into_inner())?;
        let body = match rule {
            Rule::create_connection => Body::CreateConnection(clauses.create_connection(span)?),
            Rule::alter_connection => Body::AlterConnection(clauses.alter_connection(span)?),
            Rule::drop_connection => Body::DropConnection(clauses.drop_connection(span)?),
            Rule::describe_connection => Body::DescribeConnection(DescribeConnection {
                extended: clauses.extended,
                name: clauses.name(span)?,
            }),
            Rule::show_connections => {
                Body::ShowConnections(ShowConnections { scope: clauses.scope, like: clauses.like })
            }
            Rule::show_create_connection => {
                Body::ShowCreateConnection(ShowCreateConnection { name: clauses.name(span)? })
            }
            Rule::validate_connection => {
                Body::ValidateConnection(ValidateConnection { name: clauses.name(span)? })
            }
            Rule::use_catalog => Body::UseCatalog(UseCatalog { name: clauses.name(span)? }),
            Rule::use_database => Body::UseDatabase(UseDatabase { name: clauses.name(span)? }),
            Rule::show_current_catalog => Body::ShowCurrentCatalog,
            Rule::show_current_database => Body::ShowCurrentDatabase,
            Rule::create_database => Body::CreateDatabase(clauses.create_database(span)?),
            Rule::drop_database => Body::DropDatabase(clauses.drop_database(span)?),
            Rule::show_databases => {
                Body::ShowDatabases(ShowDatabases { scope: clauses.scope, like: clauses.like })
            }
            Rule::show_catalogs => Body::ShowCatalogs(ShowCatalogs { like: clauses.like }),
            _ => return Err(unmatched(span)),
        };
        Ok(Statement { body, span })
    }

    fn clauses(self, pairs: Pairs<'_, Rule>) -> Read<Clauses> {
        let mut clauses = Clauses::default();
        for pair in pairs {
            match pair.as_rule() {
                Rule::name | Rule::simple_name => clauses.name = Some(self.name(pair)?),
                Rule::options => clauses.options = self.options(pair.into_inner())?,
                Rule::or_replace => clauses.spans.or_replace = Some(self.span(&pair)),
                Rule::kw_system => clauses.spans.system = Some(self.span(&pair)),
                Rule::kw_temporary if clauses.spans.system.is_none() => {
                    clauses.spans.temporary = Some(self.span(&pair));
                }
                Rule::if_not_exists | Rule::if_exists => clauses.spans.existence = Some(self.span(&pair)),
                Rule::comment => clauses.comment = self.last_text(pair),
                Rule::kw_extended => clauses.extended = true,
                Rule::kw_cascade => clauses.cascade = true,
                Rule::set_options | Rule::reset_options | Rule::rename_to => {
                    clauses.action = Some(self.action(pair)?);
                }
                Rule::from | Rule::from_catalog => clauses.scope = self.scope(pair)?,
                Rule::like | Rule::ilike => clauses.like = self.like(pair),
                // Key words that every statement of the kind has.
                _ => {}
            }
        }
        match clauses.spans {
            ClauseSpans { system: Some(at), temporary: None, .. } => {
                Err(ParseError::new(ParseErrorKind::SystemNeedsTemporary, at))
            }
            _ => Ok(clauses),
        }
    }

    fn action(self, pair: Pair<'_, Rule>) -> Read<AlterAction> {
        let (rule, span) = (pair.as_rule(), self.span(&pair));
        let mut parts =
            pair.into_inner().filter(|part| !matches!(part.as_rule(), Rule::kw_set | Rule::kw_reset));
        Ok(match rule {
            Rule::set_options => {
                let options = parts.next().ok_or_else(|| unmatched(span))?;
                AlterAction::Set(self.options(options.into_inner())?)
            }
            Rule::reset_options => AlterAction::Reset(parts.map(|key| self.text(key)).collect::<Read<_>>()?),
            _ => {
                let name = parts.find(|part| part.as_rule() == Rule::name).ok_or_else(|| unmatched(span))?;
                AlterAction::Rename(self.name(name)?)
            }
        })
    }

    fn scope(self, pair: Pair<'_, Rule>) -> Read<Option<Scope>> {
        let mut preposition = Preposition::From;
        let mut name = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_in => preposition = Preposition::In,
                Rule::name | Rule::simple_name => name = Some(self.name(part)?),
                _ => {}
            }
        }
        Ok(name.map(|name| Scope { preposition, name }))
    }

    fn like(self, pair: Pair<'_, Rule>) -> Option<Like> {
        let case_insensitive = pair.as_rule() == Rule::ilike;
        let negated = pair.clone().into_inner().any(|part| part.as_rule() == Rule::kw_not);
        self.last_text(pair).map(|pattern| Like { negated, case_insensitive, pattern })
    }

    /// The plain string that ends a clause such as `COMMENT '..'`.
    fn last_text(self, clause: Pair<'_, Rule>) -> Option<Text> {
        let literal = clause.into_inner().last()?;
        Some(Text::read(literal::quoted(literal.as_str()), self.span(&literal)))
    }

    fn options(self, mut literals: Pairs<'_, Rule>) -> Read<Vec<OptionEntry>> {
        let mut options = Vec::with_capacity(literals.len() / 2);
        while let (Some(key), Some(value)) = (literals.next(), literals.next()) {
            let (key, value) = (self.text(key)?, self.text(value)?);
            let span = key.span().to(value.span());
            options.push(OptionEntry { key, value, span });
        }
        Ok(options)
    }

    fn text(self, literal: Pair<'_, Rule>) -> Read<Text> {
        let (source, span) = (literal.as_str(), self.span(&literal));
        let value = match literal.as_rule() {
            Rule::plain => source.get(1..source.len() - 1).unwrap_or_default().to_owned().into(),
            Rule::escaped => literal::escaped(source).map_err(|kind| ParseError::new(kind, span))?,
            _ => self.joined(literal.into_inner(), span)?,
        };
        Ok(Text::read(value, span))
    }

    fn joined(self, parts: Pairs<'_, Rule>, span: Span) -> Read<Zeroizing<String>> {
        let wrong = |kind| ParseError::new(kind, span);
        let escape = self.uescape(parts.clone())?;
        let literals = parts.filter(|part| part.as_rule() != Rule::uescape);
        let Some(first) = literals.clone().next() else { return Err(unmatched(span)) };
        let prefix = first.as_str().split('\'').next().unwrap_or_default();
        let sources = literals.enumerate().map(|(at, part)| match at {
            0 => &part.as_str()[prefix.len()..],
            _ => part.as_str(),
        });
        match (first.as_rule(), escape) {
            (Rule::binary, _) => return Err(wrong(ParseErrorKind::UnsupportedLiteral)),
            (Rule::unicode, escape) => {
                return literal::unicode(sources, escape.map_or('\\', |(letter, _)| letter)).map_err(wrong);
            }
            (_, Some((_, at))) => return Err(ParseError::new(ParseErrorKind::UnexpectedUescape, at)),
            _ => {}
        }
        let mut value = Zeroizing::new(String::with_capacity(span.end - span.start));
        for source in sources {
            value.push_str(&literal::quoted(source));
        }
        if first.as_rule() == Rule::charset {
            literal::check_character_set(prefix, &value).map_err(wrong)?;
        }
        Ok(value)
    }

    /// The character of the `UESCAPE` that may end a literal, and where the clause stands.
    fn uescape(self, parts: Pairs<'_, Rule>) -> Read<Option<(char, Span)>> {
        let Some(uescape) = parts.last().filter(|part| part.as_rule() == Rule::uescape) else {
            return Ok(None);
        };
        let span = self.span(&uescape);
        let literal = uescape.into_inner().last().ok_or_else(|| unmatched(span))?;
        match literal::escape_character(literal.as_str()) {
            Ok(letter) => Ok(Some((letter, span))),
            Err(kind) => Err(ParseError::new(kind, self.span(&literal))),
        }
    }

    fn name(self, pair: Pair<'_, Rule>) -> Read<Name> {
        let span = self.span(&pair);
        let parts = pair.into_inner().map(|part| self.ident(part)).collect::<Read<_>>()?;
        Ok(Name { parts, span })
    }

    fn ident(self, part: Pair<'_, Rule>) -> Read<Ident> {
        let (source, span) = (part.as_str(), self.span(&part));
        let wrong = |kind| Err(ParseError::new(kind, span));
        let value = match part.as_rule() {
            Rule::word => match keywords::reserved(source) {
                Some(word) => return wrong(ParseErrorKind::ReservedWord { word }),
                None => source.to_owned(),
            },
            Rule::quoted_word => literal::quoted_word(source),
            Rule::unicode_word => self.unicode_word(part)?,
            _ => return wrong(ParseErrorKind::WildcardInName),
        };
        // No text has more UTF-16 units than bytes.
        if value.len() > MAX_IDENTIFIER {
            let length = value.encode_utf16().count();
            if length > MAX_IDENTIFIER {
                return wrong(ParseErrorKind::IdentifierTooLong { length });
            }
        }
        Ok(Ident { value, span })
    }

    fn unicode_word(self, part: Pair<'_, Rule>) -> Read<String> {
        let span = self.span(&part);
        let escape = self.uescape(part.clone().into_inner())?.map_or('\\', |(letter, _)| letter);
        let literal = part.into_inner().next().ok_or_else(|| unmatched(span))?;
        let value =
            literal::unicode_word(literal.as_str(), escape).map_err(|kind| ParseError::new(kind, span))?;
        Ok(value.as_str().to_owned())
    }

    fn span(self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span { start: self.base + span.start(), end: self.base + span.end() }
    }
}

/// What stands in a statement of ours, before it is known what the statement needs.
#[derive(Default)]
struct Clauses {
    spans: ClauseSpans,
    extended: bool,
    cascade: bool,
    name: Option<Name>,
    comment: Option<Text>,
    options: Vec<OptionEntry>,
    action: Option<AlterAction>,
    scope: Option<Scope>,
    like: Option<Like>,
}

impl Clauses {
    fn name(self, statement: Span) -> Read<Name> {
        self.name.ok_or_else(|| unmatched(statement))
    }

    fn create_connection(self, statement: Span) -> Read<CreateConnection> {
        let Self { spans, comment, options, name, .. } = self;
        Ok(CreateConnection {
            or_replace: spans.or_replace.is_some(),
            temporary: spans.temporary.is_some(),
            system: spans.system.is_some(),
            if_not_exists: spans.existence.is_some(),
            name: name.ok_or_else(|| unmatched(statement))?,
            comment,
            options,
            clauses: spans,
        })
    }

    fn alter_connection(self, statement: Span) -> Read<AlterConnection> {
        match (self.name, self.action) {
            (Some(name), Some(action)) => {
                Ok(AlterConnection { if_exists: self.spans.existence.is_some(), name, action })
            }
            _ => Err(unmatched(statement)),
        }
    }

    fn drop_connection(self, statement: Span) -> Read<DropConnection> {
        let spans = self.spans;
        Ok(DropConnection {
            temporary: spans.temporary.is_some(),
            system: spans.system.is_some(),
            if_exists: spans.existence.is_some(),
            name: self.name(statement)?,
            clauses: spans,
        })
    }

    fn create_database(self, statement: Span) -> Read<CreateDatabase> {
        self.refuse_ignored_words()?;
        let Self { spans, comment, options, name, .. } = self;
        let name = name.ok_or_else(|| unmatched(statement))?;
        Ok(CreateDatabase { if_not_exists: spans.existence.is_some(), name, comment, options })
    }

    fn refuse_ignored_words(&self) -> Read<()> {
        match self.spans.or_replace.or(self.spans.temporary) {
            Some(at) => Err(ParseError::new(ParseErrorKind::UnsupportedClause, at)),
            None => Ok(()),
        }
    }

    fn drop_database(self, statement: Span) -> Read<DropDatabase> {
        self.refuse_ignored_words()?;
        let (if_exists, cascade) = (self.spans.existence.is_some(), self.cascade);
        Ok(DropDatabase { if_exists, name: self.name(statement)?, cascade })
    }
}

impl Converter {
    /// Builds what is known of a statement of others.
    pub(crate) fn other(self, pair: Pair<'_, Rule>) -> Other {
        let mut other = Other { first_words: String::new(), references: Vec::new() };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::first_words => {
                    let words = part.into_inner().map_while(|word| keywords::keyword(word.as_str()));
                    other.first_words = words.collect::<Vec<_>>().join(" ");
                }
                Rule::using_connection | Rule::using_connections => {
                    for named in part.into_inner() {
                        // What is no name is the business of whoever runs the statement.
                        let name = match named.as_rule() {
                            Rule::name => self.name(named).ok(),
                            Rule::plain | Rule::joined | Rule::escaped => self.text(named).ok().map(whole),
                            _ => None,
                        };
                        name.into_iter().for_each(|name| refer(&mut other, name));
                    }
                }
                Rule::table_options => {
                    let options = part.into_inner().find(|part| part.as_rule() == Rule::options);
                    let options = options.and_then(|options| self.options(options.into_inner()).ok());
                    for OptionEntry { key, value, .. } in options.into_iter().flatten() {
                        if names_connection(key.as_str()) {
                            refer(&mut other, whole(value));
                        }
                    }
                }
                _ => {}
            }
        }
        other
    }
}

fn names_connection(key: &str) -> bool {
    const IDENTIFIER: &str = "connection.identifier";
    const SUFFIX: &str = ".connection";
    let suffix = key.len().checked_sub(SUFFIX.len()).filter(|at| *at > 0).and_then(|at| key.get(at..));
    key.eq_ignore_ascii_case(IDENTIFIER) || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(SUFFIX))
}

/// A name in a string is bare: its dots do not part it.
fn whole(text: Text) -> Name {
    let part = Ident { value: text.as_str().to_owned(), span: text.span() };
    Name { parts: vec![part], span: text.span() }
}

fn refer(other: &mut Other, name: Name) {
    let span = name.span;
    let reference = ConnectionReference { name, span };
    if !other.references.contains(&reference) {
        other.references.push(reference);
    }
}

/// The grammar gave what it cannot give. Refusing the text is the safe answer to our own mistake.
fn unmatched(span: Span) -> ParseError {
    ParseError { span, ..syntax_error(Expected(vec![Expected::STATEMENT]), "", 0) }
}
