//! Damaged rows of names: each is one damaged entry of a list, which goes on.

use super::processes::entry;
use super::{Folder, path};
use crate::SqliteStore;
use lockkeeper_model::Identifier;
use lockkeeper_store::{Catalog, Edit, Listed, NamePattern, Riders, Selection, StoreError, default_database};

const NAMES: [&str; 5] = ["m", "n0", "n1", "n2", "o"];

/// What is listed in pages of a size, with a sign behind what is damaged.
async fn list(store: &SqliteStore, pattern: Option<&str>, limit: usize) -> Result<String, StoreError> {
    let selection = Selection { pattern: pattern.map(NamePattern::new), negated: false };
    let mut shown: Vec<String> = Vec::new();
    let mut after: Option<Identifier> = None;
    loop {
        let page = Catalog::list(store, &default_database(), &selection, after.as_ref(), limit).await?;
        assert!(page.len() <= limit && shown.len() <= NAMES.len() + 1, "{shown:?}");
        let sign = |listed: &Listed| format!("{}{}", listed.name, if listed.damaged { "!" } else { "" });
        shown.extend(page.iter().map(sign));
        match page.last() {
            Some(last) => after = Some(last.name.clone()),
            None => return Ok(shown.join(" ")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_of_names_is_one_damaged_entry() {
    let mut seen = String::new();
    for change in [
        "UPDATE names SET link = zeroblob(8) WHERE name = CAST('n1' AS BLOB)",
        "UPDATE names SET link = zeroblob(7) WHERE name = CAST('n1' AS BLOB)",
        "UPDATE names SET link = zeroblob(8) WHERE name = CAST('m' AS BLOB)",
        "UPDATE names SET link = zeroblob(8) WHERE name = CAST('o' AS BLOB)",
        "UPDATE names SET link = zeroblob(8) WHERE name = x'ff'",
        "UPDATE names SET name = CAST('n9' AS BLOB) WHERE name = CAST('n1' AS BLOB)",
        "UPDATE names SET database = 9 WHERE name = CAST('n1' AS BLOB)",
        "DELETE FROM names WHERE name = CAST('m' AS BLOB)",
        "DELETE FROM names WHERE name = CAST('n1' AS BLOB)",
        "DELETE FROM names WHERE name = CAST('n2' AS BLOB)",
        "DELETE FROM names WHERE name = CAST('o' AS BLOB)",
        "DELETE FROM names WHERE name = x'ff'",
        "DELETE FROM names WHERE name <> x'ff'",
        "DELETE FROM names",
    ] {
        let folder = Folder::new();
        let store = folder.store();
        for name in NAMES {
            store.commit(Edit::Create(entry(name)), Riders::default()).await.unwrap();
        }
        rusqlite::Connection::open(store.path()).unwrap().execute(change, []).unwrap();
        let (all, some) =
            (list(&store, None, 1000).await.unwrap(), list(&store, Some("n%"), 1000).await.unwrap());
        for limit in 1..NAMES.len() {
            assert_eq!(list(&store, None, limit).await.unwrap(), all, "{change} by {limit}");
            assert_eq!(list(&store, Some("n%"), limit).await.unwrap(), some, "{change} by {limit}");
        }
        assert!(!store.verify().await.unwrap().is_sound(), "{change}");
        for name in NAMES {
            match Catalog::read(&*store, &path(name)).await {
                Ok(Some(entry)) => assert!(all.contains(entry.path.name.as_str()), "{change}"),
                Ok(None) => panic!("{change}: {name} is not missing"),
                Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{change}: {error}"),
            }
        }
        seen += &format!("{change}\n  {all}\n  {some}\n");
    }
    insta::assert_snapshot!(seen, @r"
    UPDATE names SET link = zeroblob(8) WHERE name = CAST('n1' AS BLOB)
      m n0 n1! n2 o
      n0 n1! n2
    UPDATE names SET link = zeroblob(7) WHERE name = CAST('n1' AS BLOB)
      m n0 n1! n2 o
      n0 n1! n2
    UPDATE names SET link = zeroblob(8) WHERE name = CAST('m' AS BLOB)
      m! n0 n1 n2 o
      n0 n1 n2
    UPDATE names SET link = zeroblob(8) WHERE name = CAST('o' AS BLOB)
      m n0 n1 n2 o!
      n0 n1 n2!
    UPDATE names SET link = zeroblob(8) WHERE name = x'ff'
      m n0 n1 n2 o!
      n0 n1 n2
    UPDATE names SET name = CAST('n9' AS BLOB) WHERE name = CAST('n1' AS BLOB)
      m n0 n2! n9! o
      n0 n2! n9!
    UPDATE names SET database = 9 WHERE name = CAST('n1' AS BLOB)
      m n0 n2! o
      n0 n2!
    DELETE FROM names WHERE name = CAST('m' AS BLOB)
      n0! n1 n2 o
      n0! n1 n2
    DELETE FROM names WHERE name = CAST('n1' AS BLOB)
      m n0 n2! o
      n0 n2!
    DELETE FROM names WHERE name = CAST('n2' AS BLOB)
      m n0 n1 o!
      n0 n1!
    DELETE FROM names WHERE name = CAST('o' AS BLOB)
      m n0 n1 n2!
      n0 n1 n2!
    DELETE FROM names WHERE name = x'ff'
      m n0 n1 n2 o!
      n0 n1 n2
    DELETE FROM names WHERE name <> x'ff'
      �!
      �!
    DELETE FROM names
      �!
      �!
    ");
}

/// As the advice says.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_with_a_damaged_link_is_dropped_and_created_again() {
    let folder = Folder::new();
    let store = folder.store();
    for name in NAMES {
        store.commit(Edit::Create(entry(name)), Riders::default()).await.unwrap();
    }
    let change = "UPDATE names SET link = zeroblob(8) WHERE name = CAST('n1' AS BLOB)";
    rusqlite::Connection::open(store.path()).unwrap().execute(change, []).unwrap();
    let found = Catalog::read(&*store, &path("n1")).await.unwrap().unwrap();
    store.commit(Edit::Remove(found.path.clone(), found.expected()), Riders::default()).await.unwrap();
    store.commit(Edit::Create(found), Riders::default()).await.unwrap();
    assert_eq!(list(&store, None, 1000).await.unwrap(), NAMES.join(" "));
    assert!(store.verify().await.unwrap().is_sound());
}
