//! Types of columns, which stand behind names as values do.

/// Types of columns that are written with a size or another type in brackets, of Flink and of the databases beside it.
const SIZED_TYPES: [&str; 43] = [
    "array",
    "bigint",
    "binary",
    "bit",
    "blob",
    "bytes",
    "char",
    "character",
    "datetime",
    "datetime2",
    "datetime64",
    "dec",
    "decimal",
    "double",
    "enum",
    "fixedstring",
    "float",
    "geometry",
    "int",
    "integer",
    "interval",
    "lowcardinality",
    "map",
    "mediumint",
    "nchar",
    "nullable",
    "number",
    "numeric",
    "nvarchar",
    "nvarchar2",
    "smallint",
    "string",
    "text",
    "time",
    "timestamp",
    "timestamp_ltz",
    "timestamp_ntz",
    "timestamptz",
    "tinyint",
    "varbinary",
    "varchar",
    "varchar2",
    "vector",
];

/// Whether a value is the type of a column, and its size: `DECIMAL(10`, also with its bracket closed and what comes next.
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

fn is_type(word: &[u8]) -> bool {
    SIZED_TYPES.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word))
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
            "nullable(string",
        ] {
            assert!(is_sized_type(value.as_bytes()), "{value}");
        }
        for value in ["SUMMER(2024", "decimal", "decimal(", "varchar(x7Yq", "(10", "int(7)x7Yq"] {
            assert!(!is_sized_type(value.as_bytes()), "{value}");
        }
    }
}
