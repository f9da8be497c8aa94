use super::event::{Content, SessionProto, What};
use super::*;

fn trial(status: Status) -> TrialRow {
    TrialRow {
        trial: "drsae-1".to_owned(),
        family: "drsae".to_owned(),
        steps: 11,
        discriminative_weight: 1.0,
        seed: 1,
        status,
        best_epoch: Some(6),
        valid_error: Some(1.5),
        test_error: Some(1.25),
        test_images: Some(80),
        axes: vec![("data.train".into(), value::Value::parse(""))],
        ..TrialRow::default()
    }
}

fn curve() -> [EpochRow; 2] {
    let row = |epoch, valid_error| EpochRow {
        epoch,
        rate: 0.5,
        train_loss: 3.25,
        valid_error,
        ..EpochRow::default()
    };
    [row(3, None), row(6, Some(1.5))]
}

/// The events of a file, its checksums checked.
fn read(file: &[u8]) -> Vec<EventProto> {
    record::tests::records(file).into_iter().map(|data| EventProto::decode(data).unwrap()).collect()
}

/// The values of an event, by tag.
fn values(event: &EventProto) -> BTreeMap<&str, &ValueProto> {
    let Some(What::Summary(summary)) = &event.what else { panic!("{event:?} has no values") };
    summary.value.iter().map(|value| (value.tag.as_str(), value)).collect()
}

fn number(value: &ValueProto) -> f32 {
    let Some(Content::Simple(number)) = value.content else { panic!("{value:?} is no number") };
    number
}

fn moment(value: &ValueProto) -> Moment {
    let plugin = value.metadata.as_ref().unwrap().plugin.as_ref().unwrap();
    assert_eq!(plugin.name, "hparams");
    SessionProto::decode(plugin.content.as_slice()).unwrap().moment.unwrap()
}

#[test]
fn every_merged_epoch_is_a_step_and_a_second() {
    let events = read(&file(&trial(Status::Complete), &curve()));
    assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".to_owned())));
    let times: Vec<_> = events.iter().map(|event| (event.wall_time, event.step)).collect();
    assert_eq!(times, [(0.0, 0), (0.0, 0), (3.0, 3), (6.0, 6), (6.0, 6)]);
    let first = values(&events[2]);
    assert_eq!((number(first["rate"]), number(first["train/loss"])), (0.5, 3.25));
    assert!(!first.contains_key("valid/error") && !first.contains_key("kept/test_error"));
    let second = values(&events[3]);
    let errors = ["valid/error", "kept/valid_error", "kept/test_error"].map(|tag| number(second[tag]));
    assert_eq!(errors, [1.5, 1.5, 1.25]);
}

#[test]
fn settings_are_hyperparameters_and_seeds_of_a_cell_one_group() {
    let events = read(&file(&trial(Status::Diverged), &curve()));
    let Moment::Start(start) = moment(values(&events[1])[SESSION_START]) else { panic!("{events:?}") };
    let kind = |name: &str| start.hparams[name].kind.clone().unwrap();
    assert_eq!(start.hparams.len(), 7);
    assert_eq!(kind("steps"), SettingValue::Number(11.0));
    assert_eq!(
        (kind("family"), kind("data.train")),
        (SettingValue::Text("drsae".into()), SettingValue::Text(String::new()))
    );
    assert_eq!(
        start.group_name,
        "data.train= discriminative_weight=1.0 family=drsae hidden=0 parameters=0 sparsity=0.0 steps=11"
    );
    let end = |status| moment(values(read(&file(&trial(status), &curve())).last().unwrap())[SESSION_END]);
    assert_eq!(end(Status::Diverged), Moment::End(End { status: FAILURE }));
    assert_eq!(end(Status::Complete), Moment::End(End { status: SUCCESS }));
    assert_eq!(read(&file(&trial(Status::Pending), &curve())).len(), 4);
}

/// Bytes as TensorBoard's own writer encodes them; Python: `metadata.NULL_TENSOR` of
/// `tensorboard.plugins.hparams`, `.SerializeToString()`.
#[test]
fn the_tensor_beside_metadata_is_the_empty_one() {
    let value = ValueProto::session(SESSION_END, Moment::End(End { status: SUCCESS }));
    let Some(Content::Tensor(tensor)) = value.content else { panic!("{value:?}") };
    assert_eq!(tensor.encode_to_vec(), [8, 1, 18, 2, 18, 0]);
}

#[test]
fn an_id_that_leads_out_of_the_folder_is_refused() {
    let results = tempfile::tempdir().unwrap();
    let store = Store::open(&results.path().join("tiny"), "name = \"tiny\"\n").unwrap();
    let climbing = "../../up";
    let row = TrialRow { trial: climbing.to_owned(), ..trial(Status::Complete) };
    std::fs::write(store.table(Table::Trials), TrialRow::csv([&row]).unwrap()).unwrap();
    let curve = curve().map(|row| EpochRow { trial: climbing.to_owned(), ..row });
    std::fs::write(store.table(Table::Epochs), store::csv(&curve).unwrap()).unwrap();
    let error = export(&store, &results.path().join("exports/tiny")).unwrap_err();
    assert!(error.to_string().contains("row 1: \"../../up\" is no id of a trial"), "{error}");
    assert!(!results.path().join("up").exists());
}
