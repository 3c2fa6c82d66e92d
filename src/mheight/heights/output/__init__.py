"""Heights for people and files: `rows` holds them one a height, `files` writes them."""
