void take(int);
void take(long);

void call() {
    take(1.0);
}
