"""The rubric: questions, and images drawn from code with what is true of them."""

# Stands for the session in the tables; names of sessions hold no slash.
SESSION = "rubric/questions"
# The same for what a judge is asked.
JUDGING = "rubric/judging"
