"""The starter's architecture, its tokenizer, and what its replies look like."""
