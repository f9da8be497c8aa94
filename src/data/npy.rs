//! The header of an array in NumPy's format `.npy`.
//!
//! npyz reads the header, of which only so much is passed to it as any array of a data set needs.

use std::io::{self, Read};

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar, TypeStr};

use super::array::{ByteOrder, Fault, Number, malformed};

/// Maximum length of the header's text, in bytes. NumPy pads it to 64 bytes, or a multiple.
const MAX_TEXT: usize = 1 << 12;

/// Maximum digits of a header: a product of numbers with so many digits in all is below 2⁶⁴.
const MAX_DIGITS: usize = 19;

/// Position of the header's text in an array of version 1.
pub(super) const TEXT_AT: u64 = 10;

/// The header of an array.
#[derive(Debug)]
pub(super) struct Header {
    /// The type and the order of its bytes, or a description of a type that has none of them.
    pub number: Result<(Number, ByteOrder), String>,
    /// NumPy's name of the type.
    pub type_name: String,
    pub shape: Vec<u64>,
    /// The last dimension is the slowest.
    pub is_fortran: bool,
    /// Bytes of the header.
    pub bytes: u64,
}

impl Header {
    /// Reads the header.
    pub fn read(reader: &mut impl Read) -> Result<Self, Fault> {
        let bytes = head(reader)?;
        let header = NpyHeader::from_reader(bytes.as_slice());
        let header =
            header.or_else(|error| malformed(TEXT_AT, format!("a header without sense: {error}")))?;
        let number = match header.dtype() {
            DType::Plain(plain) => number(&plain),
            DType::Record(_) | DType::Array(..) => Err("a structured array".to_owned()),
        };
        let type_name = match (&number, header.dtype()) {
            (Ok(_), DType::Plain(plain)) => named(&plain),
            (Err(found), _) => found.clone(),
            (Ok(_), other) => other.descr(),
        };
        let is_fortran = header.order() == Order::Fortran && header.shape().len() > 1;
        Ok(Self { number, type_name, shape: header.shape().to_vec(), is_fortran, bytes: bytes.len() as u64 })
    }

    /// The shape as NumPy writes it.
    pub fn shape_text(&self) -> String {
        listed(&self.shape)
    }
}

/// A shape as NumPy writes it, with brackets.
pub(super) fn listed(shape: &[u64]) -> String {
    format!("{shape:?}")
}

/// The bytes of a header, bounded in length and numbers.
fn head(reader: &mut impl Read) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    take(reader, &mut bytes, 8)?;
    if bytes.get(..6) != Some(b"\x93NUMPY") {
        return malformed(0, "this is no NumPy array: write it by np.save or np.savez");
    }
    let length = if bytes[6] == 1 {
        let length = take(reader, &mut bytes, 2)?;
        usize::from(u16::from_le_bytes([length[0], length[1]]))
    } else {
        let length = take(reader, &mut bytes, 4)?;
        u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize
    };
    if length > MAX_TEXT {
        return malformed(8, format!("a header of {length} bytes, more than {MAX_TEXT}"));
    }
    let text = take(reader, &mut bytes, length)?;
    let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
    // Python's other notations of integers have letters among their digits.
    let is_other = text.windows(2).any(|pair| pair[0] == b'0' && pair[1].is_ascii_alphabetic());
    if digits > MAX_DIGITS || is_other {
        return malformed(
            TEXT_AT,
            format!("a header with more than {MAX_DIGITS} digits, or not decimal ones"),
        );
    }
    Ok(bytes)
}

/// Appends `count` bytes of a header, and returns them.
fn take<'b>(reader: &mut impl Read, bytes: &'b mut Vec<u8>, count: usize) -> Result<&'b [u8], Fault> {
    let start = bytes.len();
    let mut some = vec![0; count];
    match reader.read_exact(&mut some) {
        Ok(()) => bytes.extend(some),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return malformed(start as u64, "the file ends within its header");
        }
        Err(error) => return Err(Fault::Io(error)),
    }
    Ok(&bytes[start..])
}

/// The numbers of a type, or the description of what it has instead.
fn number(plain: &TypeStr) -> Result<(Number, ByteOrder), String> {
    let order = match plain.endianness() {
        Endianness::Big => ByteOrder::Big,
        Endianness::Little | Endianness::Irrelevant => ByteOrder::Little,
    };
    let number = match (plain.type_char(), plain.size_field()) {
        (TypeChar::Uint, 1) => Number::U8,
        (TypeChar::Uint, 2) => Number::U16,
        (TypeChar::Uint, 4) => Number::U32,
        (TypeChar::Uint, 8) => Number::U64,
        (TypeChar::Int, 1) => Number::I8,
        (TypeChar::Int, 2) => Number::I16,
        (TypeChar::Int, 4) => Number::I32,
        (TypeChar::Int, 8) => Number::I64,
        (TypeChar::Float, 4) => Number::F32,
        (TypeChar::Float, 8) => Number::F64,
        _ => return Err(named(plain)),
    };
    Ok((number, order))
}

/// A type's name and its code, such as `float32 ('<f4')`.
fn named(plain: &TypeStr) -> String {
    let bits = 8_u64.saturating_mul(plain.size_field());
    let name = match plain.type_char() {
        TypeChar::Uint => format!("uint{bits}"),
        TypeChar::Int => format!("int{bits}"),
        TypeChar::Float => format!("float{bits}"),
        TypeChar::Complex => format!("complex{bits}"),
        TypeChar::Bool => "bool".to_owned(),
        TypeChar::Object => "Python objects".to_owned(),
        TypeChar::ByteStr | TypeChar::UnicodeStr => "texts".to_owned(),
        TypeChar::TimeDelta | TypeChar::DateTime => "times".to_owned(),
        _ => "raw data".to_owned(),
    };
    format!("{name} ('{plain}')")
}
