"""Shows the whole chain: a standalone, a small estate, real photos uploaded by FTP, and the tallies they become."""
