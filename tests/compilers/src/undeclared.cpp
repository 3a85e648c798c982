int first(const char* text) {
    return txet[0];
}
