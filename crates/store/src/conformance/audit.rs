//! Behaviours of an audit log.

use super::samples::*;
use crate::audit::{AuditHash, AuditLog, AuditSummary, verify};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(super) async fn an_empty_log_is_whole(log: &dyn AuditLog) {
    let summary = must(verify(log).await, "an empty log is verified");
    assert_eq!(summary, AuditSummary { records: 0, head: AuditHash::START });
}

pub(super) async fn events_are_read_in_order(log: &dyn AuditLog) {
    let mut events = Vec::new();
    for number in 0..25 {
        let mut event = event(&format!("ACTION_{number}"));
        event.target = (number % 2 == 0).then(|| format!("`a`.`b`.`{number} ü`"));
        event.revision = (number % 3 == 0).then_some(number);
        must(log.append(event.clone()).await, "an event is appended");
        events.push(event);
    }
    for limit in [1, 7, 100] {
        let mut found = Vec::new();
        loop {
            let page = must(log.read(found.len() as u64, limit).await, "events are read");
            assert!(page.len() <= limit, "a page has at most as many events as wanted");
            if page.is_empty() {
                break;
            }
            for record in page {
                found.push(record.event);
                assert_eq!(record.sequence, found.len() as u64, "events are numbered from 1");
            }
        }
        assert_eq!(found, events, "events in pages of {limit}");
    }
    assert_eq!(must(verify(log).await, "a log is verified").records, 25);
}

pub(super) async fn concurrent_events_make_one_chain(log: Arc<dyn AuditLog>) {
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let log = Arc::clone(&log);
        tasks.spawn(async move {
            for _ in 0..8 {
                must(log.append(event("CREATE_CONNECTION")).await, "an event is appended");
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(must(verify(&*log).await, "a log is verified").records, 64, "no event is lost");
}
