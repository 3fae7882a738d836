"""Who may do what: people, roles, labels, and the one policy. Pure; knows no table and no request."""
