//! The tables of metrics in docs/reference/observability.md, from a server's answer to Prometheus and from
//! the lines that `CloudWatch` reads.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use http::Method;
use jeton_core::time::Timestamp;
use jeton_service::{
    clock::Clock,
    operation::{sealing::Sealing, swept::Swept},
    telemetry::{Handled, Metric, OF_REQUESTS, OF_SEALING, OF_SWEEPS, Telemetry},
};
use jeton_tests::{copy, program};

const PAGE: &str = "docs/reference/observability.md";

#[test]
fn every_metric_of_prometheus_is_in_the_reference_with_its_labels() {
    let telemetry = Telemetry::default().counting(Timestamp::from_millis(0));
    let handled = Handled {
        id: "8f5d",
        method: &Method::GET,
        route: "/health",
        path: None,
        status: 200,
        elapsed: Duration::ZERO,
        token: None,
        failure: None,
    };
    telemetry.handled(&handled, None, &Clock::System);
    telemetry.asked(1, 1);
    telemetry.swept(&Swept::default(), &Clock::System);
    telemetry.sealing(&Sealing::default(), &Clock::System);
    let text = telemetry.metrics().unwrap().text();
    let mut rows = vec!["| metric | type | labels | meaning |\n| --- | --- | --- | --- |".to_owned()];
    let described =
        |word: &'static str| text.lines().filter_map(move |line| line.strip_prefix(word)?.split_once(' '));
    let about: BTreeMap<_, _> = described("# HELP ").collect();
    for (name, kind) in described("# TYPE ") {
        let mut series = text.lines().filter(|line| line.starts_with(name));
        let first = series.next().unwrap_or_else(|| panic!("{name} has no value"));
        let (series, labels) = first.split_once('{').unwrap_or((first, ""));
        let name = if kind == "histogram" { name } else { series.split(' ').next().unwrap() };
        let labels = labels.split('}').next().unwrap().split(',');
        let labels = labels.filter_map(|label| label.split_once('=')).map(|(label, _)| label);
        let labels: Vec<_> =
            labels.filter(|label| *label != "le").map(|label| format!("`{label}`")).collect();
        let about = about.iter().find(|(described, _)| first.starts_with(**described)).unwrap().1;
        rows.push(format!("| `{name}` | {kind} | {} | {about} |", labels.join(", ")));
    }
    copy::is_part(PAGE, "<!-- table: metrics of Prometheus -->", "<!-- end -->", &rows.join("\n"));
}

#[test]
fn every_metric_of_cloudwatch_is_in_the_reference_with_its_unit() {
    let of = |what: &'static str| {
        move |Metric { name, unit, about }: &Metric| format!("| `{name}` | {what} | {unit} | {about} |")
    };
    let rows = OF_REQUESTS.iter().map(of("each request")).chain(OF_SWEEPS.iter().map(of("each sweep")));
    let rows = rows.chain(OF_SEALING.iter().map(of("each run of `seal`")));
    let rows: Vec<_> = rows.collect();
    let head = "| metric | of | unit | value |\n| --- | --- | --- | --- |";
    copy::is_part(
        PAGE,
        "<!-- table: metrics of CloudWatch -->",
        "<!-- end -->",
        &format!("{head}\n{}", rows.join("\n")),
    );
}

#[test]
fn every_line_and_field_of_the_log_in_the_reference_is_one_that_the_code_writes() {
    let page = fs::read_to_string(program::root().join(PAGE)).unwrap();
    let mut code = String::new();
    for package in program::packages().iter().filter(|package| package.starts_with("shared")) {
        read(&program::root().join(package).join("src"), &mut code);
    }
    let part = |from: &str| page.split_once(from).unwrap().1.split("\n#").next().unwrap().to_owned();
    let named = |text: &str, column: usize| {
        let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
        let cells = rows.filter_map(|row| row.split('|').nth(column)?.split('`').nth(1).map(str::to_owned));
        cells.collect::<Vec<_>>()
    };
    let fields = named(&part("### The line of a request"), 1);
    let lines = named(&part("### Lines to watch"), 2);
    assert!(fields.len() > 6 && lines.len() > 12, "{fields:?} {lines:?}");
    let is_unknown = |word: &&String| !code.contains(word.as_str());
    let unknown: Vec<_> = fields.iter().chain(&lines).filter(is_unknown).collect();
    assert!(unknown.is_empty(), "no code logs {unknown:?}");
}

fn read(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            read(&entry, into);
        } else if entry.extension().is_some_and(|kind| kind == "rs") {
            into.push_str(&fs::read_to_string(&entry).unwrap());
        }
    }
}
