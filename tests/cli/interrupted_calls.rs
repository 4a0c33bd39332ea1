//! Commands that a signal ends while a call that changes something is on its way.

use jeton_client::MAX_TOKENS;
use jeton_tests::{
    process::{Ended, start_jeton, wait_until},
    store::fresh_folder,
};

use crate::{
    remote::Remote,
    stub::{Stub, acted, answer},
};

/// Ends a command after its service has given these answers, while a further call waits for its answer.
fn ended_after(answers: Vec<String>, command: &[&str]) -> Ended {
    let calls = answers.len() + 1;
    let stub = Stub::silent_after(answers);
    let variables =
        [("JETON_URL", stub.url()), ("JETON_TOKEN", "1-23-jtABC"), ("JETON_MANAGE_TOKEN", "jtm-1-ABC")];
    let mut running = start_jeton(&fresh_folder(), command, &variables);
    wait_until("the call is made", || (stub.asked().len() == calls).then_some(()));
    running.process().ask_to_end();
    running.ended()
}

#[tokio::test]
async fn each_call_that_changes_something_says_so_and_what_to_do_when_it_is_ended_before_its_answer() {
    let remote = Remote::start();
    let (id, _) = remote.create(&["-d", "Import"]);
    let path = format!("/v2/storage/tokens/{id}");
    let detail = remote.client().get(&path).token(&remote.master).send().await.expect(200).text();
    let token = || vec![answer(200, "", &detail)];
    let (state, gone, mail) =
        ("it sets the same state", "then says that it was done", "each time sends a mail");
    for (answers, command, told) in [
        (vec![], &["token", "create"][..], "the token may have been created"),
        (token(), &["token", "refresh", "23", "--yes"], "token 23 may have a new secret"),
        (
            vec![],
            &["token", "share", "23", "eve@example.org", "--separate-code"],
            "`jeton token shares 23` lists it",
        ),
        (vec![], &["token", "share", "23", "eve@example.org"], "`jeton token shares 23` lists it"),
        (vec![], &["token", "send-share", "23", "0123456789abcdef"], "a new link may have been sent"),
        (vec![], &["manage-token", "create"], "the manage token may have been created"),
        (vec![], &["manage-token", "refresh", "1", "--yes"], "manage token 1 may have a new secret"),
        (vec![], &["token", "update", "23", "-d", "x"], state),
        (token(), &["token", "disable", "23", "--yes"], state),
        (token(), &["token", "enable", "23", "--yes"], state),
        (token(), &["token", "delete", "23", "--yes"], gone),
        (token(), &["token", "delete", "23", "--copy", "2", "--yes"], gone),
        (
            vec![],
            &["token", "withdraw-share", "23", "0123456789abcdef"],
            "or picked up before: look at the copies",
        ),
        (vec![], &["manage-token", "disable", "1", "--yes"], state),
        (vec![], &["manage-token", "enable", "1"], state),
        (vec![], &["manage-token", "delete", "1", "--yes"], gone),
        (vec![], &["project", "create", "--name", "Sales"], "may do it twice"),
        (vec![], &["member", "invite", "--project", "1", "eve@example.org"], mail),
        (vec![], &["member", "send-again", "--project", "1", "5"], mail),
        (vec![], &["member", "role", "--project", "1", "eve@example.org", "admin"], state),
        (vec![], &["member", "withdraw", "--project", "1", "5"], "or accepted before: look at the members"),
        (vec![], &["member", "remove", "--project", "1", "eve@example.org", "--yes"], gone),
    ] {
        let ended = ended_after(answers, command);
        assert_eq!(ended.status.code(), Some(143), "{command:?}: {}", ended.logged);
        assert!(ended.logged.contains(told), "{command:?}: {}", ended.logged);
        // One sentence, that of the command or that of the call.
        assert_eq!(ended.logged.matches("jeton: ").count(), 1, "{command:?}: {}", ended.logged);
    }
    for command in [&["token", "list"][..], &["token", "verify"], &["project", "show", "1"]] {
        assert_eq!(ended_after(vec![], command).logged, "", "{command:?}");
    }
}

#[test]
fn an_action_on_many_tokens_that_is_ended_says_how_many_are_done_and_how_many_may_be() {
    let ids: Vec<_> = (1..=230).map(|number| number.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let command = ["token", "disable", "--search", "import", "--yes"];
    // The dry run changes nothing.
    assert_eq!(ended_after(vec![], &command).logged, "");
    for (calls, told) in [
        (0, "0 of 230 tokens are disabled, and up to 100 more may be"),
        (1, "100 of 230 tokens are disabled, and up to 100 more may be"),
        (2, "200 of 230 tokens are disabled, and up to 30 more may be"),
    ] {
        let done = ids.chunks(MAX_TOKENS).take(calls).map(|part| acted(part, None));
        let answers = [acted(&ids, None)].into_iter().chain(done).collect();
        let ended = ended_after(answers, &command);
        let told = format!("\njeton: {told}: run the command again for the rest\n");
        assert_eq!(ended.logged, told);
    }
}
