//! What a JSON text holds, by another way than the parsers': serde_json reads it, and everything that comes by is
//! looked at, members included that an equal name later replaces.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

#[derive(Debug)]
pub struct Facts {
    pub depth: usize,
    /// A string or a name holds U+0000.
    pub nul: bool,
    /// All strings and names are plain ASCII.
    pub ascii: bool,
    /// A name occurs twice in one object.
    pub duplicate: bool,
    level: usize,
}

impl Facts {
    /// None if it is no JSON.
    pub fn of(json: &[u8]) -> Option<Facts> {
        let mut facts = Facts { depth: 0, nul: false, ascii: true, duplicate: false, level: 0 };
        let mut reader = serde_json::Deserializer::from_slice(json);
        Look(&mut facts).deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        Some(facts)
    }

    fn see(&mut self, text: &str) {
        self.nul |= text.contains('\0');
        self.ascii &= text.is_ascii();
    }

    fn enter(&mut self) {
        self.level += 1;
        self.depth = self.depth.max(self.level);
    }
}

struct Look<'a>(&'a mut Facts);

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.see(text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.enter();
        while items.next_element_seed(Look(self.0))?.is_some() {}
        self.0.level -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.0.enter();
        let mut names = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.0.see(&name);
            self.0.duplicate |= !names.insert(name);
            members.next_value_seed(Look(self.0))?;
        }
        self.0.level -= 1;
        Ok(())
    }
}
