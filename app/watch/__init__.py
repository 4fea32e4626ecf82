"""The watch: reads what is new in the trail, every few seconds, and opens an alarm where somebody should look."""
