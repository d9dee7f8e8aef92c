"""What the rows of a set mean together: tables, which rows count, whose word they are."""
