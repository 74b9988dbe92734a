"""What we store, and the transactions that change it. Functions take `db` and never commit."""
