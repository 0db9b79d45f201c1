//! What an act is read from and written as.

use super::*;

#[test]
fn a_target_is_read_as_it_is_written() {
    for text in ["backend", "proxy", "edge", "worker 1", "worker 512"] {
        let target: Target = text.parse().unwrap();
        assert_eq!(target.to_string(), text);
    }
    for wrong in [
        "worker 0",
        "worker",
        "worker -1",
        "worker two",
        "Backend",
        "",
    ] {
        assert!(wrong.parse::<Target>().is_err(), "{wrong}");
    }
}

#[test]
fn an_act_says_what_it_does_and_survives_its_file() {
    let act = Act {
        at: Span::from_secs(2),
        signal: Some(SignalTo {
            to: Target::Worker(3),
            name: SignalName::Usr1,
        }),
        fault: None,
        rotate: None,
        knobs: vec!["backend.workers = 8".to_owned()],
        backend: None,
        proxy: None,
        edge: None,
    };
    assert_eq!(
        act.to_string(),
        "USR1 to worker 3, with backend.workers = 8"
    );
    let fault = Act {
        signal: None,
        fault: Some(FaultTo {
            to: Target::Worker(1),
            kind: FaultKind::Spin,
        }),
        ..act.clone()
    };
    assert_eq!(
        fault.to_string(),
        "fault spin in worker 1, with backend.workers = 8"
    );
    let text = serde_json::to_string(&act).unwrap();
    assert!(
        text.contains(r#"{"to":"worker 3","name":"USR1"}"#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Act>(&text).unwrap(), act);
}

#[test]
fn every_signal_has_somebody_who_takes_it() {
    use SignalName::{Abrt, Hup, Int, Kill, Quit, Term, Ttin, Ttou, Usr1, Usr2, Winch};
    for name in [
        Term, Int, Quit, Hup, Usr1, Usr2, Ttin, Ttou, Winch, Abrt, Kill,
    ] {
        let takers = [Target::Backend, Target::NewBackend, Target::Worker(1)];
        let taken = takers
            .iter()
            .any(|target| name.refused_by(*target).is_none());
        assert!(taken, "{name}");
    }
}

#[test]
fn every_fault_has_somebody_whom_it_befalls_and_its_name_in_the_file() {
    let faults = [
        FaultKind::Spin,
        FaultKind::Deadlock,
        FaultKind::FdLeak,
        FaultKind::FdLeakSpins,
        FaultKind::FdLeakBacksOff,
        FaultKind::Stop,
        FaultKind::Kill,
        FaultKind::Zombie,
        FaultKind::SlowWrite,
        FaultKind::Uninterruptible,
        FaultKind::Unkillable,
    ];
    for kind in faults {
        let fault = FaultTo {
            to: Target::Worker(2),
            kind,
        };
        assert_eq!(kind.refused_by(fault.to), None);
        let text = serde_json::to_string(&fault).unwrap();
        assert!(text.contains(&format!("\"{}\"", kind.name())), "{text}");
        assert_eq!(serde_json::from_str::<FaultTo>(&text).unwrap(), fault);
        let on_proxy = kind.refused_by(Target::Proxy).is_none();
        // A proxy's accept loop is nginx's.
        let spared = matches!(kind, FaultKind::FdLeakSpins | FaultKind::FdLeakBacksOff);
        assert_eq!(on_proxy, !spared);
    }
    let healed: Vec<_> = faults.iter().filter(|kind| !kind.is_for_good()).collect();
    assert_eq!(healed, [&FaultKind::FdLeak, &FaultKind::Kill]);
}
