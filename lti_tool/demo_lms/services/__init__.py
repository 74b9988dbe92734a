"""What the tool may call: access tokens, line items, scores, results, memberships."""
