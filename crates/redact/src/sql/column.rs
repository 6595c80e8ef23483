//! Types of columns, which stand behind names as values do.

use crate::sql::keyword::is_keyword;
use crate::statement::recognise::is_any;

/// Types of columns that are written with a size or another type in brackets, of Flink and of the databases beside it.
const SIZED_TYPES: [&str; 43] = [
    "ARRAY",
    "BIGINT",
    "BINARY",
    "BIT",
    "BLOB",
    "BYTES",
    "CHAR",
    "CHARACTER",
    "DATETIME",
    "DATETIME2",
    "DATETIME64",
    "DEC",
    "DECIMAL",
    "DOUBLE",
    "ENUM",
    "FIXEDSTRING",
    "FLOAT",
    "GEOMETRY",
    "INT",
    "INTEGER",
    "INTERVAL",
    "LOWCARDINALITY",
    "MAP",
    "MEDIUMINT",
    "NCHAR",
    "NULLABLE",
    "NUMBER",
    "NUMERIC",
    "NVARCHAR",
    "NVARCHAR2",
    "SMALLINT",
    "STRING",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_LTZ",
    "TIMESTAMP_NTZ",
    "TIMESTAMPTZ",
    "TINYINT",
    "VARBINARY",
    "VARCHAR",
    "VARCHAR2",
    "VECTOR",
];

/// Types that have no size.
const TYPES: &[&str] = &["BOOL", "BOOLEAN", "DATE", "JSON", "MULTISET", "ROW", "SERIAL", "UUID", "VARIANT"];
/// Words that stand behind a type, and words with which what is said of several columns begins.
const CONSTRAINTS: &[&str] =
    &["COMMENT", "DEFAULT", "METADATA", "NOT", "NULL", "PRIMARY", "REFERENCES", "UNIQUE"];
const CLAUSES: &[&str] = &["CONSTRAINT", "FOREIGN", "PRIMARY", "UNIQUE", "WATERMARK"];

/// Whether a line defines a column, `id BIGINT NOT NULL`, or says something of several, `PRIMARY KEY (id) NOT ENFORCED`.
pub(crate) fn defines_column(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (Some(name), Some(kind)) = (words.next(), words.next()) else { return false };
    let kind = kind.split(|byte| b"(<".contains(byte)).next().unwrap_or_default();
    let typed = is_any(kind, &SIZED_TYPES) || is_any(kind, TYPES);
    is_any(name, CLAUSES) && matches!(line.trim_ascii_start().first(), Some(b'A'..=b'Z'))
        || typed
            && words
                .find(|word| !matches!(word, [.., b')' | b'>']))
                .is_some_and(|word| is_any(word, CONSTRAINTS))
}

/// Whether a value is the type of a column, and its size, `DECIMAL(10`, also with its bracket closed and what comes next.
pub(crate) fn is_sized_type(value: &[u8]) -> bool {
    let Some(bracket) = value.iter().position(|byte| *byte == b'(') else { return false };
    let size = &value[bracket + 1..];
    let end = size.iter().position(|byte| *byte == b')').unwrap_or(size.len());
    let (size, rest) = size.split_at(end);
    let apart = rest.len() < 2 || rest[1] == b',' || rest[1..].iter().all(u8::is_ascii_alphabetic);
    is_type(&value[..bracket])
        && apart
        && !size.is_empty()
        && (size.iter().all(|byte| byte.is_ascii_digit() || *byte == b',')
            || size.eq_ignore_ascii_case(b"max")
            || is_type(size))
}

/// Whether a word is a type, perhaps misspelt.
fn is_type(word: &[u8]) -> bool {
    SIZED_TYPES.iter().any(|name| is_keyword(word, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_columns_are_no_sentences() {
        for line in [
            "  id BIGINT NOT NULL",
            "`a-b` decimal(10, 2) not null comment",
            "r ROW<a INT> METADATA VIRTUAL",
            "PRIMARY KEY (id) NOT ENFORCED",
        ] {
            assert!(defines_column(line.as_bytes()), "{line}");
        }
        for line in ["this time it is not", "primary node is up", "the int was lost", "a date", ""] {
            assert!(!defines_column(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn types_are_known_in_any_case_and_nothing_else_is() {
        for value in [
            "DECIMAL(10",
            "decimal(10,2",
            "Varchar(20)",
            "dec(3)not",
            "varchar(20),name",
            "nvarchar(max",
            "DECIAL(10",
            "nullable(string",
        ] {
            assert!(is_sized_type(value.as_bytes()), "{value}");
        }
        for value in ["SUMMER(2024", "decimal", "decimal(", "varchar(x7Yq", "(10", "int(7)x7Yq"] {
            assert!(!is_sized_type(value.as_bytes()), "{value}");
        }
    }
}
