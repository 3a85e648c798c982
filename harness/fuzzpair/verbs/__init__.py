"""The verbs. cli.py gives them their names, prints errors and chooses the exit code."""
