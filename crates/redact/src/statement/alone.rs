//! A text that is one CONNECTION statement, written as the manual has it: what most callers redact.
//!
//! Everything in it is known, so nothing else has to be looked for. What is not exactly so is left to the engine, which would
//! mask the same: the tests compare both.

use crate::edit::Edits;
use crate::secret::issuers::is_known_token;
use crate::sql::lex::Text;
use crate::statement::written::Reader;

/// How long such a text is at most.
const LONGEST: usize = 4096;

/// Notes what has to be masked in a text that is one statement and nothing else; `None` if it is not.
pub(crate) fn read(bytes: &[u8]) -> Option<Edits> {
    if bytes.len() > LONGEST || !matches!(bytes.first(), Some(b'A' | b'C' | b'a' | b'c')) {
        return None;
    }
    let text = Text::new(bytes, true);
    let mut edits = Edits::default();
    Reader::within(&text, 0, 0, &mut edits).alone()?;
    Some(edits)
}

impl Reader<'_, '_> {
    fn alone(mut self) -> Option<()> {
        if self.exact(b"CREATE") {
            if self.exact(b"OR") && !self.exact(b"REPLACE") {
                return None;
            }
            let _scope = self.exact(b"TEMPORARY") || self.exact(b"SYSTEM");
        } else if !self.exact(b"ALTER") {
            return None;
        }
        if !self.exact(b"CONNECTION") {
            return None;
        }
        if self.exact(b"IF") {
            let _negation = self.exact(b"NOT");
            if !self.exact(b"EXISTS") {
                return None;
            }
        }
        self.name_of_words()?;
        if !self.exact(b"WITH") && !self.exact(b"SET") {
            return None;
        }
        self.list_of_simple_entries()?;
        self.at = self.text.skip_blank(self.at);
        if self.text.at(self.at) == b';' {
            self.at = self.text.skip_blank(self.at + 1);
        }
        (self.at == self.text.len()).then_some(())
    }

    /// Skips a key word that is spelt as it should be.
    fn exact(&mut self, keyword: &[u8]) -> bool {
        let start = self.text.skip_blank(self.at);
        let end = self.text.word_end(start);
        let found = self.text.slice(start..end).eq_ignore_ascii_case(keyword);
        if found {
            self.at = end;
        }
        found
    }

    /// Skips a name whose parts are words, in backticks or not.
    fn name_of_words(&mut self) -> Option<()> {
        loop {
            let start = self.text.skip_blank(self.at);
            let quote = usize::from(self.text.at(start) == b'`');
            let end = self.text.word_end(start + quote);
            let word = self.text.slice(start + quote..end);
            let closed = quote == 0 || self.text.at(end) == b'`';
            if word.is_empty() || !closed || is_known_token(word) {
                return None;
            }
            self.at = end + quote;
            if self.text.at(self.at) != b'.' {
                return Some(());
            }
            self.at += 1;
        }
    }

    fn list_of_simple_entries(&mut self) -> Option<()> {
        let open = self.text.skip_blank(self.at);
        if self.text.at(open) != b'(' {
            return None;
        }
        self.at = open;
        while self.text.at(self.at) != b')' {
            self.at = self.text.skip_blank(self.at + 1);
            let start = self.at;
            if !self.simple_entry() || !is_quiet(self.text.slice(start..self.at).trim_ascii_end()) {
                return None;
            }
        }
        self.at += 1;
        Some(())
    }
}

/// Whether nothing stands in an entry that might be more than that: another line, a sign beyond ASCII, a private key.
fn is_quiet(entry: &[u8]) -> bool {
    let mut hyphens = 0;
    entry.iter().all(|byte| {
        hyphens = if *byte == b'-' { hyphens + 1 } else { 0 };
        matches!(byte, b' '..=b'~') && hyphens < "-----".len()
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::edit::Edits;
    use crate::engine::Engine;
    use proptest::prelude::*;

    /// What the statements of the property are made of.
    const BLANKS: &[&str] = &[" ", " ", " ", "\n", "  ", "\t", "", "\r\n"];
    const HEADS: &[&str] = &[
        "CREATE CONNECTION",
        "create or replace connection",
        "ALTER CONNECTION",
        "CREATE TEMPORARY CONNECTION",
        "CREATE SYSTEM CONNECTION IF NOT EXISTS",
        "ALTER CONNECTION IF EXISTS",
        "CREATE CONNECTION if not exists",
    ];
    const NAMES: &[&str] = &[
        "c",
        "`c`.d",
        "a.`b`.c",
        "with",
        "`if`",
        "IF",
        "set",
        "exists",
        "comment",
        "`CREATE`",
        "connection",
        "token",
        "e1",
        "`password`",
        "a.set",
        "1",
        "ghp_madeup0madeup0madeup0",
        "selects",
    ];
    const KEYS: &[&str] = &[
        "type",
        "TYPE",
        "endpoint",
        "token",
        "api_key",
        "scope",
        "client-secret",
        "username",
        "sse-endpoint",
        "transport-type",
        "token-endpoint",
        "password",
        "aws-secret-key",
    ];
    const VALUES: &[&str] = &[
        "",
        "openai",
        "REST",
        "https://a.example/v1",
        "https://u:made-up@a.example",
        "<REDACTED>",
        "made-up-7f3kq9",
        "read",
        "SSE",
        "a) b",
        "made, up",
        "made=up",
        "made;up",
        "); CREATE CONNECTION d WITH (",
        "-- made",
        "/* made",
        "made */",
        "\\",
        "\"",
        "`",
        "\\\"made",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "token",
        "'type'",
        "=",
        ", ",
        "https://a.example/?token=made-up",
        "made up made",
        "{\"password\": \"made-up\"}",
        "\u{e9}",
        "\u{ff07}",
        "\u{200b}",
        "${made}",
        "Authorization: Bearer made",
        "SET 'token' = ",
        "https://",
        "@",
        "{{ token }}",
        "$$",
        "E",
        "%27",
        "\\n",
        "?",
        "https://a.example/tokens/m4d3up",
    ];
    const ENDS: &[&str] = &[")", ");", ") ;\n", ")\n", "", ");;", "); SELECT 1", ") \"", "))", ")'"];

    fn any(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(of)
    }

    fn statement() -> impl Strategy<Value = String> {
        let entry = (any(KEYS), any(BLANKS), any(BLANKS), any(VALUES), any(BLANKS))
            .prop_map(|(key, before, behind, value, end)| format!("'{key}'{before}={behind}'{value}'{end}"));
        let list = prop::collection::vec(entry, 1..5);
        let word = any(&["WITH", "SET", "with"]);
        (any(HEADS), any(BLANKS), any(NAMES), any(BLANKS), word, any(BLANKS), list, any(ENDS)).prop_map(
            |(head, blank, name, behind, word, before, list, end)| {
                format!("{head} {blank}{name} {behind}{word}{before}({before}{}{end}", list.join(","))
            },
        )
    }

    fn told(edits: &Edits) -> Vec<String> {
        edits.as_slice().iter().map(|edit| format!("{edit:?}")).collect()
    }

    #[test]
    fn statements_as_the_manual_has_them_are_read() {
        assert!(read(b"CREATE CONNECTION c WITH ('type' = 'openai', 'api-key' = 'made-up');\n").is_some());
        assert!(read(b"ALTER CONNECTION a.`b` SET (\n  'token' = 'made-up'\n)").is_some());
        assert!(read(b"CREATE CONNECTION c WITH ('type' = 'openai', 'ap-key' = 'made-up')").is_none());
    }

    proptest! {
        #[test]
        fn the_engine_would_mask_the_same(text in statement()) {
            if let Some(edits) = read(text.as_bytes()) {
                let mut wanted = Edits::default();
                Engine::default().scan(text.as_bytes(), 0, true, &mut wanted);
                prop_assert_eq!(told(&edits), told(&wanted), "{}", text);
            }
        }
    }
}
