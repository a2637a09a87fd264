"""Who asks, and what they may do: readers, accounts, sessions, the register of doors, the trail of deeds."""
