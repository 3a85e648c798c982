"""Do the twins agree? Both in one binary, and both beside a reference in Python: where they part, and who is alone."""
