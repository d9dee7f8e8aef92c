"""What the pages of pairset draw with: bars, lines, thumbnails, words, and the one HTML file."""
