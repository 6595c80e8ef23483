//! Counters, in the text format of Prometheus. Their only labels are names of connections and classes of answers.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What one connection's requests came to.
#[derive(Default)]
pub(super) struct Counters {
    /// Answers of the service by the first digit of their status.
    answers: [AtomicU64; 6],
    /// Requests without an answer of the service.
    failures: AtomicU64,
    /// Time to the head of the answer, in microseconds.
    head_micros: AtomicU64,
    open: AtomicU64,
}

/// What concerns no connection.
#[derive(Default)]
pub(super) struct Metrics {
    pub(super) unproven: AtomicU64,
    pub(super) unknown: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) callers: AtomicU64,
}

impl Counters {
    pub(super) fn answered(&self, status: u16, after: Duration) {
        let class = usize::from(status / 100).min(5);
        self.answers[class].fetch_add(1, Ordering::Relaxed);
        self.head_micros.fetch_add(after.as_micros() as u64, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request as open until the guard is dropped.
    pub(super) fn open(self: &Arc<Self>) -> Open {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(Arc::clone(self))
    }
}

/// A request that is open.
pub(super) struct Open(Arc<Counters>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Picks one of a connection's counters.
type Choose = fn(&Counters) -> &AtomicU64;

/// Prints all counters.
pub(super) fn print(metrics: &Metrics, connections: &[(String, Arc<Counters>)], open: u64) -> String {
    let mut text = String::new();
    let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let head = |text: &mut String, name: &str, kind: &str, help: &str| {
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "# HELP lockkeeper_proxy_{name} {help}\n# TYPE lockkeeper_proxy_{name} {kind}");
    };
    head(&mut text, "answers_total", "counter", "Answers of services, by class of status.");
    for (name, counters) in connections {
        for (class, counter) in counters.answers.iter().enumerate().filter(|(_, counter)| number(counter) > 0)
        {
            let name = escaped(name);
            let _ = writeln!(
                text,
                "lockkeeper_proxy_answers_total{{connection=\"{name}\",class=\"{class}xx\"}} {}",
                number(counter)
            );
        }
    }
    let per_connection: [(&str, &str, &str, Choose); 3] = [
        ("failures_total", "counter", "Requests without an answer of the service.", |c| &c.failures),
        ("head_microseconds_total", "counter", "Time to the heads of answers.", |c| &c.head_micros),
        ("open_requests", "gauge", "Requests that are not finished.", |c| &c.open),
    ];
    for (metric, kind, help, counter) in per_connection {
        head(&mut text, metric, kind, help);
        for (name, counters) in connections {
            let (name, value) = (escaped(name), number(counter(counters)));
            let _ = writeln!(text, "lockkeeper_proxy_{metric}{{connection=\"{name}\"}} {value}");
        }
    }
    for (metric, kind, help, value) in [
        ("unproven_total", "counter", "Requests without the caller's token.", number(&metrics.unproven)),
        ("unknown_total", "counter", "Requests for connections that do not exist.", number(&metrics.unknown)),
        ("refused_total", "counter", "Requests beyond the limits.", number(&metrics.refused)),
        ("callers", "gauge", "Callers that are connected.", number(&metrics.callers)),
        ("requests", "gauge", "Requests that are being forwarded.", open),
    ] {
        head(&mut text, metric, kind, help);
        let _ = writeln!(text, "lockkeeper_proxy_{metric} {value}");
    }
    text
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_print_as_prometheus_reads_them() {
        let counters = Arc::new(Counters::default());
        counters.answered(200, Duration::from_micros(250));
        counters.failed();
        let _open = counters.open();
        let text = print(&Metrics::default(), &[("a \"b\"".to_owned(), counters)], 1);
        let values: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        insta::assert_snapshot!(values.join("\n"), @r#"
        lockkeeper_proxy_answers_total{connection="a \"b\"",class="2xx"} 1
        lockkeeper_proxy_failures_total{connection="a \"b\""} 1
        lockkeeper_proxy_head_microseconds_total{connection="a \"b\""} 250
        lockkeeper_proxy_open_requests{connection="a \"b\""} 1
        lockkeeper_proxy_unproven_total 0
        lockkeeper_proxy_unknown_total 0
        lockkeeper_proxy_refused_total 0
        lockkeeper_proxy_callers 0
        lockkeeper_proxy_requests 1
        "#);
    }
}
