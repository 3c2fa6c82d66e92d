"""Linear algebra of generator matrices: exact ranks and forms, condition, refined solutions."""
