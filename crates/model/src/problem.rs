//! What is wrong with the options of a statement.

use std::fmt;

/// One mistake in a definition. It holds names out of our own tables, sizes and places, never what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which rule is broken.
    pub code: ProblemCode,
    /// Where.
    pub place: Place,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Where a mistake stands, by index into the entries that were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list as a whole: something is missing.
    List,
    /// The key of an entry.
    Key(usize),
    /// The value of an entry.
    Value(usize),
    /// The comment.
    Comment,
}

macro_rules! problem_codes {
    ($($name:ident = $text:literal: $meaning:literal,)*) => {
        /// The rules of a definition; their texts are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ProblemCode {
            $(#[doc = $meaning] $name,)*
        }

        impl ProblemCode {
            /// All codes, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable text of the code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What the code means, as a sentence for the list of codes.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                }
            }
        }
    };
}

problem_codes! {
    CommentTooLong = "comment_too_long": "The comment has more than 4096 bytes.",
    ControlCharacter = "control_character": "A credential contains a line break or NUL, which could forge a header.",
    DuplicateOption = "duplicate_option": "The same key stands twice, in whatever spelling.",
    EmptyValue = "empty_value": "A value is empty that must not be.",
    EndpointFixed = "endpoint_fixed": "ALTER must not change `endpoint`: a credential never follows a changed endpoint.",
    EndpointHost = "endpoint_host": "The host of a URL is one that connections of this type must not lead to.",
    EndpointInvalid = "endpoint_invalid": "A URL is not one by RFC 3986, or lacks a host.",
    EndpointPlain = "endpoint_plain": "A URL without encryption leads to a host that is not this machine.",
    EndpointScheme = "endpoint_scheme": "The scheme of a URL does not fit the type.",
    EndpointSecret = "endpoint_secret": "A URL carries a credential, as user info or in its query.",
    InvalidChoice = "invalid_choice": "A value is not one of the few that the option takes.",
    MaskAsValue = "mask_as_value": "A value is, or contains, the mask of redacted SQL.",
    MissingCredential = "missing_credential": "No credential is given.",
    MissingOption = "missing_option": "A required option is missing.",
    NothingToChange = "nothing_to_change": "The list of options is empty.",
    OptionNotAllowed = "option_not_allowed": "The option exists, but not for this type.",
    OptionRequired = "option_required": "RESET names an option that the connection cannot be without.",
    SecretTooLong = "secret_too_long": "A secret has more than 4000 bytes of UTF-8.",
    SeveralAuthMethods = "several_auth_methods": "Options of more than one way to authenticate are given.",
    SseEndpointOrigin = "sse_endpoint_origin": "`sse-endpoint` has another origin than `endpoint`, or is given with streamable HTTP.",
    TokenEndpointFixed = "token_endpoint_fixed": "`token-endpoint` is changed without giving `client-secret` again.",
    TypeFixed = "type_fixed": "ALTER must not change `type`.",
    UnknownOption = "unknown_option": "The key is not an option of any type.",
    UnknownType = "unknown_type": "The value of `type` is not a connection type.",
    ValueTooLong = "value_too_long": "A plain value has more bytes than its limit.",
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted() {
        assert!(ProblemCode::ALL.is_sorted_by_key(|code| code.as_str()));
    }
}
