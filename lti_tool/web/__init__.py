"""The way in: launches, study pages, and what people see when something is refused."""
