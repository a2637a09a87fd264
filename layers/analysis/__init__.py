"""What was done, when, where, for how many and against which plan: frames for the page 活动."""
