"""How this LMS opens the tool: login initiation, authentication answer, deep linking."""
