"""The outbox on the screen and in the hands of people: see, send again, correct, give up."""
