pub fn longer<'a, 'b>(one: &'a str, other: &'b str) -> &'a str {
    if one.len() > other.len() {
        one
    } else {
        other
    }
}
