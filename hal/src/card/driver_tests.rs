//! The card driver: in process with the clock paused, and through a real pcscd with vsmartcard's
//! virtual reader.

use std::time::Duration;

use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use super::{
    CardEvent, CardHandle, CardProblem, StaffCardProof, apdu, once,
    sim::{CardFault, CardSim, Pcscd, StaffApplet, VPCD_ADDRESS, VPCD_READER},
    spawn,
    staff::{self, VerifyError},
    system_challenges,
};
use crate::{
    fault::Link,
    port::{Direction, PortUrl, Tap},
};

/// Only a hanging test ever waits that long.
const HANGS: Duration = Duration::from_secs(60);

struct Rig {
    events: mpsc::Receiver<CardEvent>,
    _driver: CardHandle,
}

impl Rig {
    fn start(url: PortUrl, tap: Option<Tap>) -> Self {
        let (sender, events) = mpsc::channel(16);
        Self { events, _driver: spawn(url, tap, system_challenges(), sender) }
    }

    async fn next(&mut self) -> CardEvent {
        let event = timeout(HANGS, self.events.recv()).await.expect("an event comes");
        event.expect("the driver runs")
    }

    async fn proof(&mut self) -> StaffCardProof {
        match self.next().await {
            CardEvent::Staff(proof) => proof,
            other => panic!("expected a staff card, got {other:?}"),
        }
    }
}

fn is_genuine(proof: &StaffCardProof, public_key: &str) -> bool {
    staff::verify(public_key, &proof.challenge, &proof.signature).is_ok()
}

fn url(text: &str) -> PortUrl {
    text.parse().expect("a port")
}

#[test]
fn the_staff_application_speaks_the_apdus_it_documents() {
    assert_eq!(crate::hex::encode(&staff::select()), "00a4040007f048414c4c323400");
    assert_eq!(crate::hex::encode(&staff::get_card_number()), "00ca010000");
    let authenticate = staff::internal_authenticate(&[0xAB; 32]);
    assert_eq!(&authenticate[..5], [0x00, 0x88, 0x00, 0x00, 0x20]);
    assert_eq!((authenticate.len(), authenticate[37]), (38, 0));
}

#[test]
fn a_signature_is_checked_against_key_and_challenge() {
    let card = StaffApplet::generate("S-0001").expect("fits");
    let proof = staff::prove(&mut card.session(), [7; 32]).expect("proves");
    let (key, other) = (card.public_key(), StaffApplet::generate("S-0001").expect("fits"));
    let verify = |key: &str, challenge| staff::verify(key, challenge, &proof.signature);
    assert_eq!(verify(&key, &[7; 32]), Ok(()));
    assert_eq!(verify(&key, &[8; 32]), Err(VerifyError::Signature));
    assert_eq!(verify(&other.public_key(), &[7; 32]), Err(VerifyError::Signature));
    assert_eq!(verify("04ab", &[7; 32]), Err(VerifyError::PublicKey));
    assert_eq!(verify(&key[2..], &[7; 32]), Err(VerifyError::PublicKey));
    assert!(StaffApplet::generate("").is_err());
    assert!(StaffApplet::generate("號").is_err());
}

#[test]
fn each_fault_of_a_card_is_told_from_the_others() {
    let card = StaffApplet::generate("S-0001").expect("fits");
    for fault in CardFault::ALL {
        let faulty = card.clone().with_fault(Some(fault));
        let proof = staff::prove(&mut faulty.session(), [7; 32]);
        match fault {
            CardFault::Mute => assert_eq!(proof, Err(CardProblem::Mute)),
            CardFault::NotStaff => assert_eq!(proof, Err(CardProblem::NotStaff)),
            CardFault::Refused => assert_eq!(proof, Err(CardProblem::Refused)),
            CardFault::WrongSignature => {
                assert!(!is_genuine(&proof.expect("signs"), &card.public_key()));
            }
            CardFault::GetResponse | CardFault::CorrectLength => {
                assert!(is_genuine(&proof.expect("signs"), &card.public_key()));
            }
        }
    }
    let mut unselected = card.session();
    let refused = apdu::exchange(&mut unselected, &staff::get_card_number());
    assert!(matches!(refused, Err(apdu::ApduError::Refused(apdu::StatusWord::CONDITIONS))));
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_this_process_reports_cards_and_plugs() {
    let mut rig = Rig::start(url("sim:card-slot"), None);
    assert_eq!(rig.next().await, CardEvent::Link(Link::Down), "nobody serves it yet");
    let sim = CardSim::serve(&url("sim:card-slot")).expect("free");
    assert!(CardSim::serve(&url("sim:card-slot")).is_err(), "the name is taken");
    assert_eq!(rig.next().await, CardEvent::Link(Link::Up));

    let card = StaffApplet::generate("S-0007").expect("fits");
    sim.add("staff-demo", card.clone());
    sim.control(&json!({"insert": "staff-demo"})).expect("known");
    let first = rig.proof().await;
    assert_eq!(first.card_number, "S-0007");
    assert!(is_genuine(&first, &card.public_key()));
    sim.control(&json!({"remove": true})).expect("known");
    assert_eq!(rig.next().await, CardEvent::Removed);
    sim.insert(card.clone());
    let second = rig.proof().await;
    assert_ne!(first.challenge, second.challenge, "each insertion has its own challenge");

    sim.set_fault(Some("unplugged")).expect("known");
    assert_eq!(rig.next().await, CardEvent::Removed);
    assert_eq!(rig.next().await, CardEvent::Link(Link::Down));
    sim.set_fault(None).expect("heals");
    assert_eq!(rig.next().await, CardEvent::Link(Link::Up));
    assert!(is_genuine(&rig.proof().await, &card.public_key()));
    sim.remove();
    assert_eq!(rig.next().await, CardEvent::Removed);

    sim.set_fault(Some("not_staff")).expect("known");
    sim.insert(card);
    assert_eq!(rig.next().await, CardEvent::Unusable(CardProblem::NotStaff));
    assert!(sim.control(&json!({"insert": "nobody"})).is_err());
    assert!(sim.set_fault(Some("rust")).is_err());
    drop(sim);
    assert_eq!(rig.next().await, CardEvent::Removed);
    assert_eq!(rig.next().await, CardEvent::Link(Link::Down));
}

#[tokio::test(start_paused = true)]
async fn one_card_at_a_time_for_the_command_line() {
    let sim = CardSim::serve(&url("sim:card-once")).expect("free");
    let wait = Duration::from_secs(3);
    let nothing = once::staff(url("sim:card-once"), None, system_challenges(), wait).await;
    assert!(matches!(nothing, Err(once::CardError::NoCard)));
    let nobody = once::staff(url("sim:card-none"), None, system_challenges(), wait).await;
    assert!(matches!(nobody, Err(once::CardError::NoReader(_))));

    let card = StaffApplet::generate("S-0002").expect("fits");
    sim.insert(card.clone());
    let tap = Tap::new(|| jiff::Timestamp::UNIX_EPOCH).port("card", staff::describe);
    let proof = once::staff(url("sim:card-once"), Some(tap.clone()), system_challenges(), wait);
    assert!(is_genuine(&proof.await.expect("a card"), &card.public_key()));
    let notes: Vec<_> = tap.records().into_iter().map(|it| (it.direction, it.note)).collect();
    assert_eq!(notes[0], (Direction::Out, "select staff application".to_owned()));
    assert_eq!(notes[3], (Direction::In, "done, 6 bytes".to_owned()));
    let reset = once::answer_to_reset(url("sim:card-once")).await.expect("a card");
    assert_eq!(crate::hex::encode(&reset), "3b80800101");
}

/// The whole way through PC/SC: insertion, proof, removal, a card that is no staff card, and a
/// pcscd that dies and comes back.
#[tokio::test]
async fn a_virtual_card_proves_itself_through_a_real_pcscd() {
    let taking = tokio::task::spawn_blocking(Pcscd::take_turn).await.expect("no panic");
    let mut pcscd = taking.expect("pcscd runs (as root, packages pcscd and vsmartcard-vpcd)");
    let sim = CardSim::serve(&url(&format!("tcp:{VPCD_ADDRESS}"))).expect("a reader");
    let port = url(&format!("pcsc:{VPCD_READER}"));
    let mut rig = Rig::start(port.clone(), None);
    assert_eq!(rig.next().await, CardEvent::Link(Link::Up));

    let card = StaffApplet::generate("S-0042").expect("fits");
    for fault in [None, Some("get_response")] {
        sim.set_fault(fault).expect("known");
        sim.insert(card.clone());
        let proof = rig.proof().await;
        assert_eq!(proof.card_number, "S-0042");
        assert!(is_genuine(&proof, &card.public_key()));
        let reset = once::answer_to_reset(port.clone()).await.expect("a card");
        assert_eq!(crate::hex::encode(&reset), "3b80800101");
        sim.remove();
        assert_eq!(rig.next().await, CardEvent::Removed);
    }
    for (fault, problem) in [
        ("not_staff", CardProblem::NotStaff),
        ("refused", CardProblem::Refused),
        ("mute", CardProblem::Mute),
    ] {
        sim.set_fault(Some(fault)).expect("known");
        sim.insert(card.clone());
        assert_eq!(rig.next().await, CardEvent::Unusable(problem));
        sim.remove();
        assert_eq!(rig.next().await, CardEvent::Removed);
    }
    sim.set_fault(None).expect("heals");

    // A pcscd that somebody else runs is not ours to kill.
    if pcscd.is_own() {
        pcscd.stop().expect("killed");
        assert_eq!(rig.next().await, CardEvent::Link(Link::Down));
        let gone = once::answer_to_reset(port).await;
        assert!(matches!(gone, Err(once::CardError::NoService)), "{gone:?}");
        sim.insert(card.clone());
        pcscd.start().expect("starts again");
        assert_eq!(rig.next().await, CardEvent::Link(Link::Up));
        assert!(is_genuine(&rig.proof().await, &card.public_key()));
        sim.remove();
        assert_eq!(rig.next().await, CardEvent::Removed);
    }
}
