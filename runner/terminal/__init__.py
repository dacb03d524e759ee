"""What a run or a plan comes to, in the forms people and programs read."""
