//! Parsing one statement, against `sqlparser`.

use super::{in_turns, per_second, ratio};
use crate::Failure;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::hint::black_box;

const OPTIONS: &str = "(
  'type' = 'confluent_jdbc',
  'endpoint' = 'jdbc:postgresql://warehouse.example.com:5432/stock',
  'username' = 'reader_of_stock_levels',
  'password' = 'made-up-7f3kq9-made-up-2m8xw4',
  'scope' = 'stock.read stock.write',
  'transport-type' = 'STREAMABLE_HTTP'
)";

/// Prints statements per second and the ratio.
pub(crate) fn run() -> Result<(), Failure> {
    let ours = format!("CREATE CONNECTION `stock-pg` WITH {OPTIONS}");
    let theirs = format!("CREATE TABLE stock_pg (a INT) WITH {OPTIONS}");
    lockkeeper::grammar::parse_statement(&ours)?;
    Parser::parse_sql(&GenericDialect {}, &theirs)?;
    let [our_time, their_time] = in_turns(
        31,
        2000,
        [&mut || drop(black_box(lockkeeper::grammar::parse_statement(black_box(&ours)))), &mut || {
            drop(black_box(Parser::parse_sql(&GenericDialect {}, black_box(&theirs))))
        }],
    );
    println!("| parse | bytes | statements/s | ratio to `sqlparser` |");
    println!("|---|---|---|---|");
    println!(
        "| `CREATE CONNECTION`, six options, to an owned tree | {} | {:.0} | {:.2} × |",
        ours.len(),
        per_second(our_time),
        ratio(their_time, our_time)
    );
    println!(
        "| `sqlparser` 0.63, `CREATE TABLE … WITH` of the same options | {} | {:.0} | 1 × |",
        theirs.len(),
        per_second(their_time)
    );
    Ok(())
}
