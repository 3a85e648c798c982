#pragma once

struct Reader {
    int at = 0;
    int next() const { return at++; }
};
