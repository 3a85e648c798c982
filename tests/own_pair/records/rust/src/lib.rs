//! Records of a kind, a length and that many octets; the last octet of the input is their sum.

use std::collections::BTreeMap;

pub type Records = BTreeMap<u8, Vec<String>>;

pub fn parse(data: &[u8]) -> Option<Records> {
    let (&sum, mut rest) = data.split_last()?;
    let mut records = Records::new();
    while let [kind, length, behind @ ..] = rest {
        let octets = behind.get(..usize::from(*length))?;
        records.entry(*kind).or_default().push(String::from_utf8_lossy(octets).into_owned());
        rest = &behind[octets.len()..];
    }
    let all = &data[..data.len() - 1];
    (rest.is_empty() && all.iter().fold(0u8, |so_far, &octet| so_far.wrapping_add(octet)) == sum).then_some(records)
}
