//! Links between pages.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// The broken links of a page, a sentence for each. Links to other sites are not checked.
pub fn broken(root: &Path, page: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join(page)).unwrap();
    let mut broken = Vec::new();
    let mut say = |target: &str, problem: &str| {
        broken.push(format!("{}: the link to {target} leads {problem}", page.display()));
    };
    for target in targets(&text) {
        let (path, heading) = target.split_once('#').unwrap_or((&target, ""));
        let file = if path.is_empty() { page.to_owned() } else { page.parent().unwrap().join(path) };
        let Some(file) = within(&file) else {
            say(&target, "out of the source tree");
            continue;
        };
        let file = root.join(file);
        if !file.exists() {
            say(&target, "to nothing");
        } else if !heading.is_empty() && file.extension().is_some_and(|extension| extension == "md") {
            let there = fs::read_to_string(&file).unwrap();
            if !anchors(&there).iter().any(|anchor| anchor == heading) {
                say(&target, "to no heading");
            }
        }
    }
    broken
}

/// The targets of a page's relative links and images.
fn targets(page: &str) -> Vec<String> {
    let leads = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.into_string())
        }
        _ => None,
    };
    let elsewhere = |target: &String| target.contains("://") || target.starts_with("mailto:");
    Parser::new(page).filter_map(leads).filter(|target| !elsewhere(target)).collect()
}

/// The anchors of a page's headings: small letters, digits, `-` and `_`, blanks as `-`, and a number at the
/// end of a repeated one.
fn anchors(page: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut heading: Option<String> = None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = heading.take().unwrap_or_default().to_lowercase().replace(' ', "-");
                let name: String =
                    heading.chars().filter(|l| l.is_alphanumeric() || matches!(l, '-' | '_')).collect();
                let further = (1..).map(|number| format!("{name}-{number}"));
                let free = [name.clone()].into_iter().chain(further).find(|name| !anchors.contains(name));
                anchors.extend(free);
            }
            _ => {}
        }
    }
    anchors
}

/// The path without `..`; `None` if it leaves the tree.
fn within(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => plain.push(part),
            Component::ParentDir if !plain.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use jeton_tests::store::fresh_folder;

    use super::*;

    #[test]
    fn headings_have_the_names_that_the_site_gives_them() {
        let page = "# What is `jeton serve`?\n## A / B\n## Same\n### Same\n\n```\n# no heading\n```\n";
        assert_eq!(anchors(page), ["what-is-jeton-serve", "a--b", "same", "same-1"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        let root = fresh_folder();
        fs::create_dir(root.join("docs")).unwrap();
        fs::write(root.join("docs/b.md"), "# There\n").unwrap();
        let good = "[1](docs/b.md) [2](docs/b.md#there) [3](#top) [4](https://x.example/y) [5][r] [6](docs)\n\n[r]: docs/../docs/b.md\n\n`[x](no)`\n";
        fs::write(root.join("a.md"), format!("# Top\n{good}")).unwrap();
        assert_eq!(broken(&root, Path::new("a.md")), [""; 0]);
        let bad = "[1](c.md) [2](docs/b.md#here) [3](#bottom) [4](../x) ![5](x.png)\n";
        fs::write(root.join("a.md"), format!("# Top\n{bad}")).unwrap();
        let ends = ["to nothing", "to no heading", "to no heading", "out of the source tree", "to nothing"];
        let found = broken(&root, Path::new("a.md"));
        assert_eq!(found.len(), ends.len(), "{found:?}");
        assert!(found.iter().zip(ends).all(|(sentence, end)| sentence.ends_with(end)), "{found:?}");
    }
}
