"""Formats of pictures: what is opened, how large it will be, how pixels become plain RGB."""
