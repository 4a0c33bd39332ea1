//! What a browser and an authenticator answer to a passkey.

use bolero::check;
use jeton_core::{
    passkey::{Algorithm, CredentialId, Passkey},
    time::Timestamp,
};
use jeton_service::passkey::{RegistrationAnswer, Rejected, RelyingParty, SignInAnswer};
use serde_json::{Map, Value};

/// The SHA-256 of the host, with which the data of an authenticator begins. No input would find it.
const SITE: [u8; 32] = [
    0xa7, 0xef, 0xdf, 0xc5, 0x41, 0x13, 0x70, 0x76, 0xec, 0xc6, 0x65, 0xf4, 0x3c, 0xb3, 0x2c, 0x58, 0x35,
    0xd3, 0xcf, 0xbe, 0xda, 0xfd, 0x5d, 0xd7, 0xb2, 0x73, 0x0a, 0x81, 0xab, 0xbd, 0xb3, 0xff,
];

/// The place of the flags, and the one of outputs of extensions, which may have any length.
const FLAGS: usize = 32;
const HAS_EXTENSIONS: u8 = 1 << 7;

fn site() -> RelyingParty {
    RelyingParty::of("https://tokens.example.org").unwrap()
}

#[test]
fn authenticator_data() {
    let site = site();
    let registered = |data: &[u8]| {
        let (client_data, authenticator_data) = (Vec::new(), data.to_vec());
        site.registered(&RegistrationAnswer { client_data, authenticator_data })
    };
    check!().for_each(|bytes: &[u8]| {
        let data = [&SITE[..], bytes].concat();
        let Ok(new) = registered(&data) else { return };
        assert!((1..=1364).contains(&new.id.as_str().len()) && !new.key.is_empty());
        if data[FLAGS] & HAS_EXTENSIONS == 0 {
            assert!(
                (0..data.len()).all(|end| registered(&data[..end]).is_err()),
                "what is cut off is accepted"
            );
        }
    });
}

#[test]
fn client_data() {
    let site = site();
    let challenge = |data: &[u8]| {
        let (client_data, authenticator_data) = (data.to_vec(), Vec::new());
        site.challenge_of_registration(&RegistrationAnswer { client_data, authenticator_data })
    };
    check!().for_each(|bytes: &[u8]| {
        if challenge(bytes).is_err() {
            return;
        }
        let read: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(
            (&read["type"], &read["origin"]),
            (&"webauthn.create".into(), &site.origin.as_str().into())
        );
        let whole = bytes.trim_ascii_end();
        assert!((0..whole.len()).all(|end| challenge(&whole[..end]).is_err()), "what is cut off is accepted");
    });
}

#[test]
fn signatures() {
    let site = site();
    check!().for_each(|bytes: &[u8]| {
        // Two lengths, and then the key, the data of the authenticator, and the signature.
        let Some(([key, data, algorithm], rest)) = bytes.split_first_chunk() else { return };
        let (key, rest) = rest.split_at(usize::from(*key).min(rest.len()));
        let (data, signature) = rest.split_at(usize::from(*data).min(rest.len()));
        let passkey = Passkey {
            credential: CredentialId::parse("aWQ").unwrap(),
            user: String::new(),
            algorithm: Algorithm::ALL[usize::from(*algorithm) % Algorithm::ALL.len()],
            // As it is in a record that somebody has edited.
            key: String::from_utf8_lossy(key).into_owned(),
            name: String::new(),
            created: Timestamp::from_millis(0),
            last_used: None,
            counter: u32::MAX,
            unknown: Map::new(),
        };
        let answer = SignInAnswer {
            client_data: data.to_vec(),
            authenticator_data: [&SITE[..], data].concat(),
            signature: signature.to_vec(),
            user: String::new(),
        };
        let signed_in = site.signed_in(&passkey, &answer);
        assert!(
            signed_in.is_err_and(|why| why != Rejected::Unknown),
            "no counter goes on after the last one"
        );
    });
}
