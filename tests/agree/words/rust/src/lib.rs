//! The whole of the format: how many letters there are, then those, in lower case.

/// The canonical text; of what is rejected its last line has the reason.
pub struct Described {
    pub text: String,
    pub is_accepted: bool,
}

fn rejected(reason: &str) -> Described {
    Described {
        text: format!("reject: {reason}\n"),
        is_accepted: false,
    }
}

pub fn describe(octets: &[u8]) -> Described {
    let Some((&length, letters)) = octets.split_first() else {
        return rejected("length");
    };
    if letters.len() != usize::from(length) {
        return rejected("length");
    }
    let mut word = String::new();
    for &letter in letters {
        if !letter.is_ascii_lowercase() {
            return rejected("letter");
        }
        word.push(char::from(letter));
    }
    Described {
        text: format!("WORD letters {word}\n"),
        is_accepted: true,
    }
}
