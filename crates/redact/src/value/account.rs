//! What the account of a secret is called, in an entry beside that, where other rules do not read it: the quotes are spelt in another way
//! than in SQL, or the two stand in a comment, in a text of JAAS or in the document of a service account.

use crate::edit::holds_mask;
use crate::sql::lex::Text;
use crate::value::leftover::Way;
use crate::wrapping::lines::line_start;
use crate::wrapping::piece::{Piece, next};
use memchr::memmem::Finder;
use std::ops::Range;
use std::sync::LazyLock;

/// How far from a secret its account is looked for, how long what stands between the two may be, and a name with what stands before it.
const REACH: usize = 400;
const LONGEST_ENTRY: usize = 160;
const LONGEST_NAME: usize = 64;
/// The names of accounts, and that in the document of a service account.
const USERS: [&str; 2] = ["username", "client-id"];
const EMAIL: &str = "client_email";
/// What stands before the user in a text of JAAS.
const JAAS: &[u8] = b"LoginModule";

// They are looked for beside each secret.
static NAMES: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| USERS.map(Finder::new));
static EMAILS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(EMAIL));
static PRIVATE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("private_key"));

/// The name of an account, and where what says that it is one begins.
pub(crate) struct Account {
    pub(crate) name: usize,
    pub(crate) value: Range<usize>,
}

/// The account in the entry before a mask, on its line, not before `floor`.
pub(crate) fn before(text: &Text<'_>, floor: usize, mask: &Range<usize>) -> Option<Account> {
    let from = floor.max(line_start(text, mask.start)).max(mask.start.saturating_sub(REACH));
    let before = text.slice(from..mask.start);
    let account = NAMES.iter().find_map(|user| {
        let name = from + user.find_iter(before).last()?;
        entry_apart(text, name, user.needle().len())
    })?;
    let Account { name, value } = &account;
    let between = text.slice(value.end..mask.start);
    let jaas = || memchr::memmem::find(text.slice(from..*name), JAAS).is_some();
    let is_beside = value.end < mask.start && between.len() <= LONGEST_ENTRY && !between.contains(&b';');
    (is_beside && (is_spelt_oddly(text, &account) || is_remarked(text, *name) || jaas())).then_some(account)
}

/// The account in the entry behind a mask, on its line; beside the secret of a service account, in any, also on the next.
pub(crate) fn behind(text: &Text<'_>, mask: &Range<usize>) -> Option<Account> {
    // Byte by byte: the next line may not be there yet.
    let goes_on = |at: &usize| !matches!(text.at(*at), b'\n' | 0);
    if PRIVATE.find(text.slice(mask.start.saturating_sub(LONGEST_NAME)..mask.start)).is_some() {
        // A document may have many lines.
        let line = mask.end + (mask.end..mask.end + REACH).take_while(|at| text.at(*at) != 0).count();
        return entry(text, mask.end + EMAILS.find(text.slice(mask.end..line))?, EMAIL.len());
    }
    let mut at = mask.end;
    while at < mask.end + LONGEST_NAME && goes_on(&at) {
        let (piece, end) = next(text, at);
        if piece == Piece::Word && USERS.iter().any(|user| user.as_bytes() == text.slice(at..end)) {
            let account = entry(text, at, end - at)?;
            return (is_spelt_oddly(text, &account) || is_remarked(text, at)).then_some(account);
        }
        if !matches!(piece, Piece::Quote | Piece::Blank | Piece::Break | Piece::Comma) {
            return None;
        }
        at = end;
    }
    None
}

/// The account whose name stands at a position, with a sign and a literal directly behind it.
fn entry(text: &Text<'_>, name: usize, length: usize) -> Option<Account> {
    let mut way = Way::behind(text, name + length, false);
    let value = way.value(name + length + LONGEST_ENTRY)?;
    (way.signs == 1 && way.is_short())
        .then_some(Account { name, value })
        .filter(|account| is_shown(text, account))
}

/// The same where all behind the name was looked at: other things may stand between the two.
fn entry_apart(text: &Text<'_>, name: usize, length: usize) -> Option<Account> {
    let mut way = Way::behind(text, name + length, true);
    let value = way.value(name + length + LONGEST_ENTRY)?;
    (way.signs > 0).then_some(Account { name, value }).filter(|account| is_shown(text, account))
}

fn is_shown(text: &Text<'_>, account: &Account) -> bool {
    !holds_mask(text.slice(account.value.clone()))
}

/// Whether the sign of a comment stands before a position, on its line.
fn is_remarked(text: &Text<'_>, at: usize) -> bool {
    let before = text.slice(line_start(text, at).max(at.saturating_sub(REACH))..at);
    [&b"--"[..], b"/*"].iter().any(|sign| memchr::memmem::find(before, sign).is_some())
}

/// Whether more than a quote, a sign and a quote stand between a name and its value.
fn is_spelt_oddly(text: &Text<'_>, account: &Account) -> bool {
    let said = text.slice(account.name..account.value.start);
    said.iter().any(|byte| b"\\%&".contains(byte) || *byte >= 0x80)
        || memchr::memmem::find(said, b"''").is_some()
}

#[cfg(test)]
mod tests {
    use crate::expect::redacted_for_good as check;

    #[test]
    fn accounts_go_with_their_secrets() {
        for (text, masked) in [
            (
                r#"x 'a.b'- 'a.LoginModule required username=\"ann\" password=\"made-up\";'"#,
                r#"x 'a.b'- 'a.LoginModule required username=\"<REDACTED>\" password=\"<REDACTED>\";'"#,
            ),
            (
                "q=a.LoginModule+required+username%3D%26quot%3Bann%26quot%3B+password%3D%26quot%3Bmade-up%26quot%3B",
                "q=a.LoginModule+required+username%3D%26quot%3B<REDACTED>%26quot%3B+password%3D<REDACTED>",
            ),
            (
                r"x(\u0027username\u0027 = \u0027ann\u0027,\n \u0027password\u0027 = \u0027made-up\u0027)",
                r"x(\u0027username\u0027 = \u0027<REDACTED>\u0027,\n \u0027password\u0027 = \u0027<REDACTED>\u0027)",
            ),
            (
                "- ' ''client-secret''=''made-up'',''client-id''=''ann'');'",
                "- ' ''client-secret''=''<REDACTED>'',''client-id''=''<REDACTED>'');'",
            ),
            (
                r#"x, \"private_key\": \"made-up\", \"client_email\": \"ann@a.example\"}"#,
                r#"x, \"private_key\": \"<REDACTED>\", \"client_email\": \"<REDACTED>\"}"#,
            ),
        ] {
            check(text, masked);
        }
        // Behind a comma, another entry begins.
        check(
            r"CREATE CONNECTION c WITH ('username' = '\n' ,'type'= 'https://a.example/v1')",
            r"CREATE CONNECTION c WITH ('username' = '<REDACTED>' ,'type'= '<REDACTED>')",
        );
        let text =
            "CREATE TABLE t (a INT) WITH ('username' = 'ann', 'b' = 'c');\nlogin: username='ann', b='c'";
        check(text, text);
    }
}
