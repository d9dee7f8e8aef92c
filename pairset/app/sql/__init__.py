"""The verb ``sql``: one read-only query over the rows of a set."""
