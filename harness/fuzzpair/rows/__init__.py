"""Results to rows: joins what the jobs of one variant came to, and asks the tally for its verdict."""
