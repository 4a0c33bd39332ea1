//! The table of variables in docs/reference/configuration.md, from the variables that the code knows.

use jeton_service::config::VARIABLES;
use jeton_tests::copy;

#[test]
fn every_variable_is_in_the_reference_with_its_default_and_who_reads_it() {
    let rows = VARIABLES.iter().map(|variable| {
        let about = variable.about;
        format!(
            "| `{}` | {} | {} | {} | {about} |",
            variable.name, variable.value, variable.default, variable.read_by
        )
    });
    let rows: Vec<_> = rows.collect();
    let head = "| variable | value | default | read by | meaning |\n| --- | --- | --- | --- | --- |";
    copy::is_part(
        "docs/reference/configuration.md",
        "<!-- table: variables -->",
        "<!-- end -->",
        &format!("{head}\n{}", rows.join("\n")),
    );
}
