//! Types of columns, which stand behind names as values do.

use crate::sql::keyword::is_keyword;

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
