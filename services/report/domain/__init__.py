"""Places, periods, counts and people, and what can be said of them. Pure; numbers only, words are the pages' business."""
