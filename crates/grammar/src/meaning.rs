/// Implements equality that compares what a node says and not where it stands.
///
/// Every field is named on one side or the other, so that a new one cannot be forgotten.
macro_rules! equal_by_meaning {
    ($node:ident { $($meaning:ident),* } ignoring { $($position:ident),* }) => {
        impl PartialEq for $node {
            fn eq(&self, other: &Self) -> bool {
                let Self { $($meaning: _,)* $($position: _,)* } = self;
                true $(&& self.$meaning == other.$meaning)*
            }
        }

        impl Eq for $node {}
    };
}

pub(crate) use equal_by_meaning;
