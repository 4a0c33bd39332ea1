use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jeton_core::{passkey::Algorithm, time::Timestamp};
use ring::{
    rand::SystemRandom,
    signature::{self, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};

use super::*;

fn site() -> RelyingParty {
    RelyingParty::of("https://tokens.example.org").unwrap()
}

fn client_data(kind: &str) -> Vec<u8> {
    let challenge = URL_SAFE_NO_PAD.encode("challenge");
    json!({"type": kind, "challenge": challenge, "origin": site().origin, "other": [1]})
        .to_string()
        .into_bytes()
}

fn authenticator_data(flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
    [&Sha256::digest(site().id)[..], &[flags], &counter.to_be_bytes(), rest].concat()
}

/// A new credential with this key, as it is in the data of an authenticator.
fn credential(id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [&[0; 16], &length[..], id, key].concat()
}

fn registered(key: &[u8]) -> Result<NewCredential, Rejected> {
    let authenticator_data = authenticator_data(0x45, 0, &credential(b"id", key));
    site().registered(&RegistrationAnswer { client_data: client_data("webauthn.create"), authenticator_data })
}

fn ed25519(point: &[u8]) -> Vec<u8> {
    [b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", point].concat()
}

fn p256(point: &[u8]) -> Vec<u8> {
    [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", &point[1..33], b"\x22\x58\x20", &point[33..]].concat()
}

fn rsa(modulus: &[u8]) -> Vec<u8> {
    let length = u16::try_from(modulus.len()).unwrap().to_be_bytes();
    [b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59", &length[..], modulus, b"\x21\x43\x01\x00\x01"].concat()
}

fn passkey(new: &NewCredential, counter: u32) -> Passkey {
    Passkey {
        credential: new.id.clone(),
        user: "dXNlcg".to_owned(),
        algorithm: new.algorithm,
        key: new.key.clone(),
        name: String::new(),
        created: Timestamp::from_millis(0),
        last_used: None,
        counter,
        unknown: Map::new(),
    }
}

/// A sign-in whose message is signed by this function.
fn signs_in(
    new: &NewCredential,
    counters: (u32, u32),
    sign: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<u32, Rejected> {
    let (client_data, authenticator_data) =
        (client_data("webauthn.get"), authenticator_data(5, counters.1, &[]));
    let message = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
    let answer = SignInAnswer {
        signature: sign(&message),
        client_data,
        authenticator_data,
        user: "dXNlcg".to_owned(),
    };
    site().signed_in(&passkey(new, counters.0), &answer)
}

#[test]
fn keys_of_each_algorithm_are_read_and_verify_their_own_signatures() {
    let random = SystemRandom::new();
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let new = registered(&ed25519(own.public_key().as_ref())).unwrap();
    assert_eq!((new.algorithm, new.id.as_str()), (Algorithm::EdDsa, "aWQ"));
    assert_eq!(signs_in(&new, (0, 0), |message| own.sign(message).as_ref().to_vec()), Ok(0));
    assert_eq!(signs_in(&new, (0, 0), |_| own.sign(b"another").as_ref().to_vec()), Err(Rejected::Signature));

    let own = rcgen::KeyPair::generate().unwrap();
    let own = signature::EcdsaKeyPair::from_pkcs8(
        &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &own.serialize_der(),
        &random,
    )
    .unwrap();
    let new = registered(&p256(own.public_key().as_ref())).unwrap();
    assert_eq!(new.algorithm, Algorithm::Es256);
    let sign = |message: &[u8]| own.sign(&random, message).unwrap().as_ref().to_vec();
    assert_eq!(signs_in(&new, (0, 0), sign), Ok(0));
    assert_eq!(signs_in(&new, (0, 0), |_| sign(b"another")), Err(Rejected::Signature));
}

/// A modulus of RSA, and the signature of the data below by its private key, which was thrown away.
const MODULUS: &str = "a65225c63484dbe8f5e393f45a1ba7e3b1d5bb5b9550d299d03dd6cdb39c0b3e05dc2c982635b64c0e411d9c5121e624\
     1b758cb09f7eb820f1435ca248f0c15d2bc0514ede75061cfa67c326abd1c889e0f2c645eeea4b398ca30dd3ee81438c\
     b4b5408bc6e7f30ab8f01d20937a6f994477676f7a173025726085c2372061fb7034d6722e6c70bb9e5f70bb1cca7647\
     fd2087b4b58ffecd8ead4c1cf1c2f70bdb60e1d4e10b380cf6a569efbb79d3db85ed85c7b04a0e1b1ac3340a7f2dc5c5\
     66d14be76ea1a0f06bafdc5babfd0857a8c671571c87e107d13d2affe24195e5097d1477a79e322bb54861cd9c607e92\
     114427b75b63e0d143d322164e29b90d";
const SIGNATURE: &str = "6b1924e63a25bd098b2df805cbcc59194d9dc16f94de0b23c5925171a94ba2934c92131960acfd7e1dc35c30bc87309a\
     3af6bdf34766b2ff261602112bf78dc2320908d18034eed906515b43ff1d3b0be96506b9c8049a6dbc0d0cbcf1429a44\
     9985ff8262ad68d92506ca308a1ebd30d814bcb4ba900061f802b8de210e01ccb559648f4040699856f1da331d1260a7\
     67e67eedb59b629a58c889d20fab00581fb60a8c7499cb427bbc423c5dd6c7b9bef50d7f646a7706d5225f4cbbcd5c13\
     15748fea2e321f2d953431e80743244dc209462ef335674e980a19419756a20b718546613036bef8631703fb885dd87f\
     dfa95f807a8ecf9b297fb68946e57584";

#[test]
fn a_key_of_rsa_is_read_and_verifies_its_own_signature() {
    let new = registered(&rsa(&hex::decode(MODULUS).unwrap())).unwrap();
    assert_eq!(new.algorithm, Algorithm::Rs256);
    let verify = |signature: Vec<u8>| {
        let client_data =
            br#"{"type":"webauthn.get","challenge":"Y2hhbGxlbmdl","origin":"https://tokens.example.org"}"#
                .to_vec();
        let (authenticator_data, user) = (authenticator_data(5, 0, &[]), "dXNlcg".to_owned());
        let answer = SignInAnswer { client_data, authenticator_data, signature, user };
        site().signed_in(&passkey(&new, 0), &answer)
    };
    let mut signature = hex::decode(SIGNATURE).unwrap();
    assert_eq!(verify(signature.clone()), Ok(0));
    signature[200] ^= 1;
    assert_eq!(verify(signature), Err(Rejected::Signature));
}

#[test]
fn a_counter_goes_on_or_does_not_count() {
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let new = registered(&ed25519(own.public_key().as_ref())).unwrap();
    let counts = |before, now| signs_in(&new, (before, now), |message| own.sign(message).as_ref().to_vec());
    assert_eq!((counts(0, 0), counts(0, 5), counts(5, 6)), (Ok(0), Ok(5), Ok(6)));
    for (before, now) in [(5, 5), (5, 4), (5, 0), (u32::MAX, 0)] {
        assert_eq!(counts(before, now), Err(Rejected::Counter), "{before} {now}");
    }
}

#[test]
fn a_key_that_is_none_or_of_another_algorithm_is_rejected() {
    let point = [&[4][..], &[1; 64]].concat();
    let malformed = |key: &[u8]| matches!(registered(key).unwrap_err(), Rejected::Malformed(_));
    assert!(malformed(&p256(&point)), "it is not on the curve");
    assert!(malformed(&p256(&point)[..50]) && malformed(&ed25519(&[1; 31])));
    for modulus in [vec![1; 255], vec![1; 513], [vec![0], vec![1; 255]].concat(), vec![2; 256]] {
        assert!(malformed(&rsa(&modulus)), "{}", modulus.len());
    }
    // ES384, a key in another order, nothing.
    for key in [&b"\xa5\x01\x02\x03\x38\x22\x20\x02"[..], b"\xa5\x03\x26\x01\x02", b""] {
        assert_eq!(registered(key).unwrap_err(), Rejected::Algorithm);
    }
}

#[test]
fn data_of_a_wrong_length_is_rejected() {
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = ed25519(own.public_key().as_ref());
    let check = |flags, rest: &[u8]| {
        let authenticator_data = authenticator_data(flags, 0, rest);
        let client_data = client_data("webauthn.create");
        site().registered(&RegistrationAnswer { client_data, authenticator_data }).map(|_| ())
    };
    let whole = credential(b"id", &key);
    assert_eq!(check(0x45, &whole), Ok(()));
    assert_eq!(check(0xc5, &[&whole[..], b"\xa0"].concat()), Ok(()), "extensions are not read");
    for (flags, rest) in [
        (0x45, [&whole[..], b"\xa0"].concat()),
        (0xc5, whole.clone()),
        (0x05, whole.clone()),
        (0x05, Vec::new()),
        (0x85, whole.clone()),
        (0x45, Vec::new()),
        (0x45, whole[..17].to_vec()),
        (0x45, whole[..19].to_vec()),
        (0x45, credential(b"", &key)),
        (0x45, credential(&[1; 1024], &key)),
        (0x55, whole.clone()),
        (0x45, vec![0; 5000]),
    ] {
        assert!(matches!(check(flags, &rest), Err(Rejected::Malformed(_))), "{flags} {}", rest.len());
    }
    assert_eq!(check(0x5d, &whole), Ok(()), "it is backed up, and may be");
    let short =
        RegistrationAnswer { client_data: client_data("webauthn.create"), authenticator_data: vec![0; 36] };
    assert!(matches!(site().registered(&short), Err(Rejected::Malformed(_))));
}

#[test]
fn client_data_is_of_one_question_and_origin() {
    let challenge = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut data: serde_json::Value = serde_json::from_slice(&client_data("webauthn.get")).unwrap();
        change(&mut data);
        let client_data = data.to_string().into_bytes();
        let (authenticator_data, signature, user) = (Vec::new(), Vec::new(), String::new());
        site().challenge_of_sign_in(&SignInAnswer { client_data, authenticator_data, signature, user })
    };
    assert_eq!(challenge(&|_| {}).unwrap(), "challenge");
    assert_eq!(challenge(&|data| data["crossOrigin"] = false.into()).unwrap(), "challenge");
    for origin in [
        "https://evil.example.org",
        "https://tokens.example.org.",
        "https://tokens.example.org:444",
        "http://tokens.example.org",
        "https://tokens.example.org/",
        "HTTPS://TOKENS.EXAMPLE.ORG",
        "",
        "null",
    ] {
        let error = challenge(&|data| data["origin"] = origin.into()).unwrap_err();
        assert_eq!(error, Rejected::OtherOrigin, "{origin}");
    }
    assert_eq!(challenge(&|data| data["crossOrigin"] = true.into()).unwrap_err(), Rejected::OtherOrigin);
    let framed = challenge(&|data| data["topOrigin"] = "https://evil.example".into());
    assert_eq!(framed.unwrap_err(), Rejected::OtherOrigin);
    let create = challenge(&|data| data["type"] = "webauthn.create".into());
    assert_eq!(create.unwrap_err(), Rejected::OtherQuestion);
    for (name, value) in [("challenge", json!("%%")), ("challenge", json!(7)), ("origin", json!(null))] {
        let error = challenge(&|data| data[name] = value.clone()).unwrap_err();
        assert!(matches!(error, Rejected::Malformed(_)), "{name}");
    }
    let long = challenge(&|data| data["other"] = "x".repeat(5000).into());
    assert!(matches!(long, Err(Rejected::Malformed(_))));
}

#[test]
fn an_answer_that_is_cut_off_anywhere_is_malformed() {
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let point = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    let point =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, point.as_ref(), &SystemRandom::new())
            .unwrap();
    let keys = [
        ed25519(own.public_key().as_ref()),
        p256(point.public_key().as_ref()),
        rsa(&hex::decode(MODULUS).unwrap()),
    ];
    for key in keys {
        let whole = authenticator_data(0x45, 0, &credential(b"id", &key));
        let registered = |data: &[u8]| {
            let (client_data, authenticator_data) = (Vec::new(), data.to_vec());
            site().registered(&RegistrationAnswer { client_data, authenticator_data })
        };
        assert!(registered(&whole).is_ok());
        for end in 0..whole.len() {
            let cut = registered(&whole[..end]).unwrap_err();
            assert!(matches!(cut, Rejected::Malformed(_) | Rejected::Algorithm), "{end}: {cut}");
        }
    }
    let whole = client_data("webauthn.create");
    let challenge = |data: &[u8]| {
        let (client_data, authenticator_data) = (data.to_vec(), Vec::new());
        site().challenge_of_registration(&RegistrationAnswer { client_data, authenticator_data })
    };
    assert!(challenge(&whole).is_ok());
    for end in 0..whole.len() {
        assert!(matches!(challenge(&whole[..end]), Err(Rejected::Malformed(_))), "{end}");
    }
}
