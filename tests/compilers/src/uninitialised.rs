pub fn read(known: bool) -> u8 {
    let value: u8;
    if known {
        value = 1;
    }
    value
}
