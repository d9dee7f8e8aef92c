"""The verb ``report``: a page on which people judge the pairs and the gates with their own eyes."""
