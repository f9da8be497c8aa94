use std::collections::BTreeMap;

use super::*;

#[test]
fn the_folder_is_the_first_that_is_named() {
    let places = |set: &KnownSet, known: &[(&str, &str)], data_dir: Option<&str>| {
        let known: BTreeMap<_, _> = known.iter().map(|&(k, v)| (k, OsString::from(v))).collect();
        set.choose_folder(data_dir.map(Path::new), |name| known.get(name).cloned())
    };
    let all = [("DRSAE_DATA_DIR", "named"), ("XDG_CACHE_HOME", "/cache"), ("HOME", "/home/me")];
    assert_eq!(places(&MNIST, &all, Some("given")), Some("given".into()));
    assert_eq!(places(&MNIST, &all, None), Some("named".into()));
    assert_eq!(places(&MNIST, &all[1..], None), Some("/cache/drsae/mnist".into()));
    assert_eq!(places(&MNIST, &all[2..], None), Some("/home/me/.cache/drsae/mnist".into()));
    assert_eq!(places(&MNIST, &[], None), None);
    assert_eq!(places(&KMNIST, &all, Some("given")), Some("given/kmnist".into()));
    assert_eq!(places(&QMNIST, &all, None), Some("named/qmnist".into()));
    assert_eq!(places(&FASHION_MNIST, &all[1..], None), Some("/cache/drsae/fashion-mnist".into()));
}

#[test]
fn every_set_has_files_and_digests_of_its_own() {
    let files = || ALL.into_iter().flat_map(|set| set.files);
    let mut digests: Vec<_> = files().map(|file| file.digest.digits()).collect();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 16);
    for (set, file) in ALL.into_iter().flat_map(|set| set.files.map(|file| (set, file))) {
        assert_eq!(file.set, set.name);
        let digits = if *set == MNIST { 64 } else { 32 };
        assert!(file.digest.digits().len() == digits, "{file:?}");
    }
}
