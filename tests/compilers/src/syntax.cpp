int first(const char* text) {
    int value = text[0]
    return value;
}
