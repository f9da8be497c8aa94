//! A trial that is stopped and goes on.

use std::sync::atomic::AtomicBool;

use super::*;

/// Stops a sweep after its first epoch.
struct StopAfterAnEpoch(Arc<AtomicBool>);

impl Observer for StopAfterAnEpoch {
    fn epoch(&self, _: &Trial, _: &Epoch) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn the_seconds_of_a_trial_are_those_of_all_its_runs() {
    let (world, trials) = (World::new(0), &PLAN[..1]);
    let io: Arc<dyn Io> = Arc::new(world.process(0, 0));
    let store = Store::open_through(Arc::clone(&io), Path::new(ROOT), SPEC).unwrap();
    let control = Control::default();
    let observer = StopAfterAnEpoch(Arc::clone(&control.stop));
    local::run(
        &pending(trials, &store, Counted::default()).unwrap(),
        &store,
        &Stub(io),
        &control,
        1,
        &observer,
    )
    .unwrap();
    assert_eq!(store.status(&trials[0].id).unwrap(), Status::Pending);

    sweep(&world.process(0, 0), trials, &Endings::default()).unwrap();
    let outcome = store.trial(&trials[0].id).unwrap().outcome().unwrap().unwrap();
    let both = (EPOCH * 2).as_secs_f64();
    assert!((both..both + 5.0).contains(&outcome.seconds), "{}", outcome.seconds);
}
