//! What the C side does, in Rust: a JSON document's values in their order, each a line.

use std::fmt::{self, Write};

use serde::de::{Deserializer, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};

const DEEPEST: usize = 100; // arrays and objects in each other; all three sides refuse what is deeper

pub fn describe(document: &[u8]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    let mut reader = serde_json::Deserializer::from_slice(document);
    Value { text: &mut text, left: DEEPEST }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(text)
}

/// One value, written to the text as it is read: so members of one name are all there, in their order.
struct Value<'a> {
    text: &'a mut String,
    left: usize,
}

impl Value<'_> {
    fn line<E>(self, word: &str) -> Result<(), E> {
        self.text.push_str(word);
        self.text.push('\n');
        Ok(())
    }

    fn number<E>(self, number: f64) -> Result<(), E> {
        let sign = if number.is_sign_negative() { '-' } else { '+' };
        self.line(&format!("number sign {sign} bits x{:016x}", number.abs().to_bits()))
    }

    fn inside<E: Error>(&mut self, word: &str) -> Result<usize, E> {
        self.text.push_str(word);
        self.left.checked_sub(1).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, text: &mut fmt::Formatter) -> fmt::Result {
        text.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.line("null")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.line(if value { "true" } else { "false" })
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.number(value as f64)
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.number(value as f64)
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.number(value)
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        write_octets(self.text, "string", value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        let left = self.inside("array\n")?;
        while values.next_element_seed(Value { text: &mut *self.text, left })?.is_some() {}
        self.line("end")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let left = self.inside("object\n")?;
        while let Some(key) = members.next_key::<String>()? {
            write_octets(self.text, "key", &key);
            members.next_value_seed(Value { text: &mut *self.text, left })?;
        }
        self.line("end")
    }
}

fn write_octets(text: &mut String, word: &str, value: &str) {
    let _ = write!(text, "{word} x"); // a String takes everything
    for octet in value.bytes() {
        let _ = write!(text, "{octet:02x}");
    }
    text.push('\n');
}
