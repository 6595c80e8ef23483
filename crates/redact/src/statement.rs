//! CONNECTION statements: where they begin, what they hold, where they end, whatever became of them.

pub(crate) mod announced;
pub(crate) mod arguments;
pub(crate) mod around;
pub(crate) mod beginning;
pub(crate) mod broken;
pub(crate) mod cut;
pub(crate) mod displaced;
pub(crate) mod enclosed;
pub(crate) mod ending;
pub(crate) mod entries;
pub(crate) mod follows;
pub(crate) mod future;
pub(crate) mod headless;
pub(crate) mod keyless;
pub(crate) mod listend;
pub(crate) mod marked;
pub(crate) mod objects;
pub(crate) mod opened;
pub(crate) mod other;
pub(crate) mod plain;
pub(crate) mod recognise;
pub(crate) mod resync;
pub(crate) mod slipped;
pub(crate) mod stable;
pub(crate) mod torn;
pub(crate) mod written;
