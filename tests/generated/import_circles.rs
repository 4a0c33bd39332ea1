//! Import circles: no files of a crate import each other in a circle, so each can be read without all others.
//!
//! A file imports another if it names an item of it, by `use` or by a path. A re-exported item (`pub use`)
//! belongs to the file that defines it. Tests in a file do not count.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use jeton_tests::program;
use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemUse, Macro, Meta, UseTree, Visibility,
    visit::{self, Visit},
};

/// The path of a module, from the root of its crate.
type Module = Vec<String>;

/// The files of a crate by their modules.
type Files = BTreeMap<Module, File>;

/// The imports of each file: from which other, and which names.
type Imports = BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>>;

/// The names in a file.
#[derive(Default)]
struct File {
    /// Each `use`: its name in this file, the path, and whether it is only a re-export.
    uses: Vec<(String, Vec<String>, bool)>,
    /// All other paths.
    paths: BTreeSet<Vec<String>>,
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let (mut found, mut read) = (String::new(), 0);
    for package in program::packages().into_iter().filter(|package| program::is_production(package)) {
        let src = program::root().join(&package).join("src");
        // The functions are single files.
        let files = if src.is_dir() { files(&src) } else { Files::new() };
        read += files.len();
        found += &told(&package, &circles(&imports(&files)));
    }
    assert!(read > 300, "only {read} files were read");
    assert!(found.is_empty(), "move what these files share into a file of its own:\n{found}");
}

#[test]
fn a_circle_is_found_through_what_modules_pass_on_and_tests_make_none() {
    let file = |module: &[&str], text: &str| {
        let module = module.iter().map(|&name| name.to_owned()).collect();
        (module, read(text))
    };
    let circle = |texts: [&str; 4]| {
        let [root, a, b, c] = texts;
        let files = Files::from([file(&[], root), file(&["a"], a), file(&["a", "b"], b), file(&["c"], c)]);
        told("x", &circles(&imports(&files)))
    };
    let found = circle([
        "mod a; mod c;",
        "mod b; pub use b::B;",
        "use crate::c; struct B; fn f() { c::g(); }",
        "use crate::a::B;",
    ]);
    assert_eq!(found, "x:\n  a/b imports g from c\n  c imports B from a/b\n");
    let found = circle(["", "mod b; use b::B; fn helper() {}", "use super::helper; struct B;", ""]);
    assert_eq!(found, "x:\n  a imports B from a/b\n  a/b imports helper from a\n");
    let found = circle(["", "mod b;", "fn f() { assert!(crate::c::g()); }", "fn g() { crate::a::b::f() }"]);
    assert_eq!(found, "x:\n  a/b imports g from c\n  c imports f from a/b\n");
    let tests = "struct B; #[cfg(test)] mod tests { use crate::c::C; } #[cfg(test)] use crate::c::C;";
    assert_eq!(circle(["", "mod b; pub use b::B;", tests, "use crate::a::B; struct C;"]), "");
    assert_eq!(
        circle(["", "pub mod b; pub use b::B; pub fn f() {}", "pub struct B; fn g() { super::f() }", ""]),
        ""
    );
}

fn files(src: &Path) -> Files {
    let mut files = Files::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.insert(module(&path, src), read(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

fn module(path: &Path, src: &Path) -> Module {
    let path: PathBuf = path.strip_prefix(src).unwrap().with_extension("");
    let mut names: Module = path.iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if names.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        names.pop();
    }
    names
}

fn read(text: &str) -> File {
    let mut file = File::default();
    file.visit_file(&syn::parse_file(text).unwrap());
    file
}

impl File {
    fn add_use(&mut self, tree: &UseTree, mut before: Vec<String>, is_passed_on: bool) {
        let (name, last) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                return self.add_use(&path.tree, before, is_passed_on);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.add_use(tree, before.clone(), is_passed_on));
            }
            UseTree::Name(name) if name.ident == "self" => (before.last().unwrap().clone(), None),
            UseTree::Name(name) => (name.ident.to_string(), Some(name.ident.to_string())),
            UseTree::Rename(rename) => (rename.rename.to_string(), Some(rename.ident.to_string())),
            UseTree::Glob(_) => ("*".to_owned(), Some("*".to_owned())),
        };
        before.extend(last);
        self.uses.push((name, before, is_passed_on));
    }

    /// The paths among tokens: names with two colons between them.
    fn add_paths(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(name) if colons == 2 => {
                    path.push(name.to_string());
                    colons = 0;
                }
                token => {
                    self.paths.extend(Some(std::mem::take(&mut path)).filter(|path| !path.is_empty()));
                    colons = 0;
                    match token {
                        TokenTree::Ident(name) => path.push(name.to_string()),
                        TokenTree::Group(group) => self.add_paths(group.stream()),
                        TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                    }
                }
            }
        }
        self.paths.extend(Some(path).filter(|path| !path.is_empty()));
    }

    fn names(&self, name: &str) -> bool {
        self.paths.iter().any(|path| path[0] == name)
    }
}

impl<'a> Visit<'a> for File {
    fn visit_item(&mut self, item: &'a Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        self.add_use(&item.tree, Vec::new(), !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.paths.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// A macro's input has a grammar of its own; paths look the same in all of them.
    fn visit_macro(&mut self, item: &'a Macro) {
        self.add_paths(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

fn imports(files: &Files) -> Imports {
    let mut imports = Imports::new();
    for (module, file) in files {
        let used = file.uses.iter().filter(|(name, _, is_passed_on)| !is_passed_on || file.names(name));
        // A single name is of this file, or from a `use`.
        let written = file.paths.iter().filter(|path| path.len() > 1);
        for path in used.map(|(_, path, _)| path).chain(written) {
            if let Some((from, name)) = resolved(files, module, path, 0)
                && from != *module
                && !name.is_empty()
            {
                imports.entry(module.clone()).or_default().entry(from).or_default().insert(name);
            }
        }
    }
    imports
}

/// The file that defines a path, and the name there, which is empty for the file as such.
fn resolved(files: &Files, module: &Module, path: &[String], depth: usize) -> Option<(Module, String)> {
    if depth > 20 {
        return None;
    }
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => inside(files, Vec::new(), rest, depth),
        "self" => inside(files, module.clone(), rest, depth),
        "super" => {
            let mut parent = module.clone();
            parent.pop()?;
            match rest.first().map(String::as_str) {
                Some("super") => resolved(files, &parent, rest, depth + 1),
                _ => inside(files, parent, rest, depth),
            }
        }
        _ => {
            let file = files.get(module)?;
            let is_child = files.contains_key(&child(module, first));
            let by_use = file.uses.iter().find(|(name, path, _)| name == first && path[0] != *first);
            match by_use {
                Some((_, used, _)) => resolved(files, module, &[used.as_slice(), rest].concat(), depth + 1),
                None if is_child => inside(files, module.clone(), path, depth),
                None => None,
            }
        }
    }
}

/// Resolves a path from a module on.
fn inside(files: &Files, mut module: Module, path: &[String], depth: usize) -> Option<(Module, String)> {
    let mut path = path;
    while let Some((first, rest)) = path.split_first() {
        let next = child(&module, first);
        if !files.contains_key(&next) {
            break;
        }
        (module, path) = (next, rest);
    }
    let Some(name) = path.first() else { return Some((module, String::new())) };
    let passed_on = files.get(&module)?.uses.iter().find(|(known, _, _)| known == name);
    if let Some((_, used, _)) = passed_on
        && let Some(found) = resolved(files, &module, &[used.as_slice(), &path[1..]].concat(), depth + 1)
    {
        return Some(found);
    }
    Some((module, name.clone()))
}

fn child(module: &Module, name: &str) -> Module {
    [module.as_slice(), &[name.to_owned()]].concat()
}

/// The imports among files that reach each other.
fn circles(imports: &Imports) -> Vec<Imports> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|module| (module, reached_from(imports, module))).collect();
    let mut circles: BTreeMap<BTreeSet<&Module>, Imports> = BTreeMap::new();
    for (module, all) in &reached {
        let of_circle: BTreeSet<&Module> = all
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(module)))
            .collect();
        if of_circle.is_empty() {
            continue;
        }
        let mut within = imports[*module].clone();
        within.retain(|from, _| of_circle.contains(from));
        circles.entry(of_circle).or_default().insert((*module).clone(), within);
    }
    circles.into_values().collect()
}

fn reached_from<'a>(imports: &'a Imports, module: &'a Module) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![module];
    while let Some(module) = ahead.pop() {
        for next in imports.get(module).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(next) {
                ahead.push(next);
            }
        }
    }
    reached
}

fn told(of: &str, circles: &[Imports]) -> String {
    let mut text = String::new();
    for circle in circles {
        let _ = writeln!(text, "{of}:");
        for (module, imports) in circle {
            for (from, names) in imports {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let (module, from) = (named(module), named(from));
                let _ = writeln!(text, "  {module} imports {} from {from}", names.join(", "));
            }
        }
    }
    text
}

fn named(module: &Module) -> String {
    if module.is_empty() { "the root".to_owned() } else { module.join("/") }
}
