"""Who signed what: our keys, the tool's keys, values that are good once."""
