//! Words that say, in other people's keys, that the value is a secret.

/// Parts of names that denote a secret, in lower case without separators.
///
/// They serve where our own table does not apply: query parameters, properties of other statements, headers.
pub const SECRET_WORDS: &[&str] = &[
    "accesskey",
    "accountkey",
    "adminkey",
    "apikey",
    "authkey",
    "authorization",
    "authparams",
    "basicauth",
    "bearer",
    "clientkey",
    "connectionstring",
    "cookie",
    "credential",
    "encryptionkey",
    "functionskey",
    "jaas",
    "keypass",
    "licensekey",
    "masterkey",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "servicekey",
    "sessionkey",
    "sharedkey",
    "signature",
    "signingkey",
    "sslkey",
    "storepass",
    "subscriptionkey",
    "token",
    "writekey",
];

/// Words that denote a secret where they are a whole part of a name, between separators or capitals, and the value is none
/// that people choose for other things: `db_pass`, but also `first_pass`.
pub const SECRET_PARTS: &[&str] = &[
    "adminpass",
    "bindpw",
    "creds",
    "dbpass",
    "jwt",
    "pass",
    "passcode",
    "pgpass",
    "psw",
    "pswd",
    "pw",
    "rootpass",
    "rootpw",
    "smtppass",
    "sshpass",
    "userpass",
];

/// Names that denote a secret only if nothing else stands beside them.
const WHOLE_NAMES: &[&str] = &["auth", "code", "key", "pat", "sas", "sig"];

/// Whether a name says that its value is a secret; case and separators do not count.
pub fn denotes_secret(name: &str) -> bool {
    let folded: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    WHOLE_NAMES.contains(&folded.as_str())
        || SECRET_PARTS.contains(&folded.as_str())
        || SECRET_WORDS.iter().any(|word| folded.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_case_do_not_count() {
        for name in ["api_key", "X-Amz-Signature", "sasl.jaas.config", "key", "ssl.key.password", "sig"] {
            assert!(denotes_secret(name), "{name}");
        }
        for name in ["api-version", "monkey", "author", "topic", "keyspace", "region"] {
            assert!(!denotes_secret(name), "{name}");
        }
    }
}
