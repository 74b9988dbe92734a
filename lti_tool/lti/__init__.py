"""How we speak LTI 1.3 to any LMS. Knows no Flask and no database."""
