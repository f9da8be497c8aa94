//! The messages of an event file that scalars and hyperparameters need.
//!
//! The numbers of the fields are those of TensorBoard's `event.proto`, `summary.proto`,
//! `tensor.proto`, `plugins/hparams/plugin_data.proto` and of protobuf's `struct.proto`.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

/// Content of the first event of every file.
pub const FILE_VERSION: &str = "brain.Event:2";
/// Tag of the start of a run.
pub const SESSION_START: &str = "_hparams_/session_start_info";
/// Tag of the end of a run.
pub const SESSION_END: &str = "_hparams_/session_end_info";

/// `Status` of a session that ended well.
pub const SUCCESS: i32 = 1;
/// `Status` of a session that failed.
pub const FAILURE: i32 = 2;

/// The plugin that reads hyperparameters.
const HPARAMS: &str = "hparams";
/// `DataClass` of a value that is a tensor.
const CLASS_TENSOR: i32 = 2;
/// `DataType` of 32-bit floats.
const TYPE_FLOAT: i32 = 1;

/// One record of an event file.
#[derive(Clone, PartialEq, Message)]
pub struct EventProto {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub wall_time: f64,
    /// Epoch.
    #[prost(int64, tag = "2")]
    pub step: i64,
    #[prost(oneof = "What", tags = "3, 5")]
    pub what: Option<What>,
}

/// Content of an event.
#[derive(Clone, PartialEq, Oneof)]
pub enum What {
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(SummaryProto),
}

/// Values of one step.
#[derive(Clone, PartialEq, Message)]
pub struct SummaryProto {
    #[prost(message, repeated, tag = "1")]
    pub value: Vec<ValueProto>,
}

/// One value, by its tag.
#[derive(Clone, PartialEq, Message)]
pub struct ValueProto {
    #[prost(string, tag = "1")]
    pub tag: String,
    #[prost(oneof = "Content", tags = "2, 8")]
    pub content: Option<Content>,
    #[prost(message, optional, tag = "9")]
    pub metadata: Option<Metadata>,
}

/// A number, or a tensor.
#[derive(Clone, PartialEq, Oneof)]
pub enum Content {
    #[prost(float, tag = "2")]
    Simple(f32),
    #[prost(message, tag = "8")]
    Tensor(TensorProto),
}

/// `TensorProto`, without numbers.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    #[prost(int32, tag = "1")]
    pub dtype: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// `TensorShapeProto`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    #[prost(message, repeated, tag = "2")]
    pub dim: Vec<TensorDimension>,
}

/// `TensorShapeProto.Dim`.
#[derive(Clone, PartialEq, Message)]
pub struct TensorDimension {
    #[prost(int64, tag = "1")]
    pub size: i64,
}

/// `SummaryMetadata`.
#[derive(Clone, PartialEq, Message)]
pub struct Metadata {
    #[prost(message, optional, tag = "1")]
    pub plugin: Option<Plugin>,
    #[prost(int32, tag = "4")]
    pub class: i32,
}

/// `SummaryMetadata.PluginData`.
#[derive(Clone, PartialEq, Message)]
pub struct Plugin {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bytes = "vec", tag = "2")]
    pub content: Vec<u8>,
}

/// `HParamsPluginData`, of version 0.
#[derive(Clone, PartialEq, Message)]
pub struct SessionProto {
    #[prost(oneof = "Moment", tags = "3, 4")]
    pub moment: Option<Moment>,
}

/// The start or the end of a run.
#[derive(Clone, PartialEq, Oneof)]
pub enum Moment {
    #[prost(message, tag = "3")]
    Start(Start),
    #[prost(message, tag = "4")]
    End(End),
}

/// `SessionStartInfo`.
#[derive(Clone, PartialEq, Message)]
pub struct Start {
    #[prost(btree_map = "string, message", tag = "1")]
    pub hparams: BTreeMap<String, Setting>,
    #[prost(string, tag = "4")]
    pub group_name: String,
}

/// `SessionEndInfo`.
#[derive(Clone, PartialEq, Message)]
pub struct End {
    #[prost(int32, tag = "1")]
    pub status: i32,
}

/// `google.protobuf.Value`.
#[derive(Clone, PartialEq, Message)]
pub struct Setting {
    #[prost(oneof = "SettingValue", tags = "2, 3")]
    pub kind: Option<SettingValue>,
}

/// A number or a string.
#[derive(Clone, PartialEq, Oneof)]
pub enum SettingValue {
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
}

impl EventProto {
    /// The first event of a file.
    pub fn file_version() -> Self {
        Self { wall_time: 0.0, step: 0, what: Some(What::FileVersion(FILE_VERSION.to_owned())) }
    }

    /// Values of an epoch. The event's time is the epoch in seconds since 1970, so that equal results give equal bytes
    /// and TensorBoard's time axes count epochs.
    pub fn of_epoch(epoch: usize, value: Vec<ValueProto>) -> Self {
        let step = i64::try_from(epoch).unwrap_or(i64::MAX);
        Self { wall_time: epoch as f64, step, what: Some(What::Summary(SummaryProto { value })) }
    }
}

impl ValueProto {
    /// A number, stored as a 32-bit float.
    pub fn scalar(tag: impl Into<String>, number: f64) -> Self {
        Self { tag: tag.into(), content: Some(Content::Simple(number as f32)), metadata: None }
    }

    /// A value for the plugin of hyperparameters: metadata with an empty tensor.
    pub fn session(tag: &str, moment: Moment) -> Self {
        let content = SessionProto { moment: Some(moment) }.encode_to_vec();
        let plugin = Plugin { name: HPARAMS.to_owned(), content };
        let empty = TensorShapeProto { dim: vec![TensorDimension { size: 0 }] };
        Self {
            tag: tag.to_owned(),
            content: Some(Content::Tensor(TensorProto { dtype: TYPE_FLOAT, shape: Some(empty) })),
            metadata: Some(Metadata { plugin: Some(plugin), class: CLASS_TENSOR }),
        }
    }
}
