//! The model of the manual's rules, as small as possible: lists of tokens, copies, shares and members, from
//! which nothing is removed.

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Master,
    Manager,
    Limited,
}

#[derive(Debug)]
pub struct Token {
    pub kind: Kind,
    /// One bit for each bucket that it may read.
    pub buckets: u8,
    pub expires: Option<i64>,
    pub disabled: bool,
    /// Whether a master token disabled it, too.
    pub off_by_master: bool,
    pub gone: bool,
}

#[derive(Debug)]
pub struct Copy {
    pub token: usize,
    pub picked_up: bool,
    pub ends: Option<i64>,
    pub dead: bool,
    /// The copy that its holder replaced it by, if it was a picked-up one.
    pub replaced_by: Option<usize>,
}

#[derive(Debug)]
pub struct Share {
    pub token: usize,
    /// The copy that sent it, with which it ends.
    pub sent_by: usize,
    pub ends: i64,
    pub copy_ends: Option<i64>,
    pub wrong_codes: u8,
    pub closed: bool,
}

/// The whole state, at a time in seconds since the beginning.
#[derive(Debug, Default)]
pub struct Rules {
    pub now: i64,
    pub tokens: Vec<Token>,
    pub copies: Vec<Copy>,
    pub shares: Vec<Share>,
}

/// The kind of call on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Update,
    Refresh,
    Share,
    Delete,
}

pub const ALL_BUCKETS: u8 = 0b111;
const DAY: i64 = 86_400;
const MOST_WRONG_CODES: u8 = 5;
const MOST_REPLACED: usize = 8;

impl Rules {
    /// A token with its first copy.
    pub fn add(&mut self, kind: Kind, buckets: u8, lifetime: Option<i64>) {
        let expires = lifetime.map(|seconds| self.now + seconds);
        self.tokens.push(Token {
            kind,
            buckets,
            expires,
            disabled: false,
            off_by_master: false,
            gone: false,
        });
        self.copies.push(Copy {
            token: self.tokens.len() - 1,
            picked_up: false,
            ends: None,
            dead: false,
            replaced_by: None,
        });
    }

    /// Whether a copy is valid.
    pub fn opens(&self, copy: usize) -> bool {
        let copy = &self.copies[copy];
        let token = &self.tokens[copy.token];
        !copy.dead && copy.ends.is_none_or(|end| self.now < end) && !token.gone && !token.disabled
    }

    pub fn is_live(&self, copy: &Copy) -> bool {
        !copy.dead && copy.ends.is_none_or(|end| self.now < end)
    }

    pub fn is_open(&self, share: &Share) -> bool {
        let sender = &self.copies[share.sent_by];
        let stands = self.is_live(sender) && sender.ends.is_none() && !self.tokens[sender.token].gone;
        !share.closed && self.now < share.ends && stands
    }

    /// Whether a copy may read a bucket, if it is valid.
    pub fn may_read(&self, copy: usize, bucket: u8) -> bool {
        let token = &self.tokens[self.copies[copy].token];
        token.kind == Kind::Master || token.buckets & (1 << bucket) != 0
    }

    pub fn create(&mut self, by: usize, buckets: u8, lifetime: Option<i64>) -> u16 {
        let status = self.manages(by);
        if status != 200 {
            return status;
        }
        let creator = &self.tokens[self.copies[by].token];
        if creator.kind != Kind::Master && buckets & !creator.buckets != 0 {
            return 403;
        }
        self.add(Kind::Limited, buckets, lifetime);
        201
    }

    /// The status of a call that would be allowed or denied, before it does anything; 200 if allowed.
    pub fn may(&self, by: usize, call: Call, target: usize) -> u16 {
        if !self.opens(by) {
            return 401;
        }
        let copy = &self.copies[by];
        let (own, caller, on) = (copy.token == target, &self.tokens[copy.token], &self.tokens[target]);
        if copy.ends.is_some() {
            return 403;
        }
        if own && call == Call::Refresh {
            return 200;
        }
        if own && call == Call::Delete {
            return if on.kind == Kind::Master { 403 } else { 200 };
        }
        if caller.kind == Kind::Limited {
            return 403;
        }
        if on.gone {
            return 404;
        }
        let picked_up_only_itself = copy.picked_up && matches!(call, Call::Refresh | Call::Delete);
        if picked_up_only_itself || on.kind == Kind::Master {
            return 403;
        }
        let beyond = caller.kind != Kind::Master && on.buckets & !caller.buckets != 0;
        if beyond && call != Call::Delete { 403 } else { 200 }
    }

    pub fn switch(&mut self, by: usize, target: usize, off: bool) -> u16 {
        let status = self.may(by, Call::Update, target);
        if status != 200 {
            return status;
        }
        let is_master = self.tokens[self.copies[by].token].kind == Kind::Master;
        let token = &mut self.tokens[target];
        if !off && token.off_by_master && !is_master {
            return 403;
        }
        token.disabled = off;
        token.off_by_master = off && (is_master || token.off_by_master);
        200
    }

    pub fn refresh(&mut self, by: usize, target: usize, grace: i64) -> u16 {
        let status = self.may(by, Call::Refresh, target);
        if status != 200 {
            return status;
        }
        let only = (self.copies[by].token == target && self.copies[by].picked_up).then_some(by);
        let end = (grace > 0).then_some(self.now + grace);
        let (now, next) = (self.now, self.copies.len());
        let before = |copy: &Copy| only.is_some() && copy.replaced_by == only;
        let lives = |copy: &Copy| !copy.dead && copy.ends.is_none_or(|end| now < end);
        if end.is_some() && self.copies.iter().any(|copy| before(copy) && lives(copy)) {
            return 409;
        }
        let own = self.copies[by].token == target && only.is_none();
        let replaced = |copy: &&Copy| copy.token == target && !copy.picked_up && lives(copy);
        if own && end.is_some() && self.copies.iter().filter(replaced).count() > MOST_REPLACED {
            return 409;
        }
        for (index, copy) in self.copies.iter_mut().enumerate() {
            if before(copy) || only == Some(index) {
                copy.replaced_by = Some(next);
            }
        }
        for (index, copy) in self.copies.iter_mut().enumerate() {
            if copy.token == target && only.is_none_or(|only| only == index) {
                match end {
                    None => copy.dead = true,
                    Some(end) => copy.ends = Some(copy.ends.map_or(end, |before| before.min(end))),
                }
            }
        }
        for share in self.shares.iter_mut().filter(|share| share.token == target && only.is_none()) {
            match end {
                None => share.closed = true,
                Some(end) => {
                    share.ends = share.ends.min(end);
                    share.copy_ends = Some(share.copy_ends.map_or(end, |before| before.min(end)));
                }
            }
        }
        self.copies.push(Copy {
            token: target,
            picked_up: only.is_some(),
            ends: None,
            dead: false,
            replaced_by: None,
        });
        200
    }

    pub fn share(&mut self, by: usize, target: usize) -> u16 {
        let status = self.may(by, Call::Share, target);
        if status != 200 {
            return status;
        }
        if self.tokens[target].disabled {
            return 409;
        }
        self.shares.push(Share {
            token: target,
            sent_by: by,
            ends: self.now + DAY,
            copy_ends: None,
            wrong_codes: 0,
            closed: false,
        });
        204
    }

    pub fn pick_up(&mut self, share: usize, right: bool) -> u16 {
        let picked = &self.shares[share];
        let (token, sharer) = (&self.tokens[picked.token], &self.tokens[self.copies[picked.sent_by].token]);
        if !self.is_open(picked) || token.gone {
            return 410;
        }
        let beyond = sharer.kind != Kind::Master && token.buckets & !sharer.buckets != 0;
        if token.disabled || sharer.disabled || beyond {
            return 409;
        }
        let picked = &mut self.shares[share];
        if !right {
            picked.wrong_codes += 1;
            picked.closed = picked.wrong_codes == MOST_WRONG_CODES;
            return 403;
        }
        picked.closed = true;
        let (token, ends) = (picked.token, picked.copy_ends);
        self.copies.push(Copy { token, picked_up: true, ends, dead: false, replaced_by: None });
        200
    }

    pub fn delete(&mut self, by: usize, target: usize) -> u16 {
        let status = self.may(by, Call::Delete, target);
        if status != 200 {
            return status;
        }
        if self.copies[by].token == target && self.copies[by].picked_up {
            self.copies[by].dead = true;
        } else {
            self.tokens[target].gone = true;
        }
        204
    }

    /// Advances the clock, and runs the sweep.
    pub fn pass(&mut self, seconds: i64) {
        self.now += seconds;
        for token in &mut self.tokens {
            token.gone |= token.expires.is_some_and(|end| self.now >= end);
        }
    }

    /// Whether a copy may create tokens; 200 if so.
    fn manages(&self, by: usize) -> u16 {
        let copy = &self.copies[by];
        match self.tokens[copy.token].kind {
            _ if !self.opens(by) => 401,
            Kind::Limited => 403,
            _ if copy.ends.is_some() => 403,
            _ => 200,
        }
    }
}
