//! TensorFlow's record framing: the sequence of messages in an event file.
//!
//! A record is its length (8 bytes), a checksum of these bytes (4), the data, and a checksum of the data (4); all
//! numbers are little-endian. A checksum is CRC-32C, rotated right by 15 bits, plus a constant, so that data may itself
//! contain checksums.

use crc32c::crc32c;

/// Constant that is added to a rotated checksum.
const MASK: u32 = 0xa282_ead8;

/// Appends `data` to `out` as one record.
pub(super) fn append(data: &[u8], out: &mut Vec<u8>) {
    let length = (data.len() as u64).to_le_bytes();
    out.extend(length);
    out.extend(masked(&length).to_le_bytes());
    out.extend(data);
    out.extend(masked(data).to_le_bytes());
}

fn masked(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(MASK)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The data of each record of a whole file.
    pub(in crate::export::tensorboard) fn records(mut file: &[u8]) -> Vec<&[u8]> {
        let mut records = Vec::new();
        while !file.is_empty() {
            let (length, rest) = file.split_at(8);
            let (check, rest) = rest.split_at(4);
            assert_eq!(check, masked(length).to_le_bytes());
            let (data, rest) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
            let (check, rest) = rest.split_at(4);
            assert_eq!(check, masked(data).to_le_bytes());
            records.push(data);
            file = rest;
        }
        records
    }

    /// RFC 3720, B.4: the CRC-32C of 32 zeros, of 32 ones and of the bytes 0 to 31.
    #[test]
    fn checksums_are_those_of_the_standard() {
        let ascending: Vec<u8> = (0..32).collect();
        let sums = [crc32c(&[0; 32]), crc32c(&[0xff; 32]), crc32c(&ascending)];
        assert_eq!(sums, [0x8a91_36aa, 0x62a8_ab43, 0x46dd_794e]);
        // 0x8a9136aa, its low 15 bits in front of its high 17.
        assert_eq!(masked(&[0; 32]), 0x6d55_1522_u32.wrapping_add(MASK));
    }

    #[test]
    fn records_come_back_in_their_order() {
        let mut file = Vec::new();
        let data: [&[u8]; 3] = [b"brain.Event:2", b"", &[7; 300]];
        for data in data {
            append(data, &mut file);
        }
        assert_eq!(file.len(), 3 * 16 + 13 + 300);
        assert_eq!(records(&file), data);
    }
}
