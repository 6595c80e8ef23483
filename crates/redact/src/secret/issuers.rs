//! Tokens that tell by themselves who issued them.

/// How the tokens of well-known issuers begin, and how long they are at least, prefix included; in order.
pub(crate) const ISSUED: &[(&str, usize)] = &[
    ("AIza", 30),
    ("AKIA", 16),
    ("ASIA", 16),
    ("EAAC", 30),
    ("FwoG", 60),
    ("GOCSPX-", 20),
    ("IQoJ", 60),
    ("SG.", 30),
    ("cflt", 40),
    ("dapi", 32),
    ("dckr_pat_", 20),
    ("dop_v1_", 30),
    ("dp.pt.", 20),
    ("eyJ", 20),
    ("fw_", 20),
    ("gho_", 20),
    ("ghp_", 20),
    ("ghr_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("gsk_", 24),
    ("hf_", 20),
    ("hvb.", 24),
    ("hvs.", 24),
    ("lin_api_", 20),
    ("npm_", 24),
    ("pcsk_", 20),
    ("pplx-", 20),
    ("pypi-", 24),
    ("r8_", 24),
    ("rk_live_", 16),
    ("rk_test_", 16),
    ("shpat_", 24),
    ("sk-", 16),
    ("sk_live_", 16),
    ("sk_test_", 16),
    ("tskey-", 20),
    ("whsec_", 20),
    ("xai-", 20),
    ("xapp-", 20),
    ("xoxa-", 16),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("xoxr-", 16),
    ("xoxs-", 16),
    ("ya29.", 20),
];

/// Length of the shortest token.
const SHORTEST: usize = 16;

/// Which of the issued begin with a byte.
static BEGINS: [(u8, u8); 256] = {
    let mut begins = [(0, 0); 256];
    let mut at = 0;
    while at < ISSUED.len() {
        let range = &mut begins[ISSUED[at].0.as_bytes()[0] as usize];
        if range.1 == 0 {
            range.0 = at as u8;
        }
        at += 1;
        range.1 = at as u8;
    }
    begins
};

/// Whether a byte may stand in an issued token.
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b'~')
}

/// Whether a word is a token of a well-known issuer, by its beginning and length.
pub(crate) fn is_known_token(word: &[u8]) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    if is_of_entra(word) {
        return true;
    }
    let (first, last) = BEGINS[usize::from(word[0])];
    ISSUED[usize::from(first)..usize::from(last)].iter().any(|(prefix, length)| {
        word.starts_with(prefix.as_bytes()) && word.len() >= *length && {
            let rest = &word[prefix.len()..];
            match *prefix {
                // Upper case and digits only, else it is an English word in capitals.
                "AKIA" | "ASIA" => rest.iter().take(12).all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()),
                // Hexadecimal, else it is the beginning of a host.
                "dapi" => rest.iter().take(12).all(u8::is_ascii_hexdigit),
                // `sk-` begins many harmless words that are joined by hyphens.
                _ => rest.iter().take(256).any(|b| b.is_ascii_digit() || b.is_ascii_uppercase()),
            }
        }
    })
}

/// How the secrets of applications in Microsoft Entra go on behind their first three letters.
pub(crate) const ENTRA: [&str; 2] = ["7Q~", "8Q~"];
/// How many letters stand before that, and how long they are at least.
pub(crate) const BEFORE_ENTRA: usize = 3;
const SHORTEST_ENTRA: usize = 34;

/// Whether a word is the secret of an application in Microsoft Entra.
fn is_of_entra(word: &[u8]) -> bool {
    word.len() >= SHORTEST_ENTRA && ENTRA.iter().any(|sign| word[BEFORE_ENTRA..].starts_with(sign.as_bytes()))
}

/// Whether a word begins as a token of a well-known issuer does, and goes on with a capital or a digit in it; it may be cut.
pub(crate) fn is_cut_token(word: &[u8]) -> bool {
    let (first, last) = BEGINS[usize::from(word.first().copied().unwrap_or_default())];
    ISSUED[usize::from(first)..usize::from(last)].iter().any(|(prefix, _)| {
        let rest = word.strip_prefix(prefix.as_bytes()).unwrap_or_default();
        rest.iter().any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issued_stand_in_order() {
        assert!(ISSUED.is_sorted());
        assert!(ISSUED.iter().all(|(_, length)| *length >= SHORTEST));
    }

    #[test]
    fn issued_tokens_are_known_by_their_beginning() {
        for word in ["sk-a1b2c3d4e5f6g7h8", "AKIAABCDEFGHIJKLMNOP", "ghp_0123456789abcdefghij"] {
            assert!(is_known_token(word.as_bytes()));
        }
        for word in [
            "dapibus.example.com/v1/messages/all",
            "sk-learn",
            "AKIAbcdefghijklmnop",
            "sky-is-the-limit-here",
        ] {
            assert!(!is_known_token(word.as_bytes()), "{word}");
        }
    }
}
