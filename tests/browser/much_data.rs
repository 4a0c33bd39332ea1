//! Pages with long names and addresses, many rights and many rows: nothing is cut off, overlaps, or lies beside the window.

use jeton_tests::{
    browser::{Browser, Key, Scheme, Window},
    jeton::{Held, Jeton},
};
use serde_json::{Map, json};

use crate::console::{at, sign_in};

const LONG: &str = "carol.of.a.very.long.local.part@departments.of.a-rather-large-enterprise.example.com";

/// The links and buttons of the page that are beside the window, or of which a part is cut off.
const OUT_OF_REACH: &str =
    "const shown = [...document.querySelectorAll('main a, main button, .bar a, .bar button')]
        .filter((control) => control.checkVisibility() && !control.closest('svg, .unseen'));
    const reach = (control) => {
        const box = control.getBoundingClientRect();
        const around = control.closest('.scroll, .list, main, .bar').getBoundingClientRect();
        return box.left >= 0 && box.right <= Math.min(innerWidth, around.right + 1);
    };
    return shown.filter((control) => !reach(control)).map((control) => control.innerText)";

/// A project whose names and addresses have no spaces, with a pending share and a pending invitation.
async fn long_names(jeton: &Jeton) -> Held {
    let path = format!("/manage/projects/{}/users", jeton.project);
    let wish = json!({"email": "b@example.org", "name": "B".repeat(120)});
    jeton.post(&path).manage(&jeton.manage).json(&wish).send().await.expect(204);
    jeton.pick_up(&jeton.invitation("b@example.org").await).await.expect(200);
    jeton.invite(LONG).await;
    let held = jeton.create(&json!({"description": "x".repeat(255), "expiresIn": 86_400})).await;
    jeton.share(&held.id, LONG).await;
    jeton.shared_copy(&held.id).await;
    held
}

#[tokio::test]
async fn every_control_is_within_the_window_whatever_names_and_addresses_are() {
    let jeton = Jeton::start().await;
    let held = long_names(&jeton).await;
    let own = format!("tokens/{}", held.id);
    for (window, scheme) in [(Window::Desktop, Scheme::Light), (Window::Phone, Scheme::Dark)] {
        let browser = Browser::start_as(window, scheme).await;
        sign_in(&browser, &jeton).await;
        for page in ["members", own.as_str(), "tokens", "events", "/console/sessions"] {
            browser.open(&at(&jeton, page)).await;
            browser.is_sound().await;
            assert_eq!(browser.run(OUT_OF_REACH).await, json!([]), "{page} {window:?}");
            let name = page.replace(&own, "token").replace("/console/", "");
            browser.screenshot(&format!("console-long-{name}-{window:?}")).await;
            browser.run("document.documentElement.style.fontSize = '200%'").await;
            browser.fits().await;
            assert_eq!(browser.run(OUT_OF_REACH).await, json!([]), "{page} {window:?}, twice as large");
        }
    }
}

#[tokio::test]
async fn the_tabs_of_a_project_are_whole_words_on_the_narrowest_phone() {
    let jeton = Jeton::start().await;
    let browser = Browser::start_as(Window::Phone, Scheme::Light).await;
    sign_in(&browser, &jeton).await;
    browser.run("document.body.style.width = '320px'").await;
    let lines = "return [...document.querySelectorAll('.bar nav a')].map((tab) => \
                 Math.round(tab.offsetHeight / parseFloat(getComputedStyle(tab).lineHeight)))";
    assert_eq!(browser.run(lines).await, json!([1, 1, 1, 1]));
}

#[tokio::test]
async fn of_hundreds_of_rights_the_first_are_shown_and_the_others_after_a_click() {
    let jeton = Jeton::start().await;
    let buckets: Map<_, _> = (0..300).map(|n| (format!("in.c-source-{n:03}"), json!("read"))).collect();
    let held = jeton.create(&json!({"description": "Many", "bucketPermissions": buckets})).await;
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.see("Read bucket in.c-source-009.").await;
    assert!(!browser.text().await.contains("in.c-source-010"));
    browser.is_sound().await;
    browser.screenshot("console-many-rights-light").await;
    browser.click("Show 290 more").await;
    browser.see("Read bucket in.c-source-299.").await;
    // Paper shows all of them.
    browser.open(&at(&jeton, &format!("tokens/{}", held.id))).await;
    browser.as_printed().await;
    browser.see("Read bucket in.c-source-299.").await;
    // Their fields stay in a part of the page.
    browser.open(&at(&jeton, &format!("tokens/{}/usage", held.id))).await;
    let height = "return document.querySelector('.chips').getBoundingClientRect().height < innerHeight / 2";
    assert_eq!(browser.run(height).await, true);
}

#[tokio::test]
async fn what_is_done_with_selected_tokens_is_in_sight_wherever_they_are_selected() {
    let jeton = Jeton::start().await;
    for number in 0..40 {
        jeton.create(&json!({"description": format!("Import {number}")})).await;
    }
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "tokens?search=import")).await;
    browser.see("40 tokens").await;
    let in_sight = "const box = document.querySelector('.bulk').getBoundingClientRect(); \
                    return box.top >= 0 && box.bottom <= innerHeight";
    browser.run("scrollTo(0, document.documentElement.scrollHeight)").await;
    assert_eq!(browser.run(in_sight).await, false);
    browser.run("[...document.querySelectorAll('[aria-label^=\"Select Import\"]')].at(-1).click()").await;
    assert_eq!(browser.run(in_sight).await, true);
    browser.is_sound().await;
    // The focus is not behind it.
    let behind = "const bar = document.querySelector('.bulk'); const focused = document.activeElement; \
                  const [box, of] = [focused, bar].map((e) => e.getBoundingClientRect()); \
                  return focused !== document.body && !bar.contains(focused) && getComputedStyle(bar).position === 'sticky' && box.top < of.bottom && box.bottom > of.top";
    browser.run("[...document.querySelectorAll('.pick input')].at(-1).focus()").await;
    for _ in 0..60 {
        browser.press(Key::ShiftTab).await;
        assert_eq!(browser.run(behind).await, false, "the focus is hidden");
    }
    // The page that asks begins with its question and its buttons.
    browser.run("document.getElementById('all-shown').click()").await;
    browser.run("[...document.querySelectorAll('.selected button')].at(-1).click()").await;
    browser.see("Delete 40 tokens?").await;
    let shown = "const button = document.querySelector('main button.danger').getBoundingClientRect(); \
                 return scrollY === 0 && button.bottom <= innerHeight";
    assert_eq!(browser.run(shown).await, true);
}

#[tokio::test]
async fn the_parts_of_an_event_lie_beside_each_other_at_every_width() {
    let jeton = Jeton::start().await;
    let held = jeton.create(&json!({"description": "An import with a rather long name"})).await;
    for message in ["y".repeat(300), "It ran ".repeat(60)] {
        jeton.post_event(&held.token, &json!({"component": "keboola.ex-db-mysql", "message": message})).await;
    }
    let browser = Browser::start().await;
    sign_in(&browser, &jeton).await;
    browser.open(&at(&jeton, "events")).await;
    let overlap = "const boxes = (event) => [...event.querySelectorAll('.line > *, summary')]
            .map((part) => part.getBoundingClientRect());
        const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
        return [...document.querySelectorAll('.events li')].every((event) => boxes(event)
            .every((a, at, all) => all.slice(at + 1).every((b) => apart(a, b))))";
    for width in [320, 500, 660, 760, 860, 960, 1060] {
        browser.run(&format!("document.body.style.width = '{width}px'")).await;
        assert_eq!(browser.run(overlap).await, true, "{width}");
    }
}
