//! What was found of names before: in a log they are the same again and again.

/// How long names are that are known again, and how many at most.
const LONGEST: usize = 32;
const MANY: usize = 64;

/// What was found of the names that were looked at last.
#[derive(Default)]
pub(crate) struct KnownNames<T> {
    known: Vec<Known<T>>,
}

#[derive(Clone, Default)]
struct Known<T> {
    name: [u8; LONGEST],
    length: usize,
    found: T,
}

impl<T: Copy + Default> KnownNames<T> {
    /// What was found of a name, by a look at it if it is not known.
    pub(crate) fn found(&mut self, name: &[u8], look: impl FnOnce() -> T) -> T {
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return look() };
        if name.len() > LONGEST {
            return look();
        }
        if self.known.is_empty() {
            self.known = vec![Known::default(); MANY];
        }
        let place = usize::from(*first) + 5 * usize::from(*last) + 11 * name.len();
        let known = &mut self.known[place % MANY];
        if &known.name[..known.length] != name {
            *known = Known { length: name.len(), found: look(), ..Known::default() };
            known.name[..name.len()].copy_from_slice(name);
        }
        known.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_at_once() {
        let mut names = KnownNames::default();
        let long = [b'a'; LONGEST + 1];
        assert_eq!(names.found(b"topic", || 1), 1);
        assert_eq!(names.found(b"topic", || 2), 1);
        // It ends as that does, and takes its place.
        assert_eq!(names.found(b"t.p.c", || 3), 3);
        assert_eq!(names.found(b"topic", || 4), 4);
        assert_eq!(names.found(&long, || 5), 5);
        assert_eq!(names.found(&long, || 6), 6);
        assert_eq!(names.found(b"", || 7), 7);
    }
}
