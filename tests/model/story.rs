//! Steps of a story, and how Jeton and the model run them.

use jeton_tests::{
    jeton::{Held, Invitation, Jeton},
    random::wrong_code,
};
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::json;

use crate::rules::{ALL_BUCKETS, Kind, Rules};

/// One step. Numbers choose among the existing objects.
#[derive(Debug, Clone)]
pub enum Step {
    Create { by: usize, buckets: u8, lifetime: Option<u16> },
    CreateManager { buckets: u8 },
    Rename { by: usize, target: usize },
    Switch { by: usize, target: usize, off: bool },
    Refresh { by: usize, target: usize, grace: bool },
    RefreshItself { by: usize, grace: bool },
    Share { by: usize, target: usize },
    PickUp { share: usize, right: bool },
    Delete { by: usize, target: usize },
    DeleteItself { by: usize },
    Verify { copy: usize },
    Ask { copy: usize, bucket: u8 },
    Pass { seconds: u32 },
    Join,
    Remove { member: usize },
}

pub fn any_step() -> impl Strategy<Value = Step> {
    let (n, bits) = (0_usize..1000, 0_u8..=ALL_BUCKETS);
    let lifetime = prop_oneof![Just(None), (1_u16..7200).prop_map(Some)];
    let seconds = prop_oneof![1_u32..120, 3_000..4_000_u32, 80_000..90_000_u32];
    prop_oneof![
        6 => (n.clone(), bits.clone(), lifetime).prop_map(|(by, buckets, lifetime)| Step::Create { by, buckets, lifetime }),
        2 => bits.prop_map(|buckets| Step::CreateManager { buckets }),
        2 => (n.clone(), n.clone()).prop_map(|(by, target)| Step::Rename { by, target }),
        2 => (n.clone(), n.clone(), any::<bool>()).prop_map(|(by, target, off)| Step::Switch { by, target, off }),
        3 => (n.clone(), n.clone(), any::<bool>()).prop_map(|(by, target, grace)| Step::Refresh { by, target, grace }),
        3 => (n.clone(), any::<bool>()).prop_map(|(by, grace)| Step::RefreshItself { by, grace }),
        5 => (n.clone(), n.clone()).prop_map(|(by, target)| Step::Share { by, target }),
        7 => (n.clone(), prop::bool::weighted(0.8)).prop_map(|(share, right)| Step::PickUp { share, right }),
        2 => (n.clone(), n.clone()).prop_map(|(by, target)| Step::Delete { by, target }),
        1 => n.clone().prop_map(|by| Step::DeleteItself { by }),
        3 => n.clone().prop_map(|copy| Step::Verify { copy }),
        3 => (n.clone(), 0_u8..3).prop_map(|(copy, bucket)| Step::Ask { copy, bucket }),
        2 => seconds.prop_map(|seconds| Step::Pass { seconds }),
        1 => Just(Step::Join),
        1 => n.prop_map(|member| Step::Remove { member }),
    ]
}

/// A story in progress.
pub struct Telling {
    jeton: Jeton,
    rules: Rules,
    /// The id of each token of the model.
    ids: Vec<String>,
    /// The secret of each copy.
    strings: Vec<String>,
    /// The mail of each share.
    mails: Vec<Invitation>,
    /// The address of each member but the first, with their master token.
    members: Vec<(String, usize)>,
    number: usize,
}

type Told = Result<(), TestCaseError>;

const GRACE: i64 = 60;

impl Telling {
    pub fn begin(jeton: Jeton) -> Self {
        let mut rules = Rules::default();
        rules.add(Kind::Master, ALL_BUCKETS, None);
        let (ids, strings) = (vec![jeton.master_id.clone()], vec![jeton.master.clone()]);
        Self { jeton, rules, ids, strings, mails: Vec::new(), members: Vec::new(), number: 0 }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one step after the other is easier to follow than their parts"
    )]
    pub async fn tell(&mut self, step: &Step) -> Told {
        self.number += 1;
        let copies = self.strings.len();
        match *step {
            Step::Create { by, buckets, lifetime } => {
                let by = self.caller(by);
                let mut wish = json!({"bucketPermissions": rights(buckets)});
                if let Some(seconds) = lifetime {
                    wish["expiresIn"] = json!(seconds);
                }
                let call = self.jeton.post("/v2/storage/tokens").token(&self.strings[by]).json(&wish);
                let answer = call.send().await;
                let expected = self.rules.create(by, buckets, lifetime.map(i64::from));
                prop_assert_eq!(answer.status.as_u16(), expected);
                if expected == 201 {
                    self.learn(Held::from(&answer));
                }
            }
            Step::CreateManager { buckets } => {
                let held = self.jeton.create_manager(json!({"bucketPermissions": rights(buckets)})).await;
                self.rules.add(Kind::Manager, buckets, None);
                self.learn(held);
            }
            Step::Rename { by, target } => {
                let (by, target) = (self.caller(by), self.target(target));
                let body = json!({"description": format!("step {}", self.number)});
                let call = self.jeton.put(&self.path(target, "")).token(&self.strings[by]).json(&body);
                let expected = self.rules.may(by, crate::rules::Call::Update, target);
                prop_assert_eq!(call.send().await.status.as_u16(), expected);
            }
            Step::Switch { by, target, off } => {
                let (by, target) = (self.caller(by), self.target(target));
                let body = json!({"isDisabled": off});
                let call = self.jeton.put(&self.path(target, "")).token(&self.strings[by]).json(&body);
                let status = call.send().await.status.as_u16();
                prop_assert_eq!(status, self.rules.switch(by, target, off));
            }
            Step::Refresh { by, target, grace } => {
                self.refresh(self.caller(by), self.target(target), grace).await?;
            }
            Step::RefreshItself { by, grace } => {
                let by = self.caller(by);
                self.refresh(by, self.rules.copies[by].token, grace).await?;
            }
            Step::Share { by, target } => {
                let (by, target) = (self.caller(by), self.target(target));
                if self.taken(target) >= 14 {
                    return Ok(());
                }
                let to = format!("colleague{}@example.org", self.number);
                let call = self.jeton.post(&self.path(target, "/share")).token(&self.strings[by]);
                let answer = call.json(&json!({"recipientEmail": to})).send().await;
                let expected = self.rules.share(by, target);
                prop_assert_eq!(answer.status.as_u16(), expected);
                if expected == 204 {
                    self.mails.push(self.jeton.invitation(&to).await);
                }
            }
            Step::PickUp { share, right } => {
                let Some(share) = share.checked_rem(self.mails.len()) else { return Ok(()) };
                let mail = &self.mails[share];
                let code = if right { mail.code.clone() } else { wrong_code(&mail.code) };
                let answer = self.jeton.type_code(mail, &code).await;
                let expected = self.rules.pick_up(share, right);
                prop_assert_eq!(answer.status.as_u16(), expected);
                if expected == 200 {
                    self.strings.push(answer.field("token"));
                }
            }
            Step::Delete { by, target } => self.delete(self.caller(by), self.target(target)).await?,
            Step::DeleteItself { by } => {
                let by = self.caller(by);
                self.delete(by, self.rules.copies[by].token).await?;
            }
            Step::Verify { copy } => self.verify(copy % copies).await?,
            Step::Ask { copy, bucket } => {
                let copy = copy % copies;
                let question = json!({"operation": "model.asked", "bucket": name(bucket), "access": "read"});
                let call = self.jeton.post("/v2/storage/tokens/verify").token(&self.strings[copy]);
                let answer = call.json(&question).send().await;
                prop_assert_eq!(answer.status.as_u16(), if self.rules.opens(copy) { 200 } else { 401 });
                if self.rules.opens(copy) {
                    prop_assert_eq!(&answer.json()["allowed"], &json!(self.rules.may_read(copy, bucket)));
                }
            }
            Step::Pass { seconds } => {
                self.jeton.pass_seconds(i64::from(seconds));
                self.rules.pass(i64::from(seconds));
                self.jeton.sweep().await;
            }
            Step::Join => {
                let email = format!("member{}@example.org", self.number);
                let mail = self.jeton.invite(&email).await;
                let string = self.jeton.pick_up(&mail).await.expect(200).field("token");
                self.rules.add(Kind::Master, ALL_BUCKETS, None);
                self.members.push((email, self.ids.len()));
                let id = string.split('-').nth(1).unwrap().to_owned();
                self.learn(Held { id, token: string });
            }
            Step::Remove { member } => {
                let Some(member) = member.checked_rem(self.members.len()) else { return Ok(()) };
                let (email, token) = self.members.remove(member);
                let path = format!("/manage/projects/{}/users/{email}", self.jeton.project);
                self.jeton.delete(&path).manage(&self.jeton.manage).send().await.expect(204);
                self.rules.tokens[token].gone = true;
            }
        }
        Ok(())
    }

    /// In the end, compares the rights of every copy, and all lists.
    pub async fn end(&self) -> Told {
        for copy in 0..self.strings.len() {
            self.verify(copy).await?;
        }
        // The first master token may have refreshed itself, so this uses whichever copy of it still works.
        let Some(master) = (0..self.strings.len()).find(|copy| {
            let of = &self.rules.copies[*copy];
            of.token == 0 && of.ends.is_none() && self.rules.opens(*copy)
        }) else {
            return Ok(());
        };
        let master = &self.strings[master];
        let listed = self.jeton.get("/v2/storage/tokens").token(master).send().await.expect(200).json();
        let there = self.rules.tokens.iter().filter(|token| !token.gone).count();
        prop_assert_eq!(listed.as_array().unwrap().len(), there);
        for (token, id) in self.ids.iter().enumerate().filter(|(token, _)| !self.rules.tokens[*token].gone) {
            let path = format!("/v2/storage/tokens/{id}");
            let detail = self.jeton.get(&path).token(master).send().await.expect(200).json();
            let copies =
                self.rules.copies.iter().filter(|copy| copy.token == token && self.rules.is_live(copy));
            prop_assert_eq!(detail["copies"].as_array().unwrap().len(), copies.count());
            let shares =
                self.rules.shares.iter().filter(|share| share.token == token && self.rules.is_open(share));
            prop_assert_eq!(detail["shares"].as_array().unwrap().len(), shares.count());
            prop_assert_eq!(&detail["isDisabled"], &json!(self.rules.tokens[token].disabled));
        }
        Ok(())
    }

    async fn verify(&self, copy: usize) -> Told {
        let status = self.jeton.verify(&self.strings[copy]).await;
        prop_assert_eq!(status, if self.rules.opens(copy) { 200 } else { 401 }, "copy {}", copy);
        Ok(())
    }

    async fn refresh(&mut self, by: usize, target: usize, grace: bool) -> Told {
        if self.taken(target) >= 14 {
            return Ok(());
        }
        let grace = if grace { GRACE } else { 0 };
        let call = self.jeton.post(&self.path(target, "/refresh")).token(&self.strings[by]);
        let answer = call.json(&json!({"gracePeriod": grace})).send().await;
        let expected = self.rules.refresh(by, target, grace);
        prop_assert_eq!(answer.status.as_u16(), expected);
        if expected == 200 {
            self.strings.push(answer.field("token"));
        }
        Ok(())
    }

    async fn delete(&mut self, by: usize, target: usize) -> Told {
        let call = self.jeton.delete(&self.path(target, "")).token(&self.strings[by]);
        let status = call.send().await.status.as_u16();
        prop_assert_eq!(status, self.rules.delete(by, target));
        Ok(())
    }

    fn learn(&mut self, held: Held) {
        self.ids.push(held.id);
        self.strings.push(held.token);
    }

    /// A copy to call with: mostly a manager's, for fewer denials in the story.
    fn caller(&self, number: usize) -> usize {
        let manages = |copy: &usize| {
            let of = self.rules.copies[*copy].token;
            self.rules.opens(*copy) && self.rules.tokens[of].kind != Kind::Limited
        };
        let managing: Vec<usize> = (0..self.strings.len()).filter(manages).collect();
        if number.is_multiple_of(4) || managing.is_empty() {
            number % self.strings.len()
        } else {
            managing[number % managing.len()]
        }
    }

    /// A token to call on: mostly an existing one.
    fn target(&self, number: usize) -> usize {
        let there: Vec<usize> = (0..self.ids.len()).filter(|token| !self.rules.tokens[*token].gone).collect();
        if number.is_multiple_of(4) || there.is_empty() {
            number % self.ids.len()
        } else {
            there[number % there.len()]
        }
    }

    /// The number of a token's copies and shares; other tests check its limit of sixteen.
    fn taken(&self, token: usize) -> usize {
        let copies = self.rules.copies.iter().filter(|copy| copy.token == token && self.rules.is_live(copy));
        let shares =
            self.rules.shares.iter().filter(|share| share.token == token && self.rules.is_open(share));
        copies.count() + shares.count()
    }

    fn path(&self, token: usize, more: &str) -> String {
        format!("/v2/storage/tokens/{}{more}", self.ids[token])
    }
}

fn name(bucket: u8) -> String {
    format!("in.c-{bucket}")
}

fn rights(buckets: u8) -> serde_json::Value {
    let named =
        (0..3).filter(|bucket| buckets & (1 << bucket) != 0).map(|bucket| (name(bucket), json!("read")));
    named.collect::<serde_json::Map<_, _>>().into()
}
