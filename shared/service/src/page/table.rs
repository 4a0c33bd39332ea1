//! A table whose rows a narrow window shows as cards, in which each cell has the name of its column.

use maud::{Markup, html};

/// The name of the column with the ways to change a row.
pub const ACTIONS: &str = "Actions";

/// The table. A row has a cell for each column; an empty one is left out of a card.
///
/// The roles are those of the elements, which a card would lose.
pub fn table(label: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.list {
            table.rows role="table" aria-label=(label) {
                thead role="rowgroup" {
                    tr role="row" {
                        @for column in columns {
                            th role="columnheader" scope="col" {
                                @if *column == ACTIONS { span.unseen { (ACTIONS) } } @else { (column) }
                            }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for row in rows {
                        tr role="row" {
                            @for (column, cell) in columns.iter().zip(row) {
                                @if *column == ACTIONS {
                                    td.ways role="cell" { div.acts { (cell) } }
                                } @else {
                                    td role="cell" data-label=(column) { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_names_its_column_and_the_one_of_actions_is_named_for_screen_readers_alone() {
        let row = vec![html! { "Eve" }, html! {}, html! { a href="/x" { "Remove" } }];
        let shown = table("Members", &["Name", "Role", ACTIONS], &[row]).into_string();
        for part in [
            "<table class=\"rows\" role=\"table\" aria-label=\"Members\">",
            "<th role=\"columnheader\" scope=\"col\">Role</th>",
            "scope=\"col\"><span class=\"unseen\">Actions</span></th>",
            "<td role=\"cell\" data-label=\"Name\">Eve</td><td role=\"cell\" data-label=\"Role\"></td>",
            "<td class=\"ways\" role=\"cell\"><div class=\"acts\"><a href=\"/x\">Remove</a></div></td>",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
