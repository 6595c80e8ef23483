//! Slips of the pen: how many letters differ between two words.

/// Whether one insertion, deletion, replacement or swap of neighbours, or none, makes `a` to `b`.
pub(crate) fn within_one_edit(a: &[u8], b: &[u8]) -> bool {
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], _) | (_, []) => true,
        _ if a.len() > b.len() => a[1..] == *b,
        _ if a.len() < b.len() => *a == b[1..],
        _ => a[1..] == b[1..] || (a.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]),
    }
}

/// Whether a word is a key word, which is given in upper case, with one slip of the pen at most.
pub(crate) fn is_nearly(word: &[u8], keyword: &[u8]) -> bool {
    word.len().abs_diff(keyword.len()) < 2 && within_one_edit(&word.to_ascii_uppercase(), keyword)
}

/// Whether at most two edits make `a` to `b`.
pub(crate) fn within_two_edits(a: &[u8], b: &[u8]) -> bool {
    if a.len().abs_diff(b.len()) > 2 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    if a.is_empty() || b.is_empty() {
        return true;
    }
    within_one_edit(&a[1..], b)
        || within_one_edit(a, &b[1..])
        || within_one_edit(&a[1..], &b[1..])
        || (a.len() >= 2 && b.len() >= 2 && a[0] == b[1] && a[1] == b[0] && within_one_edit(&a[2..], &b[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert!(within_two_edits(b"conectoin", b"connection"));
        assert!(within_two_edits(b"cnnectio", b"connection"));
        assert!(!within_two_edits(b"collection", b"connections"));
        assert!(!within_one_edit(b"create", b"crt"));
    }
}
