"""The search for codes with small heights: each method by name, and all of them together."""
