"""Grade replies to the rubric's questions by rules, criterion by criterion."""
